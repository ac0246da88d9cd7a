"""The explorer shows the newest answer, never an older one over it; what it says of a file is the file's."""

import asyncio
import io
import json
import logging
import math
import threading

import numpy as np
import pytest
from PIL import Image

import dcae.analysis.baselines
from dcae.codec.bitstream import unpack
from dcae.codec.catalogue import open_codec
from dcae.images import load_image, png_bytes
from dcae.rd import psnr_db
from dcae.samples import sample, sample_images
from dcae_widgets.explorer import Explorer
from dcae_widgets.limits import VISITORS
from dcae_widgets.photo_source import shipped_photo
from dcae_widgets.shown import faded

from .fake_codec import LIMIT_S, FakeCodec, photo, until

LMBDA = 0.02


class BrokenCodec(FakeCodec):
    """One whose weights of lambda 0.013 cannot be read."""

    def at(self, step: str, quality: float | None = None) -> None:
        if quality == 0.013:
            raise ValueError("0.013.pth is cut")
        super().at(step, quality)


class Setting:
    """An explorer of fake codecs, which are made by name."""

    def __init__(self, **arguments) -> None:
        self.codecs = {"fake": FakeCodec(), "other": FakeCodec(identity=2)}
        self.measured = []
        arguments = {"model": "fake", "photo": photo(), **arguments}
        self.codecs |= arguments.pop("codecs", {})
        for step in arguments.pop("held", ()):
            self.codec.hold(step)
        self.explorer = Explorer(self.open_codec, **arguments)
        self.explorer._exploration.worker._quiet_s = 0.0

    @property
    def codec(self) -> FakeCodec:
        return self.codecs["fake"]

    def open_codec(self, name: str):
        if name not in self.codecs:
            raise FileNotFoundError(f"no weights named {name!r}")
        return self.codecs[name]

    def ask(self, lmbda: float, *, final: bool = False) -> None:
        serial = self.explorer.controls.request.get("serial", 0) + 1
        self.explorer.controls.set_state(
            {"lmbda": lmbda, "request": {"serial": serial, "lmbda": lmbda, "final": final}}
        )

    def rest(self) -> None:
        assert self.explorer.wait(LIMIT_S)

    def decoded(self) -> np.ndarray:
        return self.explorer.photo_view.layers[1].image


@pytest.fixture
def make():
    made: list[Setting] = []

    def make_setting(**arguments) -> Setting:
        made.append(Setting(**arguments))
        return made[-1]

    yield make_setting
    for setting in made:
        setting.explorer.close()
        for codec in setting.codecs.values():
            codec.let_go()


@pytest.fixture
def setting(make) -> Setting:
    made = make()
    made.rest()
    return made


def test_photo_is_compressed_when_it_opens(setting):
    explorer = setting.explorer
    assert explorer.readout.kind == "file"
    assert explorer.data == setting.codec.encode(photo(), 0.013)
    assert explorer.readout.numbers["bytes"] == len(explorer.data)
    np.testing.assert_array_equal(setting.decoded(), setting.codec.decode(explorer.data))
    assert explorer.controls.downloads == ["dcae", "png"]
    assert not explorer.readout.pending
    assert not explorer.controls.error
    assert not explorer.controls.busy


def test_first_estimate_is_shown_before_the_file_is_made(make):
    setting = make(held=["encode"])
    until(lambda: setting.codec.count("encode"))
    assert setting.explorer.readout.kind == "estimate"
    assert setting.explorer.data is None
    assert setting.explorer.controls.busy == "encoding 0.0 Mpx"
    setting.codec.hold("encode").set()
    setting.rest()
    assert setting.explorer.readout.kind == "file"


def test_numbers_of_a_file_are_the_files(setting):
    explorer = setting.explorer
    setting.ask(LMBDA, final=True)
    setting.rest()
    numbers, picture = explorer.readout.numbers, setting.decoded()
    assert numbers["bytes"] == len(explorer.data)
    assert sum(size for _, size in explorer.readout.parts) == len(explorer.data)
    assert math.isclose(numbers["bpp"], 8 * len(explorer.data) / (64 * 48))
    assert math.isclose(numbers["ratio"], photo().nbytes / len(explorer.data))
    assert numbers["psnr_db"] == psnr_db(photo(), picture)
    assert numbers["encode_s"] > 0
    assert numbers["decode_s"] > 0
    assert explorer.readout.caption == "the whole photo, 64 × 48 px"


