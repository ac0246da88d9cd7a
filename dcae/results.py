"""What encoding, evaluating and inspecting give back: frozen records of plain numbers and numpy arrays.

A record checks that it is consistent and knows how it is written down. It deliberately knows nothing of how its numbers
came about: no codec, no file format, no torch.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.frozen import freeze_arrays

OTHER_PART = "header and other"
"""The name of the part of a file that is neither z nor a slice."""


@dataclass(frozen=True, kw_only=True)
class RDPoint:
    """One image, coded once by one codec: a point of a rate-distortion curve.

    Attributes:
        image: the image's name.
        codec: the codec's name, such as "small" or "jpeg".
        quality: the codec's own dial: lmbda for DCAE, 1 to 100 for JPEG.
        bytes: the whole file's size.
        bpp: 8 bytes over the image's pixels.
        psnr_db: RGB PSNR of the 8-bit images, dB; infinity if the decoded image is identical.
        ms_ssim: 0 to 1; None where a side is under 161 px.

    Raises:
        ValueError: no bytes, bpp not positive, or NaN in a measure.
    """

    image: str
    codec: str
    quality: float
    bytes: int
    bpp: float
    psnr_db: float
    ms_ssim: float | None

    def __post_init__(self) -> None:
        if self.bytes < 1 or not 0 < self.bpp < math.inf:
            raise ValueError(f"{self.image} has {self.bytes} bytes, {self.bpp} bpp; both must be above 0")
        if math.isnan(self.psnr_db) or (self.ms_ssim is not None and math.isnan(self.ms_ssim)):
            raise ValueError(f"{self.image} has PSNR {self.psnr_db} dB, MS-SSIM {self.ms_ssim}; neither may be NaN")

    def to_json_dict(self) -> dict[str, Any]:
        """Return the fields by name; an infinite PSNR becomes null, since JSON has no infinity.

        >>> RDPoint(image="a", codec="png", quality=9, bytes=8, bpp=1.0, psnr_db=math.inf, ms_ssim=None).to_json_dict()
        {'image': 'a', 'codec': 'png', 'quality': 9, 'bytes': 8, 'bpp': 1.0, 'psnr_db': None, 'ms_ssim': None}
        """
        return asdict(self) | {"psnr_db": None if math.isinf(self.psnr_db) else self.psnr_db}


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """What a file would cost and look like, without writing it.

    Attributes:
        bits: the ideal length of each coded part by its name, such as {"z": ..., "slice 0": ...}; read only.
        total_bytes: the whole file's size as estimated, with what is not in `bits` (header, checksums).
        x_hat: the decoded image, uint8, H x W x 3; read only.

    Raises:
        ValueError: a part's length is negative or not finite, the total is below the sum of the parts, or `x_hat` is
            not an image.
    """

    bits: Mapping[str, float]
    total_bytes: float
    x_hat: NDArray[np.uint8]

    def __post_init__(self) -> None:
        for part, part_bits in self.bits.items():
            if not 0 <= part_bits < math.inf:
                raise ValueError(f"{part} has {part_bits} bits; must be 0 or more, and finite")
        # A whole byte of leave: the total may be rounded to bytes in any way.
        if self.total_bytes + 1 <= sum(self.bits.values()) / 8:
            raise ValueError(f"total is {self.total_bytes} bytes; its parts alone are {sum(self.bits.values()) / 8:g}")
        if self.x_hat.dtype != np.uint8 or self.x_hat.ndim != 3:
            raise ValueError(f"x_hat is {self.x_hat.dtype} {self.x_hat.shape}; must be uint8, (H, W, 3)")
        freeze_arrays(self)
        # A frozen dataclass has no other way to put something else in a field.
        object.__setattr__(self, "bits", MappingProxyType(dict(self.bits)))


@dataclass(frozen=True, kw_only=True, eq=False)
class PartialPicture:
    """What the first slices of a file show.

    Attributes:
        num_slices: how many, from 0 (z alone).
        bytes: of the file that ends after them.
        picture: what it decodes to, uint8, H x W x 3; read only.
    """

    num_slices: int
    bytes: int
    picture: NDArray[np.uint8]

    def __post_init__(self) -> None:
        freeze_arrays(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class ChannelResponse:
    """What one channel of y_hat draws by itself: what it adds to the picture of a y_hat of zeros.

    Attributes:
        channel: which.
        learned: what g_s adds, in levels (255 from black to white), float32, H x W x 3; read only.
        linear: what the linear path beside it adds, alike; None for a network without one.

    Raises:
        ValueError: the two are not of one size.
    """

    channel: int
    learned: NDArray[np.float32]
    linear: NDArray[np.float32] | None

    def __post_init__(self) -> None:
        if self.linear is not None and self.linear.shape != self.learned.shape:
            raise ValueError(f"linear has shape {self.linear.shape} and learned {self.learned.shape}; must be the same")
        freeze_arrays(self)

    @property
    def together(self) -> NDArray[np.float32]:
        """Both parts: what the channel adds, in levels."""
        return self.learned if self.linear is None else self.learned + self.linear


@dataclass(frozen=True, kw_only=True)
class FileInfo:
    """Where the bytes of one file are: what `dcae info` prints.

    Attributes:
        width: of the image, px.
        height: of the image, px.
        lmbda: the trade-off that the file was made with; None if its weights have one fixed.
        model: the model's name or identity.
        header_bytes: magic, header, every section's type and length, all checksums.
        z_bytes: the coded z alone.
        slice_bytes: each slice's coded stream alone, in order.
        other_bytes: the payloads of all remaining sections.
        total_bytes: the file's size.
        bpp: 8 total_bytes / (width height).

    Raises:
        ValueError: header + z + slices + other is not the total, a part is negative, or bpp is not the total's.
    """

    width: int
    height: int
    lmbda: float | None
    model: str
    header_bytes: int
    z_bytes: int
    slice_bytes: tuple[int, ...]
    other_bytes: int
    total_bytes: int
    bpp: float

    def __post_init__(self) -> None:
        parts = (self.header_bytes, self.z_bytes, *self.slice_bytes, self.other_bytes)
        if min(parts) < 0:
            raise ValueError(f"parts have {parts} bytes; each must be 0 or more")
        if sum(parts) != self.total_bytes:
            raise ValueError(
                f"header {self.header_bytes} + z {self.z_bytes} + slices {sum(self.slice_bytes)} "
                f"+ other {self.other_bytes} = {sum(parts)} bytes; must be the total, {self.total_bytes}"
            )
        exact_bpp = 8 * self.total_bytes / (self.width * self.height)
        if not math.isclose(self.bpp, exact_bpp, rel_tol=1e-9):
            raise ValueError(
                f"bpp is {self.bpp}; {self.total_bytes} bytes for {self.width} x {self.height} px are {exact_bpp}"
            )

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Where the bytes go, by name: z, each slice, and the rest; they add up to the file.

        >>> FileInfo(width=8, height=4, lmbda=None, model="tiny", header_bytes=2, z_bytes=3, slice_bytes=(4, 5),
        ...          other_bytes=1, total_bytes=15, bpp=3.75).parts
        [('z', 3), ('slice 0', 4), ('slice 1', 5), ('header and other', 3)]
        """
        slices = [(f"slice {index}", size) for index, size in enumerate(self.slice_bytes)]
        return [("z", self.z_bytes), *slices, (OTHER_PART, self.header_bytes + self.other_bytes)]

    def to_json_dict(self) -> dict[str, Any]:
        """Return what `dcae info --json` writes.

        >>> info = FileInfo(width=8, height=4, lmbda=None, model="tiny", header_bytes=2, z_bytes=3, slice_bytes=(4, 5),
        ...                 other_bytes=0, total_bytes=14, bpp=3.5)
        >>> info.to_json_dict()["bytes"]
        {'header': 2, 'z': 3, 'slices': [4, 5], 'other': 0, 'total': 14}
        """
        return {
            "width": self.width,
            "height": self.height,
            "lmbda": self.lmbda,
            "model": self.model,
            "bytes": {
                "header": self.header_bytes,
                "z": self.z_bytes,
                "slices": list(self.slice_bytes),
                "other": self.other_bytes,
                "total": self.total_bytes,
            },
            "bpp": self.bpp,
        }
