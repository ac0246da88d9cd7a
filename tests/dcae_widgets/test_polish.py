"""Polishing in the explorer: numbers move while it runs, a better file replaces the plain one, the newest wish wins."""

import numpy as np
import pytest

from dcae_widgets.controls import Controls
from dcae_widgets.explorer import Explorer
from dcae_widgets.photo_source import shipped_photo
from dcae_widgets.python_lines import python_lines

from .fake_codec import LIMIT_S, FakeCodec, RefiningFakeSession, photo, until


class Setting:
    """An explorer of one fake codec that refines."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, codec: FakeCodec | None = None) -> None:
        monkeypatch.setattr("dcae_widgets.polishing.POLISH_STEPS", 4)
        self.codec = codec or FakeCodec(refines=True)
        self.explorer = Explorer(lambda _: self.codec, model="fake", photo=photo())
        self.explorer._exploration.worker._quiet_s = 0.0
        self.controls, self.readout = self.explorer.controls, self.explorer.readout
        self.rest()

    def press(self, begin: bool = True) -> None:
        self.controls._receive(self.controls, {"type": "polish", "begin": begin}, [])

    def rest(self) -> None:
        assert self.explorer.wait(LIMIT_S)

    def hold(self) -> None:
        """Starts polishing, and waits until it is at its first step, held there."""
        self.codec.hold("refine")
        self.press()
        until(lambda: self.codec.count("refine"))
        self.explorer._wait_until(lambda: self.controls.polish == "running", LIMIT_S)

    def ask(self, lmbda: float) -> None:
        self.controls.set_state({"lmbda": lmbda, "request": {"serial": 1, "lmbda": lmbda, "final": True}})


@pytest.fixture
def make(monkeypatch):
    made: list[Setting] = []

    def make_setting(codec: FakeCodec | None = None) -> Setting:
        made.append(Setting(monkeypatch, codec))
        return made[-1]

    yield make_setting
    for setting in made:
        setting.explorer.close()
        setting.codec.let_go()


@pytest.fixture
def setting(make) -> Setting:
    return make()


@pytest.mark.parametrize("codec", [FakeCodec(), FakeCodec(None, refines=True)], ids=["cannot refine", "no lambda"])
def test_a_codec_that_cannot_refine_or_does_not_know_its_lambda_shows_no_button(make, codec):
    setting = make(codec)
    assert setting.controls.polish == ""
    before = setting.explorer.data
    setting.press()
    setting.rest()
    assert (setting.explorer.data, setting.controls.error) == (before, "")


def test_a_polished_file_replaces_the_plain_one_and_is_named_so(setting):
    plain = setting.explorer.data
    assert setting.controls.polish == "ready"
    setting.press()
    setting.rest()
    data = setting.explorer.data
    assert plain is not None
    assert data is not None
    assert len(data) < len(plain)
    assert setting.readout.kind == "file"
    assert setting.readout.numbers["bytes"] == len(data)
    assert setting.readout.caption.startswith(f"polished file; before {len(plain):,} bytes, ")
    assert setting.controls.polish == "done"
    np.testing.assert_array_equal(setting.explorer.photo_view.layers[1].image, setting.codec.decode(data))
    name, _, downloaded = setting.explorer._download("dcae")
    assert (name, downloaded) == ("photo_0.013_polished.dcae", data)


def test_picture_bytes_and_psnr_move_while_it_runs_and_nothing_can_be_downloaded(setting):
    before = setting.readout.numbers
    setting.hold()
    assert setting.readout.kind == "estimate"
    assert setting.readout.numbers["bytes"] != before["bytes"]
    assert setting.readout.numbers["psnr_db"] < before["psnr_db"]
    assert setting.explorer.rd_plot.point["kind"] == "estimate"
    assert setting.controls.busy == "polishing, step 1 of 4"
    assert setting.controls.downloads == []
    setting.codec.let_go()
    setting.rest()
    assert setting.controls.downloads == ["dcae", "png"]
    assert setting.controls.busy == ""


def test_stop_shows_the_plain_file_again(setting):
    plain = setting.explorer.data
    setting.hold()
    setting.press(begin=False)
    setting.rest()
    assert setting.explorer.data == plain
    assert (setting.readout.kind, setting.controls.polish, setting.controls.busy) == ("file", "ready", "")
    np.testing.assert_array_equal(setting.explorer.photo_view.layers[1].image, setting.codec.decode(plain))


@pytest.mark.parametrize("wish", ["lambda", "photo", "model"])
def test_another_wish_gives_it_up(setting, wish):
    setting.hold()
    match wish:
        case "lambda":
            setting.ask(0.05)
        case "photo":
            setting.controls.photo = "flower"
        case "model":
            setting.controls.model = "other"
    setting.rest()
    assert setting.codec.count("refine") == 1
    assert setting.controls.polish == "ready"
    assert setting.readout.kind == "file"
    assert not setting.readout.caption.startswith("polished")


def test_lambda_moved_away_and_back_shows_the_plain_file(setting):
    plain = setting.explorer.data
    setting.press()
    setting.rest()
    setting.ask(0.05)
    setting.rest()
    setting.ask(0.013)
    setting.rest()
    assert (setting.explorer.data, setting.controls.polish) == (plain, "ready")


def test_where_nothing_better_is_found_the_plain_file_stays_and_it_is_said(setting):
    plain, setting.codec.improves = setting.explorer.data, False
    setting.press()
    setting.rest()
    assert setting.explorer.data == plain
    assert setting.readout.caption == "the plain file: 4 steps found nothing better"
    assert setting.explorer._download("dcae")[0] == "photo_0.013.dcae"


def test_what_polishing_fails_of_is_said_and_the_button_is_back(setting, monkeypatch):
    refine = RefiningFakeSession.refine

    def fail(session, quality, steps, *, report):
        refine(session, quality, 1, report=report)
        raise MemoryError

    monkeypatch.setattr(RefiningFakeSession, "refine", fail)
    plain = setting.explorer.data
    setting.press()
    setting.rest()
    assert setting.controls.error == "there is not enough memory for that"
    assert (setting.controls.polish, setting.readout.kind, setting.explorer.data) == ("ready", "file", plain)


def test_lines_of_a_polished_file_refine_it(setting):
    setting.press()
    setting.rest()
    assert "data = codec.open(photo).refine(0.013, 4).data\n" in setting.controls.python_code
    assert "refine(0.02, 80).data" in python_lines(shipped_photo("flower"), "m", 0.02, stops=True, polish_steps=80)


def test_the_button_says_what_is_to_happen():
    asked: list[bool] = []
    controls = Controls(on_polish=asked.append)
    for begin in (True, False):
        controls._receive(controls, {"type": "polish", "begin": begin}, [])
    assert asked == [True, False]
    Controls()._receive(controls, {"type": "polish", "begin": True}, [])


def test_a_photo_that_is_too_large_to_be_refined_has_no_button(make, monkeypatch):
    monkeypatch.setattr("dcae_widgets.polishing.MAX_REFINED_PX", photo()[..., 0].size)
    assert make().controls.polish == "ready"
    monkeypatch.setattr("dcae_widgets.polishing.MAX_REFINED_PX", photo()[..., 0].size - 1)
    assert make().controls.polish == ""