def test_dragging_shows_estimates_and_makes_no_file(setting):
    files = setting.codec.count("encode")
    for lmbda in (0.01, 0.02, 0.03):
        setting.ask(lmbda)
        until(lambda: setting.explorer.photo_view.layers and not setting.explorer.readout.pending)
        assert setting.explorer.readout.kind == "estimate"
        assert setting.explorer.data is None
    setting.rest()
    assert setting.codec.count("encode") == files
    assert setting.explorer.rd_plot.point["label"].startswith("λ 0.03, ")


def test_of_many_lambdas_the_last_is_estimated_and_shown(setting):
    gate = setting.codec.hold("estimate")
    before = setting.codec.count("estimate")
    setting.ask(0.002)
    until(lambda: setting.codec.count("estimate") > before)
    for lmbda in (0.003, 0.004, 0.005, LMBDA):
        setting.ask(lmbda)
    assert setting.explorer.readout.pending
    gate.set()
    setting.rest()
    asked = [quality for step, quality in setting.codec.calls if step == "estimate"][before:]
    assert asked[:2] == [0.002, LMBDA]
    assert not {0.003, 0.004, 0.005} & set(asked)
    assert setting.explorer.rd_plot.point["label"].startswith("λ 0.02, ")
    assert not setting.explorer.readout.pending


def test_running_estimate_is_shown_though_a_newer_lambda_waits(setting):
    gate = setting.codec.hold("estimate")
    shown = []
    setting.explorer.rd_plot.observe(lambda change: shown.append(change["new"].get("label", "")[:7]), "point")
    setting.ask(0.002)
    until(lambda: setting.codec.calls[-1] == ("estimate", 0.002))
    setting.ask(0.004)
    gate.set()
    setting.rest()
    assert shown == ["λ 0.002", "λ 0.004"]


@pytest.mark.parametrize("step", ["encode", "reconstruct", "decode"])
def test_making_the_file_is_given_up_for_a_newer_lambda(setting, step):
    gate, before = setting.codec.hold(step), setting.codec.count(step)
    setting.ask(0.002, final=True)
    until(lambda: setting.codec.count(step) > before)
    setting.ask(0.04)
    until(lambda: setting.explorer.rd_plot.point["label"].startswith("λ 0.04, "))
    gate.set()
    setting.rest()
    assert setting.explorer.readout.kind == "estimate"
    assert setting.explorer.data is None
    assert not setting.explorer.controls.error


def test_older_answer_is_never_drawn_over_a_newer_one(setting):
    explorer, answers = setting.explorer, []
    explorer._delivery._handle = lambda: answers.append  # what arrives is kept back
    setting.ask(0.002, final=True)
    assert explorer._exploration.worker.wait(LIMIT_S)
    setting.ask(0.04, final=True)
    assert explorer._exploration.worker.wait(LIMIT_S)
    for answer in sorted(answers, key=lambda answer: -answer.wanted.serial):  # as no thread would bring them
        explorer._drawing.apply(answer)
    assert unpack(explorer.data)[0].lmbda == np.float32(0.04)
    np.testing.assert_array_equal(setting.decoded(), setting.codec.decode(explorer.data))


def test_answers_about_another_photo_are_not_drawn(setting):
    explorer, answers = setting.explorer, []
    handle = explorer._delivery._handle
    explorer._delivery._handle = lambda: answers.append
    setting.ask(0.002, final=True)
    assert explorer._exploration.worker.wait(LIMIT_S)
    explorer._delivery._handle = handle
    explorer.controls.photo = "coffee"
    setting.rest()
    shown = explorer.data
    for answer in answers:
        explorer._drawing.apply(answer)
    assert explorer.data == shown


def test_another_photo_is_shown_with_its_own_file(setting):
    setting.explorer.controls.photo = "rocket"
    setting.rest()
    assert setting.explorer.data == setting.codec.encode(sample("rocket"), 0.013)
    np.testing.assert_array_equal(setting.explorer.photo_view.layers[0].image, sample("rocket"))
    assert setting.explorer.rd_plot.title.startswith("rocket, ")


def test_another_model_encodes_the_photo_anew(setting):
    setting.explorer.controls.model = "other"
    setting.rest()
    assert unpack(setting.explorer.data)[0].identity == setting.codecs["other"].identity
    assert setting.explorer.controls.models[-2:] == ["fake", "other"]
    assert setting.explorer.rd_plot.curves[0]["name"] == "other"


def test_photo_chosen_while_a_model_loads_is_shown_with_that_model(make):
    setting = make(codecs={"slow": FakeCodec(identity=3)})
    setting.rest()
    gate = setting.codecs["slow"].hold("open")
    setting.explorer.controls.model = "slow"
    until(lambda: setting.codecs["slow"].count("open"))
    setting.explorer.controls.photo = "rocket"
    gate.set()
    setting.rest()
    assert setting.explorer.data == setting.codecs["slow"].encode(sample("rocket"), 0.013)
    np.testing.assert_array_equal(setting.explorer.photo_view.layers[0].image, sample("rocket"))


