"""Votes on disk: each is added whole, what is there stays, and what is no vote is refused by its line."""

import json
import math
import resource
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dcae_widgets.vote_file import Vote, add_vote, read_votes, vote_on

from .matched_files import file

OURS, WEBP = file("ours", 1000, 34.0, 0.0123), file("WebP", 1300, math.inf, 80)


def now() -> datetime:
    return datetime(2026, 5, 4, 3, 2, 1, 999, UTC)


def test_vote_says_what_it_was_on():
    assert vote_on("flower", OURS, WEBP, "second", "first", now) == Vote(
        photo="flower",
        first="ours",
        first_quality=0.0123,
        first_bytes=1000,
        first_psnr_db=34.0,
        second="WebP",
        second_quality=80,
        second_bytes=1300,
        second_psnr_db=None,  # the photo itself
        left="second",
        vote="first",
        time="2026-05-04T03:02:01+00:00",
    )


def test_votes_are_read_as_they_were_added(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    assert read_votes(path) == []
    votes = [vote_on("flower", OURS, WEBP, "first", vote, now) for vote in ("first", "second", "neither")]
    for vote in votes:
        add_vote(path, vote)
    assert read_votes(path) == votes
    assert [json.loads(line)["vote"] for line in path.read_text().splitlines()] == ["first", "second", "neither"]
    assert [each.name for each in tmp_path.iterdir()] == ["votes.jsonl"]


def test_line_without_an_end_is_not_spoiled(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    vote = vote_on("flower", OURS, WEBP, "first", "first", now)
    add_vote(path, vote)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    add_vote(path, vote)
    assert read_votes(path) == [vote, vote]


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"photo": "flower"}', "9" * 5000, "[" * 99_999])
def test_other_lines_are_refused_by_their_number(tmp_path: Path, line: str):
    path = tmp_path / "votes.jsonl"
    add_vote(path, vote_on("flower", OURS, WEBP, "first", "first", now))
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ValueError, match=r"votes\.jsonl, line 2 is no vote"):
        read_votes(path)


def test_vote_for_something_else_is_refused(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    add_vote(path, vote_on("flower", OURS, WEBP, "first", "first", now))
    path.write_text(path.read_text().replace('"vote": "first"', '"vote": "third"'))
    with pytest.raises(ValueError, match="line 1 is no vote"):
        read_votes(path)


def test_what_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "votes.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(ValueError, match=r"votes\.jsonl is no file of votes: 'utf-8' codec can't decode"):
        read_votes(tmp_path / "votes.jsonl")


def test_folder_in_the_files_place_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="is not a file"):
        add_vote(tmp_path, vote_on("flower", OURS, WEBP, "first", "first", now))


def test_votes_of_several_at_once_are_all_kept(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    votes = [vote_on(f"photo {k}", OURS, WEBP, "first", "first", now) for k in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda vote: add_vote(path, vote), votes))
    assert sorted(vote.photo for vote in read_votes(path)) == sorted(vote.photo for vote in votes)


def test_vote_for_which_there_is_no_room_leaves_no_part_of_itself(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    vote = vote_on("flower", OURS, WEBP, "first", "first", now)
    add_vote(path, vote)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, hard))  # room for a part of the next
    try:
        with pytest.raises(OSError, match="No space left on device"):
            add_vote(path, vote)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_votes(path) == [vote]
    add_vote(path, vote)
    assert read_votes(path) == [vote, vote]
