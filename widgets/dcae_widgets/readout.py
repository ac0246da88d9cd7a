"""What a file costs and how good it is, in numbers; and where its bytes go, as one bar that adds up to the file.

Knows records of plain numbers. Does not know how they came about.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets
from anywidget import AnyWidget

from dcae.results import OTHER_PART, Estimate
from dcae_widgets.front_end import front_end

NUMBERS = ("bytes", "bpp", "ratio", "psnr_db", "ms_ssim", "encode_s", "decode_s")
"""The keys of `Readout.numbers`, in the order in which they are shown."""


def _without_infinity(numbers: dict[str, float | None], _: Any) -> dict[str, float | str | None]:
    return {name: "inf" if value == math.inf else value for name, value in numbers.items()}  # JSON has no infinity


class Readout(AnyWidget):
    """Numbers and parts of what is shown.

    Attributes:
        kind: What the numbers are of: "estimate" (from likelihoods), "file" (made here), "opened" (a file that was
            opened), or "" where there are none.
        numbers: By the names in :data:`NUMBERS`: bytes; bits per pixel; how many times smaller than raw RGB; PSNR in
            dB; MS-SSIM from 0 to 1; seconds to encode and to decode. None is not known; what is missing is not shown.
        parts: [name, bytes] of each part of the file; they add up to it.
        caption: What the numbers are of, in words, such as "the whole photo, 640 × 427 px".
        pending: Whether the numbers are older than what the hand asks for.
    """

    kind = traitlets.Enum(["", "estimate", "file", "opened"], "").tag(sync=True)
    numbers = traitlets.Dict(key_trait=traitlets.Enum(NUMBERS)).tag(sync=True, to_json=_without_infinity)
    parts = traitlets.List().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    pending = traitlets.Bool(False).tag(sync=True)
    _esm, _css = front_end("readout").values()

    def show(
        self,
        kind: str,
        numbers: Mapping[str, float | None],
        parts: Sequence[tuple[str, float]] = (),
        caption: str = "",
    ) -> None:
        """Show other numbers, all in one step; they are no longer pending.

        Args:
            kind: As the attribute.
            numbers: As the attribute.
            parts: Name and bytes of each part of the file; none if they are not known.
            caption: As the attribute.

        Raises:
            ValueError: the parts do not add up to the bytes: exactly for a file, to within a byte for an estimate.
        """
        total, whole = sum(size for _, size in parts), numbers.get("bytes")
        if parts and (whole is None or abs(total - whole) > (1 if kind == "estimate" else 0)):
            raise ValueError(f"parts have {total:,} bytes together; must be the file's, {whole}")
        with self.hold_sync(), self.hold_trait_notifications():
            self.kind, self.caption, self.pending = kind, caption, False
            self.numbers = {name: None if value is None else float(value) for name, value in numbers.items()}
            self.parts = [[name, float(size)] for name, size in parts]


def estimate_parts(estimate: Estimate) -> list[tuple[str, float]]:
    """Where a file's bytes would go: each coded part, and the rest; they add up to the estimate's total.

    >>> import numpy as np
    >>> estimate_parts(Estimate(bits={"z": 16, "slice 0": 8}, total_bytes=7, x_hat=np.zeros((8, 8, 3), np.uint8)))
    [('z', 2.0), ('slice 0', 1.0), ('header and other', 4.0)]
    """
    parts = [(name, bits / 8) for name, bits in estimate.bits.items()]
    return [*parts, (OTHER_PART, max(0.0, estimate.total_bytes - sum(size for _, size in parts)))]
