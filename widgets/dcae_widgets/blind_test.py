"""The blind test: two files side by side without their names, a vote, the next round; then the tally, and who was who.

Which file is on the left is drawn anew each round. Knows pictures, names and votes. Does not know how files are made.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from IPython.display import Image
from ipywidgets import Box
from ipywidgets import Layout as BoxLayout

from dcae.codec.matching import MatchedFile
from dcae.preference import LEVEL, Preferred, Share, Tally, tally
from dcae_widgets.blind_panel import Answer, BlindPanel
from dcae_widgets.charts import pictures
from dcae_widgets.compare_figure import crop_of
from dcae_widgets.photo_view import Layer, PhotoView
from dcae_widgets.saved_view import COLUMN
from dcae_widgets.vote_file import Vote, add_vote, read_votes, vote_on

ROUNDS = 10
"""After so many votes the names are shown; one may go on."""

HOW_COUNTED = (
    '"No difference" is left out of the share of preferences and has a share of its own; '
    f"intervals are Wilson's, {100 * LEVEL:.0f} %, of votes that know nothing of each other: "
    "one person's on one pair of files say what that person sees in it."
)


class BlindPair(NamedTuple):
    """Two files of one photo, whose names are hidden.

    Attributes:
        photo: its name.
        first: one file.
        second: another one; which of them stands on the left is drawn.
    """

    photo: str
    first: MatchedFile
    second: MatchedFile


class BlindTest(Box):
    """Pictures, the ballot, and the tally. Votes on just these files that the file of votes holds already count too.

    Until it is revealed the page knows two pictures, called left and right, and how many votes there are: no counts,
    since one that has just grown would tell.

    Args:
        pairs: what is compared, 1 or more; of all pairs the codecs must be the same two.
        votes_path: the file that votes are added to; None writes nothing.
        rounds: after so many votes the names are shown.
        seed: of the order of pairs and sides; None for another one each time.

    Attributes:
        pairs: what is compared.
        votes: all that count, the oldest first.
        photo_view: the two pictures.
        panel: the ballot.

    Raises:
        ValueError: no pair, pairs of different codecs, no round, or the file of votes holds something else.
        OSError: the file of votes cannot be read.
    """

    def __init__(
        self,
        pairs: Sequence[BlindPair],
        *,
        votes_path: str | os.PathLike[str] | None = None,
        rounds: int = ROUNDS,
        seed: int | None = None,
    ) -> None:
        names = {(pair.first.name, pair.second.name) for pair in pairs}
        if len(names) != 1 or rounds < 1:
            raise ValueError(
                f"{len(pairs)} pairs of {len(names)} couples of codecs, {rounds} rounds; "
                "must be 1 pair or more of one couple, and 1 round or more"
            )
        self.pairs, self._path, self._rounds = list(pairs), votes_path, rounds
        self._rng = np.random.default_rng(seed)
        known = read_votes(votes_path) if votes_path is not None else []
        self.votes = [vote for vote in known if any(_is_on(vote, pair) for pair in self.pairs)]
        self._votes_before = len(self.votes)
        self._draw()
        self._layers = [Layer(side, file.picture) for side, file in self._sides()]
        self.photo_view = PhotoView(self._layers, mode="side", label="Which picture looks better?")
        self.photo_view.layout = BoxLayout(width="100%")
        self.panel = BlindPanel(self._answer, self.reveal)
        super().__init__([self.photo_view, self.panel], layout=BoxLayout(**COLUMN))
        self.add_class("dcae-blind-test")
        self._tell()

    @property
    def tally(self) -> Tally:
        """The votes that count, by what they were for."""
        return tally(vote.vote for vote in self.votes)

    @property
    def names(self) -> tuple[str, str]:
        """The codecs of each pair's first and second file."""
        return self.pairs[0].first.name, self.pairs[0].second.name

    def reveal(self, reveal: bool = True) -> None:
        """Shows the names and the tally; or hides them, and begins a new round."""
        self.panel.revealed = reveal
        if not reveal:
            self._begin_round()
        self._tell()

    def picture(self) -> Image:
        """A part of both pictures without their names, for print and for a notebook without a kernel."""
        height, width = self._pair.first.picture.shape[:2]
        left, top, right, bottom = crop_of((width, height), self.photo_view.visible)
        return pictures({side: file.picture[top:bottom, left:right] for side, file in self._sides()})

    def close(self) -> None:
        """Closes all of its widgets."""
        for part in self.children:  # none, if what it was to be made of was refused
            for layer in part.layers if isinstance(part, PhotoView) else ():
                layer.close()
            part.close()
        super().close()

    def _answer(self, answer: Answer) -> None:
        vote = vote_on(*self._pair, self._left, self._meant(answer))
        self.panel.error = ""
        try:
            if self._path is not None:
                add_vote(self._path, vote)
        except (OSError, ValueError) as error:  # it counts here all the same
            self.panel.error = f"The vote is not saved: {error}"
        self.votes.append(vote)
        self.panel.round += 1
        if (len(self.votes) - self._votes_before) % self._rounds:
            self._begin_round()
            self._tell()
        else:
            self.reveal()

    def _meant(self, answer: Answer) -> Preferred:
        if answer == "neither":
            return "neither"
        return self._left if answer == "left" else self._right

    @property
    def _right(self) -> Literal["first", "second"]:
        return "second" if self._left == "first" else "first"

    def _draw(self) -> None:
        self._pair = self.pairs[int(self._rng.integers(len(self.pairs)))]
        self._left: Literal["first", "second"] = "first" if self._rng.random() < 0.5 else "second"

    def _sides(self) -> list[tuple[str, MatchedFile]]:
        files = (self._pair.first, self._pair.second)
        return list(zip(("left", "right"), files if self._left == "first" else files[::-1], strict=True))

    def _begin_round(self) -> None:
        self._draw()
        files = [file for _, file in self._sides()]
        if files[0].picture.shape == self._layers[0].image.shape:
            for layer, file in zip(self._layers, files, strict=True):
                layer.set_image(file.picture)
            return
        before, self._layers = self._layers, [Layer(side, file.picture) for side, file in self._sides()]
        self.photo_view.layers = self._layers  # of another size: all at once
        for layer in before:
            layer.close()

    def _tell(self) -> None:
        done = len(self.votes) - self._votes_before
        self.panel.sentence = f"Round {done % self._rounds + 1} of {self._rounds}: which picture looks better?"
        self.panel.lines = [f"{_count_words(len(self.votes))} so far."] if self.votes else []
        if self.panel.revealed:
            left, right = (f"{file.name}, {file.size:,} bytes" for _, file in self._sides())
            self.panel.sentence = f"Left is {left}; right is {right}."
            self.panel.lines = tally_lines(self.tally, *self.names)


