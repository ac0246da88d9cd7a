"""The blind test: sides are drawn anew, nothing tells which is which, and votes count for the right file."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ipywidgets import Widget

from dcae.codec.matching import MatchedFile
from dcae.preference import Tally
from dcae_widgets.blind_test import ROUNDS, BlindPair, BlindTest, tally_lines
from dcae_widgets.vote_file import read_votes

from .matched_files import file

OURS, WEBP = file("ours", 1000, 34.0, 0.0123, level=10), file("WebP", 1300, 32.0, 80, level=200)
PAIR = BlindPair("flower", OURS, WEBP)
LEVELS = {10: "first", 200: "second"}


def answer(test: BlindTest, of: str) -> None:
    test.panel._handle_custom_msg({"type": "answer", "answer": of, "round": test.panel.round}, [])


def side_of(test: BlindTest, of: str) -> str:
    """On which side a file's picture is: that is the only way to find out."""
    levels = [LEVELS[int(layer.image[0, 0, 0])] for layer in test.photo_view.layers]
    return ("left", "right")[levels.index(of)]


def test_both_pictures_are_shown_under_the_names_of_their_sides():
    test = BlindTest([PAIR], seed=1)
    assert [layer.name for layer in test.photo_view.layers] == ["left", "right"]
    assert {int(layer.image.mean()) for layer in test.photo_view.layers} == {10, 200}
    assert test.photo_view.mode == "side"


def test_picture_for_print_names_sides_alone():
    picture = BlindTest([PAIR], seed=1).picture()
    assert picture.alt == "Pictures side by side: left; right"
    assert isinstance(picture.data, bytes)
    assert picture.data.startswith(b"\x89PNG")


def test_sides_are_drawn_anew_each_round_and_by_the_seed():
    def sides(seed: int) -> list[str]:
        test, seen = BlindTest([PAIR], rounds=1000, seed=seed), []
        for _ in range(60):
            seen.append(side_of(test, "first"))
            answer(test, "neither")
        return seen

    assert sides(1) == sides(1) != sides(2)
    assert 15 <= sides(3).count("left") <= 45  # of 60; outside of this with a chance of 1 in 10,000


def test_votes_are_for_the_file_that_was_on_that_side():
    test = BlindTest([PAIR], rounds=100, seed=4)
    for of in ("first", "first", "second", "first"):
        answer(test, side_of(test, of))
    answer(test, "neither")
    assert test.tally == Tally(first=3, second=1, neither=1)
    assert [vote.vote for vote in test.votes] == ["first", "first", "second", "first", "neither"]


def synced(widget: Widget) -> dict[str, Any]:
    return {
        name: value for name, value in widget.get_state().items() if not name.startswith(("_esm", "_css", "pixels"))
    }


def test_nothing_on_the_page_but_the_pixels_tells_sides_before_names_are_revealed():
    states = {}
    for seed in range(8):
        test = BlindTest([PAIR], rounds=100, seed=seed)
        answer(test, side_of(test, "first"))
        widgets = (test.photo_view, test.panel, *test.photo_view.layers)
        words = re.sub("[0-9a-f]{32}", "", json.dumps([synced(widget) for widget in widgets], default=str))  # no ids
        for word in ("ours", "WebP", "1000", "1300", "0.0123", "34.0"):
            assert word not in words
        told = (test.panel.sentence, test.panel.lines, [layer.name for layer in test.photo_view.layers])
        states[side_of(test, "first")] = told
        test.close()
    assert states["left"] == states["right"]  # whichever it is, the same is said


def test_names_and_the_tally_are_revealed_on_request_and_hidden_again():
    test = BlindTest([PAIR], seed=1)
    answer(test, side_of(test, "first"))
    test.panel._handle_custom_msg({"type": "reveal", "reveal": True}, [])
    left, right = ("ours, 1,000 bytes", "WebP, 1,300 bytes")[:: 1 if side_of(test, "first") == "left" else -1]
    assert test.panel.sentence == f"Left is {left}; right is {right}."
    assert test.panel.lines == tally_lines(Tally(first=1), "ours", "WebP")
    answer(test, "left")
    assert len(test.votes) == 1  # nobody votes who knows
    test.panel._handle_custom_msg({"type": "reveal", "reveal": False}, [])
    assert test.panel.sentence == f"Round 2 of {ROUNDS}: which picture looks better?"
    assert test.panel.lines == ["1 vote so far."]


