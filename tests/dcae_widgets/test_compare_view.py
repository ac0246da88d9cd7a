"""Two codecs on one photo: what the hand chooses is made and said, an older answer is never drawn, errors are words."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dcae.codec.matching import MatchedFile, Missed
from dcae_widgets.codec_table import PSNR
from dcae_widgets.compare_view import CompareView
from dcae_widgets.match_making import Found, Wanted

from .steady_codec import DIAL, LIMIT_S, SteadyCodec, grey

PHOTO = grey()  # 24,000 px: the slider goes from 150 to 6000 bytes


class Setting:
    """Ours has a dial and 100 bytes for each quality; theirs a list and 150; the fourth codec is slow."""

    def __init__(self, **more: Any) -> None:
        self.codecs = {
            "ours": SteadyCodec(DIAL, 100),
            "theirs": SteadyCodec(bytes_each=150),
            "third": SteadyCodec(bytes_each=200),
            "slow": SteadyCodec(bytes_each=80),
        }
        self.view = CompareView(self.codecs, photo=PHOTO, slow=["slow"], **more)
        self.rest()

    def rest(self) -> None:
        assert self.view.wait(LIMIT_S)

    def files(self) -> tuple[MatchedFile, MatchedFile]:
        first, second = self.view.files or (None, None)
        assert isinstance(first, MatchedFile)
        assert isinstance(second, MatchedFile)
        return first, second

    def close(self) -> None:
        for codec in self.codecs.values():
            if codec.gate is not None:
                codec.gate.set()
        self.view.close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody moves a slider here."""
    monkeypatch.setattr("dcae_widgets.match_making.REST_S", 0.0)


@pytest.fixture
def setting() -> Iterator[Setting]:
    made = Setting(votes_path=None)
    yield made
    made.close()


def test_it_begins_with_the_first_two_codecs_at_equal_bytes(setting: Setting):
    first, second = setting.files()
    assert (first.name, second.name) == ("ours", "theirs")
    assert second.size == 750  # 0.25 bits a pixel
    assert first.size == pytest.approx(750, rel=0.01)
    layers = setting.view.photo_view.layers
    assert [layer.name for layer in layers] == ["the photo", "ours", "theirs"]
    for layer, picture in zip(layers, (PHOTO, first.picture, second.picture), strict=True):
        assert np.array_equal(layer.image, picture)
    assert (setting.view.photo_view.first, setting.view.photo_view.second) == (1, 2)


def test_it_says_how_they_stand_and_what_the_second_needs(setting: Setting):
    first, second = setting.files()
    loss_db = first.psnr_db - second.psnr_db
    assert loss_db == pytest.approx(10 * math.log10(150 / 100), abs=0.1)
    assert f"With the same bytes theirs is {loss_db:.2f} dB worse than ours." in setting.view.said
    assert setting.view.face.needed == pytest.approx(1.5, rel=0.15)  # the list's next stop is a seventh away
    assert f"theirs needs about {setting.view.face.needed:.2f} times the bytes of ours" in setting.view.said
    assert setting.view.face.busy.value == setting.view.error == ""


def test_button_gives_the_second_what_it_needs(setting: Setting):
    face = setting.view.face
    assert face.give_button.description == f"Give theirs {face.needed:.2f} times the bytes"
    assert face.give_button.layout.display == ""
    face.give_button.click()
    setting.rest()
    first, second = setting.files()
    assert second.size / first.size == pytest.approx(setting.view.controls.factor.value, rel=0.05)
    assert second.psnr_db == pytest.approx(first.psnr_db, abs=0.7)  # so far apart are two stops here
    assert face.give_button.layout.display == "none"  # it has it


def test_slider_moves_both_files(setting: Setting):
    setting.view.controls.size.value = 3000
    setting.rest()
    first, second = setting.files()
    assert second.size == 3000
    assert first.size == pytest.approx(3000, rel=0.01)


def test_equal_psnr_begins_where_the_files_are_and_says_the_factor(setting: Setting):
    before, _ = setting.files()
    setting.view.controls.lock.value = "psnr_db"
    setting.rest()
    first, second = setting.files()
    assert first.psnr_db == pytest.approx(second.psnr_db, abs=0.06)
    assert first.psnr_db == pytest.approx(before.psnr_db, abs=0.7)
    assert f"For this PSNR theirs needs {second.size / first.size:.2f} times the bytes of ours." in setting.view.said
    assert setting.view.face.give_button.layout.display == "none"
    setting.view.controls.lock.value = "bytes"
    setting.rest()
    assert setting.files()[0].size == pytest.approx(first.size, rel=0.15)


def test_other_codec_takes_a_side(setting: Setting):
    setting.view.controls.first.value = "third"
    setting.rest()
    first, second = setting.files()
    assert (first.name, first.size, second.size) == ("third", 600, 600)  # the list that comes first leads
    assert setting.codecs["theirs"].opened == 1


