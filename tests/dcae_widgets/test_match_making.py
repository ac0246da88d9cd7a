"""What a comparison computes in its thread: the newest wish wins, then the factor that is needed, then the table."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from dcae.codec.matching import Lock, MatchedFile, Missed
from dcae_widgets.match_making import Failed, Found, MatchMaking, Needed, Row, TableWanted, Wanted
from dcae_widgets.measuring import Measure

from .fake_codec import until
from .steady_codec import DIAL, LIMIT_S, SteadyCodec, grey

PHOTO = grey()


class Setting:
    """A dial of 40 bytes for each quality, a list of 50, and what they published."""

    def __init__(self, measures: dict[str, Measure] | None = None) -> None:
        self.codecs = {"dial": SteadyCodec(DIAL, 40), "list": SteadyCodec(bytes_each=50), "other": SteadyCodec()}
        self.events: list[Any] = []
        self.work = MatchMaking(self.codecs, measures or {}, self.events.append)
        self.serial = 0

    def want(self, target: float, lock: Lock = "bytes", factor: float = 1.0, photo: Any = PHOTO) -> Wanted:
        self.serial += 1
        wanted = Wanted(self.serial, photo, "dial", "list", lock, target, factor)
        self.work.want(wanted)
        return wanted

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody moves a slider here."""
    monkeypatch.setattr("dcae_widgets.match_making.REST_S", 0.0)
    monkeypatch.setattr("dcae_widgets.match_making.PATIENCE_S", LIMIT_S)


@pytest.fixture
def setting() -> Iterator[Setting]:
    made = Setting()
    yield made
    for codec in made.codecs.values():
        if codec.gate is not None:
            codec.gate.set()
    made.work.close()


def test_two_files_are_found_and_then_what_the_second_needs(setting: Setting):
    wanted = setting.want(1000)
    assert setting.work.worker.wait(LIMIT_S)
    (found,), (needed,) = setting.of(Found), setting.of(Needed)
    assert found.wanted is needed.wanted is wanted
    assert found.second.size == 1000
    assert found.first.size == pytest.approx(1000, rel=0.01)
    assert needed.factor == pytest.approx(50 / 40, rel=0.05)  # bytes a quality; the list's next stop is 4 % away
    assert setting.events == [found, needed]


def test_in_psnr_what_is_needed_is_what_was_found(setting: Setting):
    setting.want(40.0, "psnr_db")
    assert setting.work.worker.wait(LIMIT_S)
    (found,), (needed,) = setting.of(Found), setting.of(Needed)
    assert needed.factor == found.second.size / found.first.size


def test_newest_wish_wins_and_its_photo_is_opened_once(setting: Setting):
    gate = setting.codecs["list"].held()
    setting.want(800)
    until(lambda: setting.codecs["list"].encoded, "the first file")
    for target in (900, 1000, 1100):
        last = setting.want(target)
    gate.set()
    assert setting.work.worker.wait(LIMIT_S)
    assert [found.wanted.target for found in setting.of(Found)] == [800, 1100]
    assert setting.of(Needed)[-1].wanted is last
    assert [codec.opened for codec in setting.codecs.values()] == [1, 1, 0]


def test_match_is_given_up_at_once_for_another_photo(setting: Setting):
    gate = setting.codecs["list"].held()
    setting.want(800)
    until(lambda: setting.codecs["list"].encoded, "the first file")
    setting.want(800, photo=grey())
    until(lambda: setting.codecs["list"].opened == 2, "the other photo")
    gate.set()
    assert setting.work.worker.wait(LIMIT_S)
    assert len(setting.of(Found)) == 1


def test_match_that_takes_long_is_given_up_for_another_target(setting: Setting, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dcae_widgets.match_making.PATIENCE_S", 0.0)
    gate = setting.codecs["list"].held()
    setting.want(800)
    until(lambda: setting.codecs["list"].encoded, "the first file")
    setting.want(900)
    until(lambda: setting.codecs["list"].encoded == [20, 20], "the next search")
    gate.set()
    assert setting.work.worker.wait(LIMIT_S)
    assert [found.wanted.target for found in setting.of(Found)] == [900]


def test_what_cannot_be_had_is_told_and_nothing_is_needed_of_it(setting: Setting):
    setting.codecs["dial"].error = ValueError("no such luck")
    setting.want(1000)
    assert setting.work.worker.wait(LIMIT_S)
    assert setting.of(Found)[0].first == Missed(name="dial", reason="no such luck")
    assert isinstance(setting.of(Found)[0].second, MatchedFile)
    assert [needed.factor for needed in setting.of(Needed)] == [None]


def test_mistake_is_published(setting: Setting):
    setting.want(1000, "psnr_db", 2.0)
    assert setting.work.worker.wait(LIMIT_S)
    assert str(setting.of(Failed)[0].error).startswith("factor is 2 with psnr_db locked")


def tabulated(setting: Setting, names: tuple[str, ...], known: MatchedFile | None = None, photo: Any = PHOTO) -> Any:
    wanted = setting.want(1000)
    assert setting.work.worker.wait(LIMIT_S)
    table = TableWanted(photo, "bytes", 900.0, names, known)
    setting.work.tabulate(table, wanted)
    assert setting.work.worker.wait(LIMIT_S)
    return table


def measures() -> dict[str, Callable[..., float | None]]:
    def broken(*_: Any) -> float:
        raise ValueError("no weights")

    return {"sum": lambda photo, picture: float(picture.sum() - photo.sum()), "not": lambda *_: None, "broken": broken}


def test_table_has_a_row_for_each_codec_with_what_measures_say():
    setting = Setting(measures())
    setting.codecs["other"].error = TimeoutError("it took too long")
    table = tabulated(setting, ("list", "other"))
    first, second = setting.of(Row)
    assert first.table is second.table is table
    assert (first.found.name, first.found.size) == ("list", 900)
    assert first.values["sum"] == int(first.found.picture.sum()) - int(PHOTO.sum())
    assert (first.values["not"], first.values["broken"]) == (None, None)
    assert first.reasons == {"broken": "no weights"}
    assert second.found == Missed(name="other", reason="it took too long")
    assert second.values == {}
    setting.work.close()


def test_table_takes_the_file_that_its_target_is_of(setting: Setting):
    picture = np.zeros_like(PHOTO)
    known = MatchedFile(name="dial", data=b"12", quality=1.0, picture=picture, psnr_db=1.0)
    tabulated(setting, ("dial",), known)
    assert setting.of(Row)[0].found is known


def test_table_of_another_photo_is_left_alone(setting: Setting):
    tabulated(setting, ("list",), photo=grey())
    assert not setting.of(Row)


def test_table_goes_on_after_the_slider_has_moved(setting: Setting):
    wanted = setting.want(1000)
    assert setting.work.worker.wait(LIMIT_S)
    gate = setting.codecs["other"].held()
    setting.work.tabulate(TableWanted(PHOTO, "bytes", 900.0, ("other", "list"), None), wanted)
    until(lambda: setting.codecs["other"].encoded, "the first row")
    newer = setting.want(1200)
    until(lambda: setting.of(Found)[-1].wanted is newer, "the newer files")
    assert not setting.of(Row)
    gate.set()
    assert setting.work.worker.wait(LIMIT_S)
    assert [row.found.name for row in setting.of(Row)] == ["other", "list"]