def test_photo_is_analysed_once_for_all_lambdas(setting):
    opened = setting.codec.count("open")
    for lmbda in (0.002, 0.01, 0.04):
        setting.ask(lmbda)
        setting.ask(lmbda, final=True)
        setting.rest()
    assert setting.codec.count("open") == opened


def test_lambda_set_in_python_is_encoded(setting):
    setting.explorer.controls.lmbda = 0.03
    setting.rest()
    assert setting.explorer.data == setting.codec.encode(photo(), 0.03)


def test_file_that_decodes_to_another_picture_is_an_error_in_words(make):
    setting = make()
    setting.codec.wrong_by = 1
    setting.ask(LMBDA, final=True)
    setting.rest()
    assert "file decodes to another picture: 3072 of 3072 px differ" in setting.explorer.controls.error
    assert setting.explorer.readout.numbers["decode_s"] is None


def test_ms_ssim_is_measured_of_the_file_alone(make):
    measured = []

    def measure(a, b):
        measured.append((a, b))
        return 0.5

    setting = make(ms_ssim=measure)
    setting.rest()
    assert setting.explorer.readout.numbers["ms_ssim"] == 0.5
    np.testing.assert_array_equal(measured[0][1], setting.decoded())
    setting.ask(0.002)
    setting.rest()
    assert setting.explorer.readout.numbers["ms_ssim"] is None
    assert len(measured) == 1


def test_hand_does_not_wait_for_ms_ssim(make):
    measuring, gate = threading.Event(), threading.Event()

    def measure(a, b):
        measuring.set()
        assert gate.wait(LIMIT_S)
        return 0.5

    setting = make(ms_ssim=measure)
    assert measuring.wait(LIMIT_S)
    setting.ask(0.002)
    until(lambda: setting.explorer.rd_plot.point["label"].startswith("λ 0.002, "))
    gate.set()
    setting.rest()
    assert setting.explorer.readout.numbers["ms_ssim"] is None


def test_measure_that_fails_is_said(make):
    def measure(a, b):
        raise ValueError("images have shapes that it does not like")

    setting = make(ms_ssim=measure)
    setting.rest()
    assert setting.explorer.controls.error == "images have shapes that it does not like"
    assert setting.explorer.readout.kind == "file"


def test_curves_have_ms_ssim_when_its_scale_is_chosen(make):
    measured = []
    setting = make(ms_ssim=lambda a, b: measured.append(b) or 0.9)
    setting.rest()
    plot = setting.explorer.rd_plot
    assert len(measured) == 1, "the file alone"
    assert plot.point["ms_ssim_db"] == pytest.approx(10)
    assert {point[3] for point in plot.curves[0]["points"]} == {None}
    plot.measure = "ms_ssim"
    setting.rest()
    assert [point[3] for point in plot.curves[0]["points"]] == pytest.approx([10] * 9)
    assert plot.note == ""
    setting.explorer.controls.photo = "rocket"
    setting.rest()
    assert len(plot.curves[0]["points"]) == 9
    assert all(point[3] for point in plot.curves[0]["points"]), "another photo's, too"


def test_scale_that_nobody_can_measure_is_said(setting):
    setting.explorer.rd_plot.measure = "ms_ssim"
    setting.rest()
    assert setting.explorer.rd_plot.note == "Nothing here measures MS-SSIM of this photo."


def test_kodaks_curves_stand_beside_the_photos(setting):
    groups = {curve["group"] for curve in setting.explorer.rd_plot.references}
    assert groups == {"means", "published"}
    assert setting.explorer.rd_plot.groups == ["photo"]


def test_curves_are_computed_when_the_hand_rests(make):
    setting = make(beside={"JPEG": dcae.analysis.baselines.baseline("jpeg")})
    setting.rest()
    curves = {curve["name"]: curve for curve in setting.explorer.rd_plot.curves}
    assert list(curves) == ["fake", "JPEG"]
    assert (len(curves["fake"]["points"]), len(curves["JPEG"]["points"])) == (9, 11)
    assert (curves["fake"]["kind"], curves["JPEG"]["kind"]) == ("estimate", "file")