def test_slider_ends_where_both_have_files(setting: Setting):
    controls = setting.view.controls
    controls.size.value = 10**controls.size.min
    setting.rest()
    first, second = setting.files()
    assert second.size == 150
    assert controls.target == pytest.approx(first.size, rel=0.06)
    controls.size.value = 6000
    setting.rest()
    assert controls.target == 5000  # of ours; theirs has up to 6000
    assert "The slider ends here: ours makes files of 50 to 5,000 bytes of this photo." in setting.view.said
    assert setting.view.error == ""
    controls.second.value = "third"
    setting.rest()
    assert "The slider ends" not in setting.view.said


def test_codec_that_fails_is_said_and_the_other_one_shown(setting: Setting):
    setting.codecs["theirs"].error = TimeoutError("it took <long>")
    setting.view.controls.size.value = 3330
    setting.rest()
    first, second = setting.view.files or (None, None)
    assert isinstance(first, MatchedFile)
    assert second == Missed(name="theirs", reason="it took <long>")
    assert "theirs: it took &lt;long&gt;" in setting.view.error
    assert (setting.view.photo_view.layers[2].image == 128).all()
    setting.codecs["theirs"].error = None
    setting.view.controls.size.value = 3000
    setting.rest()
    assert setting.view.error == ""


def test_older_answer_is_never_drawn_over_a_newer_one(setting: Setting):
    setting.view.controls.size.value = 3000
    setting.rest()
    first, second = setting.files()
    stale = Wanted(1, PHOTO, "ours", "theirs", "bytes", 750)
    newest = setting.view._newest
    for wanted in (
        Wanted(1, newest.photo, "ours", "theirs", "bytes", 750),  # older
        Wanted(99, newest.photo, "ours", "third", "bytes", 750),  # of another codec
        stale,  # of another photo
    ):
        setting.view._delivery.post(Found(wanted, second, second))
    assert setting.files() == (first, second)


def test_while_files_are_made_that_is_said(setting: Setting):
    gate = setting.codecs["theirs"].held()
    setting.view.controls.size.value = 3450
    assert "making files of 3,450 bytes" in setting.view.face.busy.value
    gate.set()
    setting.rest()
    assert setting.view.face.busy.value == ""


def test_other_photo_is_shown_with_a_slider_of_its_own(setting: Setting):
    setting.view.controls.photo.value = "chelsea"
    setting.rest()
    assert setting.view.photo_view.layers[0].image.shape == (300, 451, 3)
    assert setting.view.controls.size.max == pytest.approx(math.log10(2 * 300 * 451 / 8))


def test_large_photo_is_scaled_down_and_that_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae_widgets.match_making.fitted.__defaults__", (6000,))
    made = Setting()
    assert made.view.photo_view.layers[0].image.shape == (60, 100, 3)
    assert "The photo was scaled from 200 x 120 to 100 x 60 px." in made.view.said
    made.close()


def test_table_has_all_codecs_but_slow_ones_at_the_first_files_size():
    made = Setting(measures={"LPIPS": lambda photo, picture: float(picture.mean() - photo.mean())}, missing={"x": "y"})
    made.view.controls.size.value = 3000
    made.rest()
    made.view.face.table_button.click()
    made.rest()
    first, _ = made.files()
    assert [row.found.name for row in made.view.rows] == ["ours", "theirs", "third"]
    assert getattr(made.view.rows[0].found, "data", b"") == first.data
    assert f"All codecs at {first.size:,} bytes, by {PSNR}" in made.view.face.table_html
    assert "to come" not in made.view.face.table_html
    made.view.face.sort_by.value = "LPIPS"  # a distance
    assert [row.found.name for row in made.view.rows] == ["ours", "theirs", "third"]
    made.view.face.with_slow.value = True
    made.view.tabulate()
    made.rest()
    assert made.view.rows[0].found.name == "slow"
    distances = [row.values["LPIPS"] or 0.0 for row in made.view.rows]
    assert distances == sorted(distances)
    made.close()


def test_table_is_of_the_slider_while_its_files_are_made(setting: Setting):
    gate = setting.codecs["theirs"].held()
    setting.view.controls.size.value = 3450
    setting.view.tabulate()
    gate.set()
    setting.rest()
    assert f"All codecs at 3,450 bytes, by {PSNR}" in setting.view.face.table_html


