"""What was computed is kept; what the file says of itself decides who decodes it."""

import os

import numpy as np
import pytest

from dcae_widgets.events import Busy, Estimated, Event, ModelReady, Opened, PhotoReady, Wanted, Written
from dcae_widgets.exploration import KEPT_CODECS, Exploration, check_decoded
from dcae_widgets.photo_source import given_photo, uploaded

from .fake_codec import LIMIT_S, FakeCodec, photo

SOURCE = given_photo(photo())


class Bench:
    """An exploration whose events are noted."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.codecs: dict[str, FakeCodec] = {}
        self.events: list[Event] = []
        self.exploration = Exploration(self.open_codec, {}, None, self.events.append)
        self.serial = 0

    def open_codec(self, name: str) -> FakeCodec:
        self.opened.append(name)
        return self.codecs.setdefault(name, FakeCodec())

    def ask(self, lmbda: float = 0.01, *, model: str = "a", source=SOURCE, final: bool = True) -> None:
        self.serial += 1
        self.exploration.worker.submit(Wanted(self.serial, self.serial, source, model, lmbda, final))
        assert self.exploration.wait(LIMIT_S)

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.exploration.close()


def test_weights_photo_estimate_and_file_come_in_this_order(bench):
    bench.ask()
    kinds = [type(event) for event in bench.events if isinstance(event, ModelReady | PhotoReady | Estimated | Written)]
    assert kinds == [ModelReady, PhotoReady, Estimated, Written, Written]


def test_last_weights_are_kept_and_older_ones_are_not(bench):
    for model in ("a", "b", "a", "b"):
        bench.ask(model=model)
    assert bench.opened == ["a", "b"]
    assert KEPT_CODECS == 2
    for model in ("c", "a"):
        bench.ask(model=model)
    assert bench.opened == ["a", "b", "c", "a"]


def test_weights_that_were_written_anew_make_estimate_file_and_curve_anew(bench, tmp_path):
    path = tmp_path / "best.safetensors"
    path.write_bytes(b"1")
    bench.ask(model=str(path))
    before = bench.codecs.pop(str(path))
    os.utime(path, (1, 1))
    bench.ask(model=str(path))
    after = bench.codecs[str(path)]
    assert bench.opened == [str(path)] * 2
    assert before.calls == after.calls
    assert after.count("encode") == 1
    path.unlink()
    bench.ask(model=str(path))
    assert len(bench.opened) == 2, "what is gone from the disk can still be used"
    assert after.count("encode") == 1


def test_file_that_is_asked_for_again_is_not_made_again(bench):
    bench.ask()
    bench.ask()
    assert bench.codecs["a"].count("encode") == 1
    assert bench.codecs["a"].count("decode") == 1
    first, last = bench.of(Written)[1], bench.of(Written)[-1]
    assert (last.data, last.decode_s, last.wanted.serial) == (first.data, first.decode_s, 2)


def test_time_to_encode_has_the_analysis_in_it(bench):
    bench.ask(final=False)
    seconds = bench.exploration._whole.open_s
    bench.ask()
    assert bench.of(Written)[0].encode_s > seconds > 0


def test_steps_of_making_a_large_file_are_told(bench):
    bench.ask(source=given_photo(photo(height=512, width=1040)))
    texts = [event.text for event in bench.of(Busy)]
    assert texts[2:5] == [f"encoding 0.5 Mpx, step {step} of 3" for step in (1, 2, 3)]
    assert texts[5].startswith("decoding ")
    bench.events.clear()
    bench.ask()
    assert [event.text for event in bench.of(Busy) if "encoding" in event.text] == ["encoding 0.0 Mpx"]


def test_file_is_decoded_by_the_shipped_weights_that_it_names(bench, monkeypatch):
    theirs = FakeCodec(identity=7)
    bench.codecs["small-07070707"] = theirs
    names = {theirs.identity: "small-07070707"}
    monkeypatch.setattr("dcae_widgets.exploration.shipped_name", names.get)
    bench.ask(source=uploaded("x.dcae", theirs.encode(photo(2), 0.02)))
    assert bench.opened == ["a", "small-07070707"]
    assert bench.of(Opened)[0].model == "small-07070707"
    np.testing.assert_array_equal(bench.of(Opened)[0].picture, theirs.decode(theirs.encode(photo(2), 0.02)))


def test_picture_that_the_encoder_did_not_foresee_is_refused():
    check_decoded(photo(), photo())
    wrong = photo()
    wrong[0, 0, 0] ^= 1
    with pytest.raises(ValueError, match="another picture: 1 of 3072 px differ"):
        check_decoded(wrong, photo())
    with pytest.raises(ValueError, match="decodes to 64 x 47 px; the encoder foresaw 64 x 48 px"):
        check_decoded(photo()[1:], photo())