def test_curve_step_is_given_up_for_the_hand_and_done_later(make):
    setting = make()
    until(lambda: setting.explorer.readout.numbers.get("decode_s"))
    gate = setting.codec.hold("estimate")
    until(lambda: setting.codec.calls[-1][0] == "estimate")
    setting.ask(LMBDA)  # the step gives up; the estimate of the hand's lambda then waits, for nothing ends that
    until(lambda: setting.codec.calls[-1] == ("estimate", LMBDA))
    gate.set()
    setting.rest()
    assert setting.explorer.rd_plot.point["label"].startswith("λ 0.02, ")
    assert len(setting.explorer.rd_plot.curves[0]["points"]) == 9


def test_curves_that_are_known_are_not_computed_again(setting):
    estimates = setting.codec.count("estimate")
    setting.explorer.controls.photo = "rocket"
    setting.rest()
    setting.explorer.controls.photo = "photo"
    setting.rest()
    assert len(setting.explorer.rd_plot.curves[0]["points"]) == 9
    assert setting.codec.count("estimate") == estimates + 10 + 1  # rocket's first one and curve; the photo's first one


class TestLargePhotos:
    """A photo too large to be live: a window of it is."""

    HEIGHT, WIDTH = 600, 1000

    @pytest.fixture
    def large(self, make) -> Setting:
        made = make(photo=photo(height=self.HEIGHT, width=self.WIDTH))
        made.rest()
        return made

    def test_window_is_live_before_the_whole_is_encoded(self, make):
        setting = make(photo=photo(height=self.HEIGHT, width=self.WIDTH), held=["encode"])
        until(lambda: setting.codec.count("encode"))
        explorer, whole = setting.explorer, photo(height=self.HEIGHT, width=self.WIDTH)
        assert explorer.readout.caption == "window 768 × 512 of 1000 × 600 px"
        assert explorer.photo_view.outline == [116, 44, 884, 556]
        shown = setting.decoded()
        outside = np.ones(shown.shape[:2], bool)
        outside[44:556, 116:884] = False
        np.testing.assert_array_equal(shown[outside], faded(whole)[outside])

    def test_whole_photo_replaces_the_window_on_release(self, large):
        explorer = large.explorer
        assert explorer.readout.caption == "the whole photo, 1000 × 600 px"
        assert explorer.readout.numbers["bytes"] == len(explorer.data)
        assert explorer.photo_view.outline == []
        np.testing.assert_array_equal(large.decoded(), large.codec.decode(explorer.data))

    def test_plot_shows_the_windows_curve_and_the_whole_as_a_mark(self, large):
        plot = large.explorer.rd_plot
        assert plot.title == "window 768 × 512 of photo"
        assert [mark["kind"] for mark in plot.marks] == ["file"]
        assert plot.point["kind"] == "estimate"

    def test_dragging_opens_no_more_than_the_window(self, large):
        opened = large.codec.count("open")
        assert opened == 2
        for lmbda in (0.002, 0.01):
            large.ask(lmbda)
            large.rest()
        large.ask(0.01, final=True)
        large.rest()
        assert large.codec.count("open") == opened

    def test_window_follows_what_is_looked_at(self, large):
        large.explorer.photo_view.visible = [0, 0, 200, 100]
        large.ask(0.002)
        large.rest()
        assert large.explorer.photo_view.outline == [0, 0, 768, 512]
        assert large.explorer.photo_view.layers[1].patch_rect == [0, 0, 768, 512]
        assert len(large.explorer.rd_plot.curves[0]["points"]) == 9

    def test_analysis_of_the_whole_is_given_up_for_the_hand_and_done_on_release(self, make):
        setting = make(photo=photo(height=self.HEIGHT, width=self.WIDTH), held=["estimate"])
        until(lambda: setting.codec.count("estimate"))
        whole = setting.codec.hold("open")
        setting.codec.held["estimate"].set()
        until(lambda: setting.codec.count("open") == 2)
        setting.ask(LMBDA)
        until(lambda: setting.explorer.rd_plot.point.get("label", "").startswith("λ 0.02, "))
        whole.set()
        setting.ask(LMBDA, final=True)
        setting.rest()
        assert setting.explorer.readout.kind == "file"
        assert setting.codec.count("open") == 3