def test_table_of_equal_psnr(setting: Setting):
    setting.view.controls.lock.value = "psnr_db"
    setting.rest()
    assert setting.view.face.table_button.description == "All codecs at this PSNR"
    setting.view.tabulate()
    setting.rest()
    target = setting.files()[0].psnr_db
    found = [row.found for row in setting.view.rows]
    assert all(isinstance(file, MatchedFile) and file.psnr_db >= target for file in found)
    assert f"All codecs at {target:.2f} dB, by bytes" in setting.view.face.table_html
    sizes = [file.size for file in found if isinstance(file, MatchedFile)]
    assert sizes == sorted(sizes)
    setting.view.controls.lock.value = "bytes"
    setting.rest()
    setting.view.tabulate()
    setting.rest()
    assert setting.view.face.sort_by.value == PSNR  # of equal bytes


def test_picture_and_exports_are_of_what_is_shown(setting: Setting, tmp_path: Path):
    setting.view.to_csv(tmp_path / "two.csv")
    two = list(csv.DictReader((tmp_path / "two.csv").read_text().splitlines()))
    assert [line["codec"] for line in two] == ["ours", "theirs"]
    assert [int(line["bytes"]) for line in two] == [file.size for file in setting.files()]
    setting.view.tabulate()
    picture = setting.view.picture()
    assert isinstance(picture.data, bytes)
    assert picture.data.startswith(b"\x89PNG")
    assert "Under them all codecs, by PSNR (dB): ours, theirs, third." in str(picture.alt)
    assert "With the same bytes theirs is" in str(picture.alt)
    setting.view.to_csv(tmp_path / "all.csv")
    assert len((tmp_path / "all.csv").read_text().splitlines()[1:]) == 3
    setting.view.to_npz(tmp_path / "arrays.npz")
    with np.load(tmp_path / "arrays.npz") as arrays:
        assert np.array_equal(arrays["photo"], PHOTO)
        assert np.array_equal(arrays["second"], setting.files()[1].picture)


def test_blind_test_takes_the_place_of_the_comparison(tmp_path: Path):
    made = Setting(votes_path=tmp_path / "votes.jsonl")
    made.view.photo_view.view = [20.0, 30.0, 4.0]
    made.view.face.blind_button.click()
    blind = made.view.blind
    assert blind is not None
    assert list(made.view.children) == [blind, made.view.face.back_button]
    assert blind.names == ("ours", "theirs")
    assert blind.photo_view.view == [20.0, 30.0, 4.0]  # what one has zoomed in on
    blind.panel._handle_custom_msg({"type": "answer", "answer": "left", "round": blind.panel.round}, [])
    assert (tmp_path / "votes.jsonl").read_text().count('"photo": "photo"') == 1
    made.view.face.back_button.click()
    assert made.view.blind is None
    assert made.view.photo_view in made.view.children
    made.close()


def test_blind_test_without_two_files_is_refused_in_words(setting: Setting):
    setting.codecs["theirs"].error = ValueError("no")
    setting.view.controls.size.value = 3330
    setting.rest()
    setting.view.begin_blind_test()
    assert setting.view.blind is None
    assert "a blind test needs a file of each codec" in setting.view.error


def test_codec_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="codecs are 'a' and 'b'; legal: a"):
        CompareView({"a": SteadyCodec()}, second="b", photo=PHOTO)
    with pytest.raises(ValueError, match="none was given"):
        CompareView({}, photo=PHOTO)


def test_picture_of_nothing_is_refused():
    codec = SteadyCodec()
    gate = codec.held()
    view = CompareView({"a": codec}, photo=PHOTO)
    view.wait = lambda timeout_s=60.0: False
    with pytest.raises(TimeoutError, match="no file was made in time"):
        view.picture()
    gate.set()
    view.close()


def test_one_codec_is_compared_with_itself():
    view = CompareView({"a": SteadyCodec(DIAL, 100)}, photo=PHOTO)
    assert view.wait(LIMIT_S)
    assert "With the same bytes a has the PSNR of a." in view.said
    assert "needs" not in view.said
    view.close()


def test_another_photo_has_no_files_to_vote_on_and_no_table_until_they_are_made(setting: Setting):
    setting.rest()
    setting.view.tabulate()
    setting.rest()
    assert setting.view.rows
    gate = setting.codecs["theirs"].held()
    setting.view.controls.photo.value = "flower"
    assert setting.view.files is None
    assert not setting.view.rows
    assert setting.view.face.table_html == ""
    assert [layer.name for layer in setting.view.photo_view.layers] == ["the photo", "ours follows", "theirs follows"]
    setting.view.begin_blind_test()
    assert setting.view.blind is None
    gate.set()
    setting.rest()
    assert setting.view.files is not None


def test_photo_that_cannot_be_read_is_not_named(setting: Setting, monkeypatch: pytest.MonkeyPatch):
    setting.rest()

    def unreadable(source: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("dcae_widgets.compare_view._read", unreadable)
    before = setting.view.controls.photo.value
    setting.view.controls.photo.value = "flower"
    assert "gone" in setting.view.error
    assert setting.view.controls.photo.value == before
    setting.view.controls.size.value = 3330
    setting.rest()
    assert "flower" not in setting.view._title
