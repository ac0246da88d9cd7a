"""Files of several codecs, matched: which of two leads, how near they come, what is made once, and reasons in words."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from dcae.codec.interruption import interruptible
from dcae.codec.matching import Lock, Matched, MatchedFile, Missed, PhotoFiles
from dcae.codec.protocol import Interval
from dcae.rd import psnr_db
from dcae.results import Estimate

PHOTO = np.full((16, 24, 3), 128, np.uint8)
STOPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


class Pretended:
    """A file of quality q has `size(q)` bytes; its picture is the photo with an error that falls as q rises."""

    def __init__(self, qualities: Interval | Sequence[float] | None, size: Callable[[float], float]) -> None:
        self.qualities, self.size = qualities, size
        self.calls: list[tuple[str, object]] = []

    def open(self, image: NDArray[np.uint8], /) -> "Pretended":
        self.calls.append(("open", image.shape))
        return self

    def encode(self, quality: float | None, /) -> bytes:
        self.calls.append(("encode", quality))
        return np.float64(quality or 1).tobytes().ljust(round(self.size(quality or 1)), b".")

    def estimate(self, quality: float | None, /) -> Estimate:
        self.calls.append(("estimate", quality))
        value = quality or 1
        return Estimate(bits={}, total_bytes=self.size(value), x_hat=self.decode(np.float64(value).tobytes()))

    def decode(self, data: bytes, /) -> NDArray[np.uint8]:
        """An error of 1 level in so many of the pixels as 100 / q per cent, so that PSNR rises smoothly with q."""
        quality = float(np.frombuffer(data[:8])[0])
        self.calls.append(("decode", quality))
        picture = PHOTO.copy()
        picture.reshape(-1)[: round(PHOTO.size * min(1.0, 1 / quality))] += 8
        return picture


def dial() -> Pretended:
    return Pretended(Interval(0.5, 50), lambda quality: 1000 * quality)


def stops() -> Pretended:
    return Pretended(STOPS, lambda quality: 1300 * quality)


def pair(
    first: Pretended, second: Pretended, lock: Lock, target: float, factor: float = 1.0
) -> tuple[MatchedFile, MatchedFile]:
    a, b = PhotoFiles(PHOTO, {"a": first, "b": second}).pair("a", "b", lock, target, factor)
    assert isinstance(a, MatchedFile), a
    assert isinstance(b, MatchedFile), b
    return a, b


def test_file_says_what_it_is():
    found = PhotoFiles(PHOTO, {"a": stops()}).at("a", "bytes", 5300)
    assert isinstance(found, MatchedFile)
    assert (found.name, found.size, found.quality) == ("a", 5200, 4)
    assert found.bpp == 8 * 5200 / (16 * 24)
    assert found.psnr_db == psnr_db(PHOTO, found.picture)
    assert not found.picture.flags.writeable


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("factor", [1.0, 1.7, 3.0])
def test_list_of_qualities_leads_and_the_dial_follows_within_a_percent(swapped: bool, factor: float):
    codecs = (stops(), dial()) if swapped else (dial(), stops())
    first, second = pair(*codecs, "bytes", 9000, factor)
    leader = first if swapped else second
    wanted = 9000 if swapped else 9000 * factor
    assert leader.size == 1300 * max(q for q in STOPS if 1300 * q <= wanted)
    assert second.size == pytest.approx(factor * first.size, rel=0.0101)


def test_where_both_have_a_dial_or_a_list_the_first_one_leads():
    first, second = pair(dial(), dial(), "bytes", 9000, 2.0)
    assert 0.99 * 9000 <= first.size <= 9000
    assert 0.99 * 2 * first.size <= second.size <= 2 * first.size
    first, second = pair(stops(), Pretended(STOPS, lambda quality: 1000 * quality), "bytes", 9000)
    assert first.size == 1300 * 6
    assert second.size == 1000 * 6  # of those at most the first file's, not the target's


@pytest.mark.parametrize("swapped", [False, True])
def test_equal_psnr_is_the_leaders(swapped: bool):
    codecs = (stops(), dial()) if swapped else (dial(), stops())
    files = pair(*codecs, "psnr_db", 37.0)
    leader, follower = files if swapped else files[::-1]
    assert leader.psnr_db >= 37.0
    assert leader.quality in STOPS
    assert leader.psnr_db <= follower.psnr_db <= leader.psnr_db + 0.051


def test_dial_is_not_asked_to_be_as_good_as_the_photo_itself():
    lossless = Pretended((1e6,), lambda quality: 500)
    files = PhotoFiles(PHOTO, {"a": dial(), "b": lossless}).pair("a", "b", "psnr_db", 37.0)
    assert isinstance(files[1], Missed)  # its worst picture is too good
    files = PhotoFiles(PHOTO, {"a": dial(), "b": Pretended((1, 1e6), lambda q: q)}).pair("a", "b", "psnr_db", 37.0)
    assert [file.psnr_db for file in files if isinstance(file, MatchedFile)] == [pytest.approx(37.0, abs=0.06), np.inf]


def test_photo_is_opened_once_and_no_file_is_made_twice():
    a, b = dial(), stops()
    files = PhotoFiles(PHOTO, {"a": a, "b": b})
    for target in (9000, 9000, 20_000, 9000):
        files.pair("a", "b", "bytes", target)
    for codec in (a, b):
        made = [call for call in codec.calls if call[0] in ("open", "encode", "decode")]
        assert [name for name, _ in made].count("open") == 1
        assert len({call for call in made if call[0] == "encode"}) == [name for name, _ in made].count("encode")
    assert [call for call in b.calls if call[0] == "decode"] == [("decode", 6.0), ("decode", 12.0)]


def test_codec_that_is_not_asked_for_is_not_opened():
    a, b = dial(), stops()
    PhotoFiles(PHOTO, {"a": a, "b": b}).at("a", "bytes", 9000)
    assert not b.calls


def test_target_out_of_reach_is_a_reason_with_what_is_in_reach():
    first, second = PhotoFiles(PHOTO, {"a": dial(), "b": stops()}).pair("a", "b", "bytes", 700)
    assert isinstance(first, MatchedFile)
    assert first.size == pytest.approx(700, rel=0.01)
    assert isinstance(second, Missed)
    assert second.name == "b"
    assert second.reason.startswith("700 bytes are out of reach: the smallest file has 1300 bytes")
    assert second.reach == (1300, 32 * 1300)


def test_reach_in_db_is_in_order_even_where_sizes_are_not():
    missed = PhotoFiles(PHOTO, {"a": Pretended((1, 2, 4), lambda q: 4000 / q)}).at("a", "psnr_db", 60.0)
    assert isinstance(missed, Missed)
    assert missed.reach
    assert missed.reach[0] < missed.reach[1] < 60


@pytest.mark.parametrize(
    "error", [ValueError("no such picture"), TimeoutError("it took too long"), RuntimeError("codec"), ImportError("x")]
)
@pytest.mark.parametrize("step", ["open", "encode", "decode"])
def test_what_an_encoder_raises_is_a_reason_and_the_rest_goes_on(
    step: str, error: Exception, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise error

    broken = stops()
    monkeypatch.setattr(broken, step, fail)
    first, second = PhotoFiles(PHOTO, {"a": dial(), "b": broken}).pair("a", "b", "bytes", 9000)
    assert isinstance(first, MatchedFile)
    assert second == Missed(name="b", reason=str(error))


def test_error_without_words_is_named():
    broken = Pretended(STOPS, lambda quality: 1000)
    broken.encode = lambda quality, /: (_ for _ in ()).throw(MemoryError())
    assert PhotoFiles(PHOTO, {"a": broken}).at("a", "bytes", 9000) == Missed(name="a", reason="MemoryError")


def test_work_can_be_ended_before_each_file():
    class Enough(Exception):
        pass

    codec = stops()

    def check() -> None:
        if sum(name == "encode" for name, _ in codec.calls) == 2:
            raise Enough

    files = PhotoFiles(PHOTO, {"a": codec})
    with interruptible(check), pytest.raises(Enough):
        files.at("a", "bytes", 9000)
    found: Matched = files.at("a", "bytes", 9000)
    assert isinstance(found, MatchedFile)


@pytest.mark.parametrize(
    ("lock", "factor", "words"),
    [("bytes", 0.0, "factor is 0 with bytes locked"), ("psnr_db", 2.0, "factor is 2 with psnr_db locked")],
)
def test_factors_that_mean_nothing_are_refused(lock: Lock, factor: float, words: str):
    with pytest.raises(ValueError, match=words):
        PhotoFiles(PHOTO, {"a": dial(), "b": stops()}).pair("a", "b", lock, 9000, factor)


def test_photo_that_is_none_is_refused():
    with pytest.raises(ValueError, match="image"):
        PhotoFiles(np.zeros((4, 4), np.uint8), {})


def test_real_baselines_are_matched_with_each_other():
    from dcae.analysis.pillow_codecs import JPEG, JPEG_2000
    from dcae.samples import sample

    photo = np.ascontiguousarray(sample("coffee")[:256, 100:484])
    files = PhotoFiles(photo, {"jpeg": JPEG, "jpeg-2000": JPEG_2000})
    jpeg, jpeg_2000 = files.pair("jpeg", "jpeg-2000", "bytes", 12_000)
    assert isinstance(jpeg, MatchedFile)
    assert isinstance(jpeg_2000, MatchedFile)
    assert jpeg.size <= 12_000
    assert 0.99 * jpeg.size <= jpeg_2000.size <= jpeg.size
    assert jpeg.data == JPEG.encode(photo, jpeg.quality)
    assert np.array_equal(jpeg_2000.picture, JPEG_2000.decode(jpeg_2000.data))
    assert partial(psnr_db, photo)(jpeg.picture) == jpeg.psnr_db