class TestFiles:
    """What is dropped in, and what is downloaded."""

    def upload(self, setting: Setting, name: str, data: bytes) -> None:
        on_upload = setting.explorer.controls.on_upload
        assert on_upload is not None
        on_upload(name, data)
        setting.rest()

    def test_dropped_photo_is_compressed(self, setting):
        self.upload(setting, "mine.png", png_bytes(photo(7)))
        assert setting.explorer.data == setting.codec.encode(photo(7), 0.013)
        assert setting.explorer.controls.photo == "mine.png"
        assert setting.explorer.controls.photos[0] == "mine.png"

    def test_what_is_no_picture_is_refused_in_words_and_the_photo_stays(self, setting):
        before = setting.explorer.data
        self.upload(setting, "notes.txt", b"not a picture")
        assert setting.explorer.controls.error.startswith("notes.txt: not a picture that can be read")
        assert setting.explorer.controls.photo == "photo"
        assert "notes.txt" not in setting.explorer.controls.photos
        assert setting.explorer.data == before

    def test_bad_file_of_a_good_ones_name_leaves_the_good_one(self, setting):
        self.upload(setting, "mine.png", png_bytes(photo(7)))
        self.upload(setting, "mine.png", b"not a picture")
        assert setting.explorer.controls.error.startswith("mine.png: not a picture")
        assert setting.explorer.controls.photos[-1] == "mine.png"
        assert setting.explorer.controls.photo == "mine.png"
        assert setting.explorer.data == setting.codec.encode(photo(7), 0.013)

    def test_only_the_last_uploads_are_kept(self, setting):
        for number in range(10):
            self.upload(setting, f"{number}.png", png_bytes(photo(number)))
        own = [name for name in setting.explorer.controls.photos if name not in sample_images()]
        assert own == [f"{number}.png" for number in range(9, 1, -1)]

    def test_compressed_file_is_opened(self, setting):
        data = setting.codec.encode(photo(3), 0.04)
        self.upload(setting, "theirs.dcae", data)
        explorer = setting.explorer
        assert explorer.readout.kind == "opened"
        assert explorer.data == data
        assert explorer.readout.numbers["bytes"] == len(data)
        assert explorer.readout.numbers["psnr_db"] is None
        assert sum(size for _, size in explorer.readout.parts) == len(data)
        assert "theirs.dcae, 64 × 48 px, λ 0.04, 0101010101010101" in explorer.readout.caption
        assert "open_codec('fake')" in explorer.controls.python_code, "weights that have no name are those chosen here"
        assert explorer.rd_plot.title == "An opened file has no original: no PSNR, and λ stays"
        assert not explorer.controls.enabled
        assert explorer.controls.lmbda == pytest.approx(0.04)
        np.testing.assert_array_equal(explorer.photo_view.layers[0].image, setting.codec.decode(data))
        assert explorer.controls.on_download("dcae")[2] == data

    def test_photo_can_be_explored_again_after_a_file(self, setting):
        self.upload(setting, "theirs.dcae", setting.codec.encode(photo(3), 0.04))
        setting.explorer.controls.photo = "photo"
        setting.rest()
        assert setting.explorer.controls.enabled
        assert setting.explorer.readout.kind == "file"
        np.testing.assert_array_equal(setting.explorer.photo_view.layers[0].image, photo())

    def test_all_pictures_are_shown_by_the_same_two_layers(self, setting):
        """A page keeps all that a closed layer held."""
        view = setting.explorer.photo_view
        layers = list(view.layers)
        self.upload(setting, "theirs.dcae", setting.codec.encode(photo(3), 0.04))
        assert view.layers == layers[1:]
        setting.explorer.controls.photo = "rocket"
        setting.rest()
        assert view.layers == layers
        assert layers[0].comm is not None
        assert layers[1].comm is not None
        setting.explorer.close()
        assert layers[0].comm is layers[1].comm is None

    def test_file_of_unknown_weights_names_them(self, setting):
        self.upload(setting, "theirs.dcae", FakeCodec(identity=9).encode(photo(3), 0.04))
        assert "made with weights 0909090909090909" in setting.explorer.controls.error
        assert setting.explorer.controls.photo == "photo"
        assert setting.explorer.readout.kind == "file"

    def test_damaged_file_is_refused_in_words(self, setting):
        data = bytearray(setting.codec.encode(photo(3), 0.04))
        data[40] ^= 1
        self.upload(setting, "theirs.dcae", bytes(data))
        assert "file is cut or damaged" in setting.explorer.controls.error

    def test_downloads_are_what_is_shown(self, setting):
        name, mime, data = setting.explorer.controls.on_download("dcae")
        assert (name, mime, data) == ("photo_0.013.dcae", "application/octet-stream", setting.explorer.data)
        name, mime, data = setting.explorer.controls.on_download("png")
        assert (name, mime) == ("photo_0.013.png", "image/png")
        np.testing.assert_array_equal(load_image(data), setting.decoded())

    def test_download_makes_the_file_first_where_an_estimate_is_shown(self, setting):
        setting.ask(0.03)
        until(lambda: setting.explorer.readout.kind == "estimate")
        name, _, data = setting.explorer.controls.on_download("dcae")
        assert name == "photo_0.03.dcae"
        assert data == setting.codec.encode(photo(), 0.03)

    def test_nothing_to_download_is_said(self, make):
        setting = make(model="missing")
        setting.rest()
        with pytest.raises(ValueError, match="nothing to download: photo could not be encoded"):
            setting.explorer.controls.on_download("dcae")


