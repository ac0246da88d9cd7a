"""The table of what is lost: a line for each part, and buttons that ask what the notebook handed in."""

import math
from functools import partial
from typing import Any

import pytest

from dcae.dictionary_use import Ablation
from dcae_widgets.ablation_table import AblationTable

from .dictionaries import lost


def test_a_line_says_bytes_and_db_and_their_changes():
    table = AblationTable([lost("entry <3>", 130, -0.25), lost("head 0", -4, -0.001)])
    html = table._table.value
    for words in ("entry &lt;3&gt;", "2,130", "+130 (+6.5%)", "31.75 dB", "-0.25 dB", "-4 (-0.2%)", "+0.00 dB"):
        assert words in html, words
    assert "-0.00" not in html


def test_pictures_that_are_the_photo_have_words_for_it():
    exact = partial(Ablation, without="head 0", total_bytes=90, psnr_db=math.inf, whole_bytes=80)
    html = AblationTable([exact(whole_psnr_db=math.inf), exact(whole_psnr_db=50.0)])._table.value
    for words in ("∞ dB", "+0.00 dB", "+∞ dB"):
        assert words in html, words
    assert "nan" not in html
    assert "inf" not in html


def test_without_a_callable_there_are_no_buttons():
    table = AblationTable([lost()])
    assert table.buttons == []
    assert len(table.children) == 1


@pytest.fixture
def asked() -> list[dict[str, int]]:
    return []


@pytest.fixture
def table(asked: list[dict[str, int]]) -> AblationTable:
    def ablate(**part: int) -> Ablation:
        asked.append(part)
        return lost(" ".join(f"{name} {number}" for name, number in part.items()) or "the dictionary", 10 * len(asked))

    return AblationTable(ablate=ablate)


def test_buttons_take_out_what_is_chosen(table: AblationTable, asked: list[dict[str, int]]):
    table.entry, table.head = 7, 1
    assert [button.description for button in table.buttons] == [
        "Code without entry 7", "Code without head 1", "Code without the dictionary",
    ]  # fmt: skip
    for button in table.buttons:
        button.click()
    assert asked == [{"entry": 7}, {"head": 1}, {}]
    assert [each.without for each in table.ablations] == ["entry 7", "head 1", "the dictionary"]


def test_a_part_that_is_taken_out_again_has_one_line(table: AblationTable):
    table.buttons[2].click()
    table.buttons[2].click()
    assert [each.bytes_delta for each in table.ablations] == [20]


def test_what_went_wrong_is_said_and_the_buttons_work_again():
    def fail(**part: Any) -> Ablation:
        raise ValueError(f"nothing for {part}")

    table = AblationTable([lost()], fail)
    table.buttons[1].click()
    assert table.said.value == "ValueError: nothing for {'head': 0}"
    assert not any(button.disabled for button in table.buttons)
    assert [each.without for each in table.ablations] == ["head 0"]