def test_names_are_revealed_at_the_end_and_one_may_go_on():
    test = BlindTest([PAIR], rounds=3, seed=1)
    for _ in range(3):
        assert not test.panel.revealed
        answer(test, "neither")
    assert test.panel.revealed
    test.reveal(False)
    assert test.panel.sentence.startswith("Round 1 of 3")
    answer(test, "neither")
    assert not test.panel.revealed


def test_votes_survive_and_only_those_on_the_same_files_count(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    test = BlindTest([PAIR], votes_path=path, seed=1)
    answer(test, side_of(test, "first"))
    other = BlindTest([BlindPair("flower", OURS, file("WebP", 1400, 33.0, 85))], votes_path=path, seed=1)
    assert other.tally == Tally()
    answer(other, "neither")
    again = BlindTest([PAIR], votes_path=path, seed=2)
    assert again.tally == Tally(first=1)
    assert again.panel.sentence.startswith("Round 1 ")
    assert [vote.second_bytes for vote in read_votes(path)] == [1300, 1400]


def test_nothing_is_written_unless_a_path_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    answer(BlindTest([PAIR]), "left")
    assert not list(tmp_path.iterdir())


def test_vote_that_cannot_be_saved_counts_and_is_said(tmp_path: Path):
    test = BlindTest([PAIR], votes_path=tmp_path / "none" / "votes.jsonl", seed=1)
    answer(test, "left")
    assert test.panel.error.startswith("The vote is not saved: ")
    assert test.tally.votes == 1


def test_several_photos_of_several_sizes_take_turns():
    def large(name: str, level: int) -> MatchedFile:
        picture = np.full((48, 64, 3), level, np.uint8)
        return MatchedFile(name=name, data=b"1", quality=1, picture=picture, psnr_db=30.0)

    test = BlindTest([PAIR, BlindPair("coffee", large("ours", 10), large("WebP", 200))], rounds=100, seed=1)
    seen = set()
    for _ in range(20):
        seen.add((test.photo_view.layers[0].width, side_of(test, "first")))
        answer(test, side_of(test, "second"))
    assert seen == {(32, "left"), (32, "right"), (64, "left"), (64, "right")}
    assert test.tally == Tally(second=20)
    assert {vote.photo for vote in test.votes} == {"flower", "coffee"}


@pytest.mark.parametrize(("pairs", "rounds"), [([], 3), ([PAIR, BlindPair("a", WEBP, OURS)], 3), ([PAIR], 0)])
def test_what_makes_no_test_is_refused(pairs: list[BlindPair], rounds: int):
    with pytest.raises(ValueError, match="must be 1 pair or more of one couple, and 1 round or more"):
        BlindTest(pairs, rounds=rounds)


def test_tally_says_whether_chance_explains_it_and_how_it_was_counted():
    sure = tally_lines(Tally(first=12, second=1, neither=3), "ours", "WebP")
    assert sure[0] == "16 votes: ours 12, WebP 1, no difference 3."
    assert sure[1].startswith("ours is preferred in 92 % (67 % to 99 %) of the votes that saw a difference: more than")
    assert sure[2] == "No difference in 19 % (7 % to 43 %) of all votes."
    assert '"No difference" is left out of the share of preferences' in sure[3]
    assert "Wilson" in sure[3]
    unsure = tally_lines(Tally(first=2, second=1), "ours", "WebP")
    assert unsure[1].endswith("50 % is within the interval, so this may be chance.")
    assert len(tally_lines(Tally(neither=2), "ours", "WebP")) == 3  # nobody saw a difference
    assert tally_lines(Tally(), "ours", "WebP")[0].startswith("0 votes")


def test_double_click_is_one_vote(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    test = BlindTest([PAIR], votes_path=path)
    click = {"type": "answer", "answer": "left", "round": test.panel.round}
    for _ in range(2):
        test.panel._handle_custom_msg(click, [])
    assert len(test.votes) == len(read_votes(path)) == 1