def tally_lines(counted: Tally, first: str, second: str) -> list[str]:
    """A tally in words, and how it was counted.

    >>> tally_lines(Tally(first=6, second=2, neither=2), "ours", "WebP")[0]
    '10 votes: ours 6, WebP 2, no difference 2.'
    """
    counts = f"{first} {counted.first}, {second} {counted.second}, no difference {counted.neither}"
    lines = [f"{_count_words(counted.votes)}: {counts}."]
    if counted.first + counted.second:
        share = f"{first} is preferred in {_share_words(counted.preference)} of the votes that saw a difference"
        is_clear = not counted.preference.low <= 0.5 <= counted.preference.high
        verdict = "more than chance explains" if is_clear else "50 % is within the interval, so this may be chance"
        lines.append(f"{share}: {verdict}.")
    if counted.votes:
        lines.append(f"No difference in {_share_words(counted.indifference)} of all votes.")
    return [*lines, HOW_COUNTED]


def _share_words(share: Share) -> str:
    of, low, high = (f"{100 * value:.0f} %" for value in share)
    return f"{of} ({low} to {high})"


def _count_words(votes: int) -> str:
    return "1 vote" if votes == 1 else f"{votes} votes"


def _is_on(vote: Vote, pair: BlindPair) -> bool:
    """Whether a vote was on just these files."""
    asked = vote_on(*pair, "first", "neither")
    same = ("photo", "first", "first_quality", "first_bytes", "second", "second_quality", "second_bytes")
    return all(getattr(vote, name) == getattr(asked, name) for name in same)