class TestModels:
    """Weights by name, of one lambda, of several, and those that are not there."""

    def test_model_that_is_not_there_leaves_the_old_one(self, setting):
        before = setting.explorer.data
        setting.explorer.controls.model = "/no/such/weights.safetensors"
        setting.rest()
        assert setting.explorer.controls.error == "no weights named '/no/such/weights.safetensors'"
        assert setting.explorer.controls.model == "fake"
        assert setting.explorer.data == before
        assert not setting.explorer.readout.pending

    @pytest.mark.parametrize("name", ["~/weights.safetensors", "/etc/passwd", "small/../../etc"])
    def test_visitors_name_shipped_weights_alone(self, make, name):
        setting = make(limits=VISITORS)
        setting.rest()
        setting.explorer.controls.model = name
        setting.rest()
        assert setting.explorer.controls.error.startswith(f"there is no model {name!r} here; legal: small-")
        assert setting.explorer.controls.model == "fake"
        setting.explorer.controls.models = [name]  # the page can set the list, too
        setting.explorer.restore({"model": name})
        setting.rest()
        assert "a link can name small-" in setting.explorer.controls.error
        assert setting.explorer.controls.model == "fake"

    def test_first_model_that_is_not_there_can_be_replaced(self, make):
        setting = make(model="missing")
        setting.rest()
        assert "no weights named 'missing'" in setting.explorer.controls.error
        setting.explorer.controls.model = "fake"
        setting.rest()
        assert not setting.explorer.controls.error
        assert setting.explorer.readout.kind == "file"

    def test_of_two_that_fail_the_second_is_said(self, make):
        setting = make(codecs={"broken": BrokenCodec(qualities=(0.013, 0.05))})
        setting.rest()
        controls, data = setting.explorer.controls, setting.explorer.data
        for name, words in {"broken": "0.013.pth is cut", "missing": "no weights named 'missing'"}.items():
            controls.model = name
            setting.rest()
            assert words in controls.error
        assert (controls.model, setting.explorer.data, controls.stops) == ("fake", data, [])

    def test_broken_file_of_a_folder_is_said_and_so_is_whose_the_numbers_are(self, make):
        setting = make(codecs={"folder": BrokenCodec(qualities=(0.013, 0.05))})
        setting.ask(LMBDA, final=True)
        setting.rest()
        controls, readout = setting.explorer.controls, setting.explorer.readout
        numbers = readout.numbers
        controls.model = "folder"
        setting.rest()
        assert "0.013.pth is cut" in controls.error
        assert (readout.caption, readout.pending, readout.numbers) == ("as before: fake, λ 0.02", False, numbers)
        setting.ask(0.05, final=True)
        setting.rest()
        assert readout.caption == "the whole photo, 64 × 48 px"
        setting.ask(0.013)
        setting.rest()
        assert (readout.caption, readout.pending) == ("as before: folder, λ 0.05", False)
        assert "folder" in controls.models

    def test_numbers_of_another_photo_go_if_this_one_cannot_be_compressed(self, make):
        setting = make(codecs={"folder": BrokenCodec(qualities=(0.013, 0.05))})
        setting.rest()
        setting.explorer._hand.explore(source=shipped_photo("flower"), model="folder")
        setting.rest()
        assert "0.013.pth is cut" in setting.explorer.controls.error
        assert (setting.explorer.readout.kind, setting.explorer.readout.numbers) == ("", {})

    def test_home_folder_of_a_typed_path_is_found(self, make, monkeypatch):
        monkeypatch.setenv("HOME", "/home/somebody")
        setting = make(codecs={"/home/somebody/weights": FakeCodec(identity=3)})
        setting.explorer.controls.model = "~/weights"
        setting.rest()
        assert setting.explorer.controls.model == "/home/somebody/weights"
        assert unpack(setting.explorer.data)[0].identity == bytes([3] * 8)

    def test_weights_of_several_lambdas_have_stops(self, make):
        stops = FakeCodec(qualities=(0.0035, 0.013, 0.05))
        setting = make(codecs={"folder": stops}, model="folder")
        setting.rest()
        assert setting.explorer.controls.stops == [0.0035, 0.013, 0.05]
        setting.ask(0.04, final=True)
        setting.rest()
        assert setting.explorer.data == stops.encode(photo(), 0.05)
        assert len(setting.explorer.rd_plot.curves[0]["points"]) == 3
        assert "encode(photo, 0.05)" in setting.explorer.controls.python_code

    def test_weights_of_one_lambda_have_no_slider(self, make):
        fixed = FakeCodec(qualities=None)
        setting = make(codecs={"fixed": fixed}, model="fixed")
        setting.rest()
        assert not setting.explorer.controls.enabled
        assert setting.explorer.readout.caption == "the whole photo, 64 × 48 px, one fixed λ"
        assert setting.explorer.data == fixed.encode(photo())
        assert "data = codec.encode(photo)\n" in setting.explorer.controls.python_code
        assert setting.explorer.controls.on_download("dcae")[0] == "photo.dcae"

    def test_slider_has_the_trained_range(self, setting):
        assert (setting.explorer.controls.lmbda_min, setting.explorer.controls.lmbda_max) == (0.0018, 0.05)


