"""What a network loses without parts of its dictionary: a table, and buttons that code the photo again.

The work is a callable that the notebook hands in. Knows records. Does not know networks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from ipywidgets import HTML, Button, HBox, Label, VBox
from ipywidgets import Layout as BoxLayout
from traitlets import Int, List

from dcae.dictionary_use import Ablation
from dcae_widgets.codec_table import db_words, signed_db

Ablate = Callable[..., Ablation]
"""`ablate(entry=3)`, `ablate(head=0)` or `ablate()`, which is the whole dictionary."""

_PARTS = (("entry",), ("head",), ())
_NAME = "padding: 1px 12px 1px 0; text-align: left; font-weight: 400"
_CELL = "padding: 1px 12px 1px 0; text-align: right; font-variant-numeric: tabular-nums"


class AblationTable(VBox):
    """A line for each coding without a part, the newest last.

    Args:
        ablations: those that were made already.
        ablate: makes more when a button is pressed; None for no buttons.

    Attributes:
        ablations: what the table shows.
        entry: which entry the first button takes out.
        head: which head the second one does.
        buttons: for an entry, a head, and the dictionary; none without `ablate`.
        said: what went wrong, or nothing.
    """

    ablations: Any = List()
    entry = Int(0)
    head = Int(0)

    def __init__(self, ablations: Sequence[Ablation] = (), ablate: Ablate | None = None):
        self._ablate, self._table, self.said = ablate, HTML(), Label()
        self.buttons = [Button(layout=BoxLayout(width="auto")) for _ in _PARTS] if ablate else []
        for button, part in zip(self.buttons, _PARTS, strict=False):
            button.on_click(lambda _, part=part: self._take_out({name: getattr(self, name) for name in part}))
        row = HBox([*self.buttons, self.said], layout=BoxLayout(flex_flow="row wrap"))
        super().__init__([*([row] if ablate else []), self._table])
        self.observe(self._show, ["ablations", "entry", "head"])
        self.ablations = list(ablations)
        self._show()

    def _take_out(self, part: dict[str, int]) -> None:
        assert self._ablate
        self.said.value = "The photo is coded again …"
        for button in self.buttons:
            button.disabled = True
        try:
            found = self._ablate(**part)
        except Exception as error:  # whatever the callable of a notebook may raise: here is its only pane
            self.said.value = f"{type(error).__name__}: {error}"
        else:
            self.said.value = ""
            self.ablations = [*(each for each in self.ablations if each.without != found.without), found]
        finally:
            for button in self.buttons:
                button.disabled = False

    def _show(self, _: Any = None) -> None:
        names = (f"entry {self.entry}", f"head {self.head}", "the dictionary")
        for button, name in zip(self.buttons, names, strict=False):
            button.description = f"Code without {name}"
        self._table.value = _html(self.ablations) if self.ablations else ""


def psnr_change(ablation: Ablation) -> str:
    """How much better or worse the picture is without the part, in words.

    >>> psnr_change(Ablation(without="head 0", total_bytes=9, psnr_db=29.999, whole_bytes=8, whole_psnr_db=30.0))
    '+0.00 dB'
    """
    return signed_db(round(ablation.psnr_delta_db, 2) + 0.0)  # -0.0 + 0.0 is 0.0


def _html(ablations: Sequence[Ablation]) -> str:
    heads = {"without": _NAME, "bytes": _CELL, "change in bytes": _CELL, "PSNR": _CELL, "change in PSNR": _CELL}
    head = "".join(f'<th scope="col" style="{style}; font-weight: 600">{name}</th>' for name, style in heads.items())
    lines = "".join(_line(each) for each in ablations)
    caption = "The photo coded again: what this network loses without a part"
    return (
        '<table style="border-collapse: collapse; line-height: 20px">'
        f'<caption style="text-align: left; white-space: nowrap">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
    )


def _line(each: Ablation) -> str:
    share = each.bytes_delta / each.whole_bytes
    cells = (
        f"{each.total_bytes:,}",
        f"{each.bytes_delta:+,} ({share:+.1%})",
        f"{db_words(each.psnr_db)} dB",
        psnr_change(each),
    )
    name = f'<th scope="row" style="{_NAME}">{escape(each.without)}</th>'
    return f"<tr>{name}" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells) + "</tr>"
