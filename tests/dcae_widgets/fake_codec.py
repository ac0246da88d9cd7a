"""A codec for the explorer's tests: fast, deterministic, with real containers; each of its steps can be held up."""

import threading
import time
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dcae.codec.bitstream import Header, pack, unpack
from dcae.codec.interruption import interruption_point
from dcae.codec.protocol import Interval, Refined, RefinementStep
from dcae.codec.sections import BitstreamError, Section, SectionType, slice_section
from dcae.rd import psnr_db
from dcae.results import Estimate

LIMIT_S = 20
SIZE = (48, 64)
RANGE = Interval(0.0005, 0.15)


def photo(seed: int = 0, height: int = SIZE[0], width: int = SIZE[1]) -> NDArray[np.uint8]:
    """A photo of noise, of which no two are alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def until(reached: Callable[[], object], what: str = "it") -> None:
    """Waits until something is so; fails if that takes too long."""
    end = time.monotonic() + LIMIT_S
    while not reached():
        assert time.monotonic() < end, f"{what} has not come"
        time.sleep(0.002)


class FakeCodec:
    """A larger lambda keeps more bits of each pixel.

    Args:
        qualities: The legal lambdas.
        identity: First byte of its weights' identity.
        refines: Whether its sessions refine.

    Attributes:
        calls: Each step and its lambda, in order.
        improves: Whether refinement finds a better file.
        held: Steps ("open", "estimate", "encode", "reconstruct", "decode", "refine") that wait for their event.
    """

    def __init__(
        self, qualities: Interval | Sequence[float] | None = RANGE, identity: int = 1, *, refines: bool = False
    ) -> None:
        self.qualities, self.identity, self.refines = qualities, bytes([identity] * 8), refines
        self.calls: list[tuple[str, float | None]] = []
        self.held: dict[str, threading.Event] = {}
        self.wrong_by = 0
        self.improves = True

    def hold(self, step: str) -> threading.Event:
        """From now on this step waits for the event that is returned."""
        return self.held.setdefault(step, threading.Event())

    def let_go(self) -> None:
        """Lets every step go on."""
        for gate in self.held.values():
            gate.set()

    def count(self, step: str) -> int:
        """How often a step has begun."""
        return sum(name == step for name, _ in self.calls)

    def at(self, step: str, quality: float | None = None) -> None:
        self.calls.append((step, quality))
        gate, end = self.held.get(step), time.monotonic() + LIMIT_S
        while gate is not None and not gate.wait(0.002):
            interruption_point()
            assert time.monotonic() < end, f"nobody has let {step} go on"
        interruption_point()

    def open(self, image: NDArray[np.uint8]) -> "FakeSession":
        self.at("open")
        return RefiningFakeSession(self, image) if self.refines else FakeSession(self, image)

    def encode(self, image: NDArray[np.uint8], quality: float | None = None) -> bytes:
        return self.open(image).encode(quality)

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        self.at("decode")
        header, sections = unpack(data)
        if header.identity != self.identity:
            raise BitstreamError(f"file was made with weights {header.identity.hex()}; these are {self.identity.hex()}")
        pixels = np.frombuffer(zlib.decompress(sections[0].payload), np.uint8)
        return pixels.reshape(header.height, header.width, 3) + np.uint8(self.wrong_by)


class FakeSession:
    """A photo that is open for encoding."""

    def __init__(self, codec: FakeCodec, image: NDArray[np.uint8]) -> None:
        self.codec, self.image = codec, image

    def estimate(self, quality: float | None) -> Estimate:
        self.codec.at("estimate", quality)
        data, picture = self._file(quality), self._picture(quality)
        return Estimate(bits={"z": 8 * (len(data) - 40), "slice 0": 8.0}, total_bytes=len(data) + 0.25, x_hat=picture)

    def encode(self, quality: float | None) -> bytes:
        self.codec.at("encode", quality)
        return self._file(quality)

    def reconstruct(self, quality: float | None) -> NDArray[np.uint8]:
        self.codec.at("reconstruct", quality)
        return self._picture(quality)

    def _picture(self, quality: float | None) -> NDArray[np.uint8]:
        lost_bits = 4 if quality is None else int(np.clip(round(-np.log2(quality)) - 3, 0, 7))
        return self.image >> np.uint8(lost_bits) << np.uint8(lost_bits)

    def _file(self, quality: float | None) -> bytes:
        height, width = self.image.shape[:2]
        z = Section(SectionType.Z, zlib.compress(self._picture(quality).tobytes()))
        return pack(Header(self.codec.identity, quality or 0.0, width, height), [z, slice_section(b"", b"slice")])


class RefiningFakeSession(FakeSession):
    """One whose refined file keeps only the upper rows of the photo; each step waits where "refine" is held."""

    def refine(
        self,
        quality: float | None,
        steps: int,
        *,
        trade_off: float | None = None,
        report: Callable[[RefinementStep], object] | None = None,
    ) -> Refined:
        assert trade_off is None
        plain, picture = self._file(quality), self._picture(quality)
        better = picture.copy()
        better[len(better) // 2 :] = better[len(better) // 2]
        height, width = self.image.shape[:2]
        z = Section(SectionType.Z, zlib.compress(better.tobytes()))
        data = pack(Header(self.codec.identity, quality or 0.0, width, height), [z, slice_section(b"", b"slice")])
        for step in range(1, steps + 1):
            estimate = Estimate(bits={"z": 8 * len(data)}, total_bytes=len(data) + 40.5 + steps - step, x_hat=better)
            if report is not None:
                report(RefinementStep(step, steps, estimate, psnr_db(self.image, better)))
            self.codec.at("refine", quality)
        plain_db, better_db = psnr_db(self.image, picture), psnr_db(self.image, better)
        if not self.codec.improves:
            return Refined(plain, picture, plain_db, len(plain), plain_db, improved=False)
        return Refined(data, better, better_db, len(plain), plain_db, improved=True)