class TestState:
    """Reload, link and copied Python."""

    def test_state_is_json_and_says_what_is_shown(self, setting):
        setting.ask(1 / 70, final=True)
        setting.rest()
        state = json.loads(json.dumps(setting.explorer.controls.state))
        assert (state["photo"], state["model"], state["mode"], state["divider"]) == ("photo", "fake", "split", 0.5)
        assert np.float32(state["lmbda"]) == np.float32(1 / 70)
        setting.explorer.photo_view.divider = 0.25
        assert setting.explorer.controls.state["divider"] == 0.25

    def test_restored_state_is_shown(self, setting):
        state = {
            "photo": "rocket",
            "model": "fake",
            "lmbda": 0.03,
            "mode": "side",
            "divider": 0.75,
            "view": [9.0, 8, 2],
            "other": "",
        }
        setting.explorer.controls.on_restore(state)
        setting.rest()
        assert setting.explorer.data == setting.codec.encode(sample("rocket"), 0.03)
        assert setting.explorer.controls.state == state
        assert setting.explorer.controls.lmbda == 0.03

    def test_what_is_not_legal_is_said_and_the_rest_is_applied(self, setting):
        state = {"photo": "/etc/passwd", "model": "../secret", "lmbda": 7, "mode": "split", "divider": 0.125}
        setting.explorer.restore(state)
        setting.rest()
        error = setting.explorer.controls.error
        assert "photo is '/etc/passwd'" in error
        assert "model is '../secret'" in error
        assert "lmbda is 7; must be 0.0018 to 0.05" in error
        assert setting.explorer.photo_view.divider == 0.125
        assert setting.explorer.controls.photo == "photo"
        assert setting.explorer.controls.model == "fake"

    def test_unknown_photo_is_said(self, setting):
        setting.explorer.controls.photo = "nobody"
        assert "there is no photo 'nobody'; legal: photo, flower" in setting.explorer.controls.error
        assert setting.explorer.controls.photo == "photo"

    def test_copied_lines_make_the_same_file(self, make):
        setting = make(photo="rocket")
        setting.ask(1 / 70, final=True)
        setting.rest()
        lines = setting.explorer.controls.python_code.replace("open_codec('fake')", "fake")
        scope = {"fake": setting.codec}
        exec(lines, scope)
        assert scope["data"] == setting.explorer.data
        np.testing.assert_array_equal(scope["decoded"], setting.decoded())


class Broken(FakeCodec):
    """A codec with a mistake in its program."""

    @property
    def qualities(self):
        raise AttributeError("no dial")

    @qualities.setter
    def qualities(self, _):
        pass


def test_error_that_nobody_foresaw_is_said_and_logged(make, caplog):
    setting = make()
    setting.rest()
    setting.codecs["broken"] = Broken()
    with caplog.at_level(logging.ERROR):
        setting.explorer.controls.model = "broken"
        setting.rest()
    assert setting.explorer.controls.error == "AttributeError: no dial"
    assert "no dial" in caplog.text
    assert setting.explorer.controls.model == "fake"


def beside_layer(setting):
    return setting.explorer.photo_view.layers[0]


