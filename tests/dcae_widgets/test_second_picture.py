"""The picture beside ours is of a file of at most as many bytes; the newest wins; what cannot be made is said."""

import threading

import numpy as np
import pytest

from dcae.analysis.baselines import baseline
from dcae.rd import psnr_db
from dcae_widgets.photo_view import Layer
from dcae_widgets.second_picture import SecondPicture, largest_file

from .fake_codec import LIMIT_S, FakeCodec, photo, until

STOPS = [0.0005, 0.002, 0.005, 0.02, 0.06, 0.15]


class Bench:
    """A second picture of fake codecs, its layer, and what it complained of."""

    def __init__(self, **codecs) -> None:
        self.photo = photo()
        self.codecs = {"FAKE": FakeCodec(STOPS), **codecs}
        self.layer, self.errors, self.lock = Layer("photo", self.photo), [], threading.RLock()
        self.second = SecondPicture(self.codecs, self.layer, self.photo, self.errors.append, self.lock)

    @property
    def codec(self) -> FakeCodec:
        return self.codecs["FAKE"]

    def sizes(self) -> list[int]:
        return [len(self.codec.encode(self.photo, stop)) for stop in STOPS]

    def rest(self) -> None:
        assert self.second.wait(LIMIT_S)


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.codec.let_go()
    made.second.close()


def test_it_is_the_picture_of_the_largest_file_that_has_no_more_bytes(bench):
    sizes = bench.sizes()
    bench.second.choose("FAKE")
    assert bench.layer.name == "photo · FAKE follows"
    bench.second.follow(bytes(sizes[3] + 5))
    bench.rest()
    expected = bench.codec.decode(bench.codec.encode(bench.photo, STOPS[3]))
    np.testing.assert_array_equal(bench.layer.image, expected)
    assert bench.layer.name == f"FAKE · {sizes[3]:,} bytes · {psnr_db(bench.photo, expected):.2f} dB"


def test_a_codec_of_this_project_that_compares_for_real_stays_below_the_size():
    picture = np.repeat(np.repeat(photo(height=16, width=24), 8, 0), 8, 1)
    jpeg = baseline("jpeg")
    reached = largest_file(jpeg, jpeg.open(picture), 2500)
    assert reached.quality is not None
    assert reached.size <= 2500 < len(jpeg.encode(picture, reached.quality + 1))


def test_a_codec_without_larger_files_gives_its_largest_and_one_without_smaller_ones_none(bench):
    session, sizes = bench.codec.open(bench.photo), bench.sizes()
    assert largest_file(bench.codec, session, 10**6).size == max(sizes)
    with pytest.raises(ValueError, match=rf"no file of at most 99 bytes; its smallest file has {min(sizes):,} bytes"):
        largest_file(bench.codec, session, 99)


def test_it_follows_our_file_on_a_session_that_is_opened_once(bench):
    sizes = bench.sizes()
    opened = bench.codec.count("open")
    bench.second.choose("FAKE")
    for stop in (1, 4, 2):
        bench.second.follow(bytes(sizes[stop]))
        bench.rest()
        assert bench.layer.name.startswith(f"FAKE · {sizes[stop]:,} bytes · ")
    assert bench.codec.count("open") == opened + 1
    bench.second.follow(None)
    assert bench.layer.name.endswith(" dB · for the file before"), "the hand moves lambda"
    bench.second.show_photo(bench.photo)
    bench.second.follow(bytes(sizes[1]))
    bench.rest()
    assert bench.codec.count("open") == opened + 2, "another photo"


def test_the_newest_wins(bench):
    sizes = bench.sizes()
    bench.second.choose("FAKE")
    bench.codec.hold("encode")
    begun = bench.codec.count("encode")
    bench.second.follow(bytes(sizes[4]))
    until(lambda: bench.codec.count("encode") > begun)
    bench.second.follow(bytes(sizes[1]))
    bench.codec.let_go()
    bench.rest()
    assert bench.layer.name.startswith(f"FAKE · {sizes[1]:,} bytes · ")


def test_back_to_the_photo_nothing_comes_later(bench):
    sizes = bench.sizes()
    bench.second.choose("FAKE")
    bench.second.follow(bytes(sizes[2]))
    bench.rest()
    bench.codec.hold("encode")
    begun = bench.codec.count("encode")
    bench.second.follow(bytes(sizes[3]))
    until(lambda: bench.codec.count("encode") > begun)
    bench.second.choose("")
    bench.codec.let_go()
    bench.rest()
    np.testing.assert_array_equal(bench.layer.image, bench.photo)
    assert (bench.layer.name, bench.errors) == ("photo", [])


def test_what_cannot_be_made_is_said_and_the_photo_is_shown(bench):
    bench.second.choose("FAKE")
    bench.second.follow(bytes(bench.sizes()[2]))
    bench.rest()
    bench.second.follow(bytes(99))
    bench.rest()
    assert [str(error)[:37] for error in bench.errors] == ["FAKE: no file of at most 99 bytes; it"]
    assert bench.layer.name == "photo · no FAKE of this size"
    np.testing.assert_array_equal(bench.layer.image, bench.photo)


def test_a_mistake_of_the_codecs_is_handed_on_as_it_is(bench):
    def fail(image):
        raise ZeroDivisionError("nobody foresaw this")

    bench.codec.open = fail
    bench.second.choose("FAKE")
    bench.second.follow(bytes(2000))
    bench.rest()
    assert [type(error) for error in bench.errors] == [ZeroDivisionError]


def test_a_codec_that_is_not_there_is_refused(bench):
    with pytest.raises(ValueError, match="there is no codec 'GIF' to compare with; legal: FAKE"):
        bench.second.choose("GIF")
    assert bench.second.name == ""


def test_without_a_photo_there_is_nothing_to_compare(bench):
    bench.second.choose("FAKE")
    bench.second.show_photo(None)
    bench.second.follow(bytes(2000))
    bench.rest()
    assert bench.codec.count("open") == 0
    bench.second.choose("")
    assert bench.layer.name == "photo"