def test_other_codecs_picture_of_no_more_bytes_stands_in_the_photos_place_and_follows_lambda(make):
    setting = make(beside={"JPEG": FakeCodec()})
    setting.rest()
    shown = setting.explorer
    assert shown.controls.others == ["JPEG"]
    assert beside_layer(setting).name == "photo"
    assert shown.controls.state["other"] == ""
    shown.controls.other = "JPEG"
    for lmbda in (LMBDA, 0.002):
        setting.ask(lmbda, final=True)
        setting.rest()
        name, size, _ = beside_layer(setting).name.split(" · ")
        assert name == "JPEG"
        assert int(size.removesuffix(" bytes").replace(",", "")) <= len(shown.data)
        assert beside_layer(setting).image.shape == photo().shape
    assert shown.controls.state["other"] == "JPEG"
    assert str(shown.picture().alt).startswith("photo, fake, λ = 0.002: JPEG · ")
    setting.ask(LMBDA)
    setting.rest()
    assert beside_layer(setting).name.endswith("for the file before")
    shown.controls.other = ""
    np.testing.assert_array_equal(beside_layer(setting).image, photo())


def test_hand_does_not_wait_for_the_other_codec(make):
    other = FakeCodec()
    setting = make(beside={"JPEG": other})
    setting.rest()
    gate = other.hold("encode")
    begun = other.count("encode")
    setting.explorer.controls.other = "JPEG"
    until(lambda: other.count("encode") > begun)
    setting.ask(LMBDA, final=True)
    until(lambda: setting.explorer.readout.kind == "file" and setting.explorer.controls.state["lmbda"] == LMBDA)
    assert beside_layer(setting).name == "photo · JPEG follows"
    gate.set()
    setting.rest()
    assert beside_layer(setting).name.startswith("JPEG · ")


def test_other_codec_is_restored_and_a_name_that_is_none_is_said(make):
    setting = make(beside={"JPEG": FakeCodec()}, against={"AVIF": FakeCodec()})
    setting.explorer.restore({"other": "JPEG", "photo": "rocket"})
    setting.rest()
    assert (setting.explorer.controls.other, setting.explorer.controls.error) == ("JPEG", "")
    assert [curve["name"] for curve in setting.explorer.rd_plot.curves] == ["fake", "JPEG"], "AVIF has no curve"
    assert beside_layer(setting).name.startswith("JPEG · ")
    setting.explorer.restore({"other": "GIF"})
    assert "other is 'GIF'; a link can name JPEG, AVIF" in setting.explorer.controls.error
    setting.explorer.controls.other = "GIF"
    assert "there is no codec 'GIF' to compare with; legal: JPEG, AVIF" in setting.explorer.controls.error
    assert setting.explorer.controls.other == "JPEG"
    setting.explorer.restore({"other": ""})
    assert beside_layer(setting).name == "photo"


def test_coding_has_the_photo_itself_whatever_is_shown_beside(make):
    setting = make(beside={"JPEG": FakeCodec()})
    setting.explorer.controls.other = "JPEG"
    setting.rest()
    coding = setting.explorer.coding
    np.testing.assert_array_equal(coding.photo, photo())
    setting.ask(LMBDA, final=True)
    setting.rest()
    assert setting.explorer.coding is not coding
    assert setting.explorer.coding.photo is coding.photo, "it is not copied for each file"


def test_malformed_request_is_said(setting):
    setting.explorer.controls.request = {"serial": 1}
    assert setting.explorer.controls.error == "KeyError: 'lmbda'"


def test_static_picture_shows_photo_and_decoded(make):
    setting = make()
    image = setting.explorer.picture()
    assert "photo, fake, λ = 0.013" in str(image.alt)
    assert f"{len(setting.explorer.data):,} bytes" in str(image.alt)
    assert Image.open(io.BytesIO(image.data)).width > 128


def test_static_picture_of_nothing_says_why(make):
    setting = make(model="missing")
    with pytest.raises(TimeoutError, match="nothing was compressed within 1 s; no weights named 'missing'"):
        setting.explorer.picture(1)


def test_closed_explorer_leaves_no_thread_and_no_widget(make):
    setting = make(held=["encode"])
    until(lambda: setting.codec.count("encode"))
    worker = setting.explorer._exploration.worker
    setting.explorer.close()
    until(lambda: worker._thread is None, "the thread's end")
    assert all(widget.comm is None for widget in (setting.explorer, *setting.explorer._face.widgets))


def test_real_model_and_event_loop_show_the_files_own_numbers_and_picture():
    async def main():
        explorer = Explorer(open_codec, model="tiny", photo=sample("chelsea")[:128, :192])
        for _ in range(100 * LIMIT_S):
            if explorer.readout.kind == "file" and explorer.readout.numbers["decode_s"]:
                break
            await asyncio.sleep(0.01)
        scope = {"photo": sample("chelsea")[:128, :192]}
        exec(explorer.controls.python_code, scope)
        assert explorer.data == scope["data"]
        np.testing.assert_array_equal(explorer.photo_view.layers[1].image, scope["decoded"])
        assert explorer.wait(LIMIT_S)
        explorer.close()

    asyncio.run(main())
