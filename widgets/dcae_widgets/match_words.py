"""Two matched files in words: a line for each, and what they say about each other.

Knows records. Does not know how files are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from dcae.codec.matching import Lock, Matched, MatchedFile, Missed
from dcae_widgets.codec_table import db_words, quality_words

_NAME = "padding: 1px 18px 1px 0; text-align: left; font-weight: 600; white-space: nowrap"
_CELL = "padding: 1px 18px 1px 0; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap"
_SIDES = ("First", "Second")


def pair_words(first: MatchedFile, second: MatchedFile, lock: Lock) -> str:
    """What two matched files say about each other, in a sentence."""
    factor, gain_db = second.size / first.size, second.psnr_db - first.psnr_db
    if second.psnr_db == first.psnr_db:  # also if both are infinite
        gain_db = 0.0
    if lock == "psnr_db":
        return f"For this PSNR {second.name} needs {factor:.2f} times the bytes of {first.name}."
    size = "the same bytes" if abs(factor - 1) < 0.015 else f"{factor:.2f} times the bytes"
    if abs(gain_db) < 0.05:
        return f"With {size} {second.name} has the PSNR of {first.name}."
    better = f"{db_words(abs(gain_db))} dB {'better' if gain_db > 0 else 'worse'}"
    return f"With {size} {second.name} is {better} than {first.name}."


def needed_words(first: str, second: str, factor: float | None) -> str:
    """How many bytes the second codec needs for the first file's PSNR.

    >>> needed_words("ours", "WebP", 1.312)
    'WebP needs about 1.31 times the bytes of ours for the same PSNR.'
    >>> needed_words("ours", "JPEG", None)
    'No file of JPEG has the PSNR of ours here.'
    """
    if factor is None:
        return f"No file of {second} has the PSNR of {first} here."
    return f"{second} needs about {factor:.2f} times the bytes of {first} for the same PSNR."


def missed_words(missed: Missed, lock: Lock) -> str:
    """Why there is no file, and what can be had."""
    if missed.reach is None:
        return f"{missed.name}: {missed.reason}"
    low, high = missed.reach
    what = f"files of {low:,.0f} to {high:,.0f} bytes"
    if lock == "psnr_db":
        what = f"pictures of {db_words(low)} to {db_words(high)} dB"
    return f"{missed.name} makes {what} of this photo."


def pair_html(files: Sequence[Matched], sentences: Sequence[str]) -> str:
    """Both files as a table of two lines, and sentences under it.

    Args:
        files: the first and the second; of one that was missed only the name stands there.
        sentences: the first one is set in bold.
    """
    heads = ["", "codec", "bytes", "bits a pixel", "PSNR", "quality"]
    head = "".join(
        f'<th scope="col" style="{_CELL if k > 1 else _NAME}; font-weight: 400; color: var(--jp-ui-font-color2)">'
        f"{name}</th>"
        for k, name in enumerate(heads)
    )
    lines = "".join(_line(side, file) for side, file in zip(_SIDES, files, strict=True))
    said = "".join(
        f'<p style="margin: 4px 0 0; line-height: 20px{"; font-weight: 600; font-size: 15px" if k == 0 else ""}">'
        f"{escape(sentence)}</p>"
        for k, sentence in enumerate(sentences)
    )
    return (
        f'<table style="border-collapse: collapse; line-height: 21px"><thead><tr>{head}</tr></thead>'
        f'<tbody>{lines}</tbody></table><div role="status">{said}</div>'
    )


def missing_html(missing: Mapping[str, str]) -> str:
    """Which codecs this machine lacks, and why."""
    lacking = "; ".join(f"{escape(name)} ({escape(reason)})" for name, reason in missing.items())
    return f'<span style="color: var(--jp-ui-font-color2); line-height: 20px">Not on this machine: {lacking}.</span>'


def error_html(words: str) -> str:
    """Something that went wrong, for a pane of its own; nothing for no words."""
    if not words:
        return ""
    return f'<b role="alert" style="color: var(--jp-error-color1); line-height: 20px">{escape(words)}</b>'


def _line(side: str, file: Matched) -> str:
    cells = ["–"] * 4
    if isinstance(file, MatchedFile):
        psnr = db_words(file.psnr_db) + ("" if file.psnr_db == float("inf") else " dB")
        cells = [f"{file.size:,}", f"{file.bpp:.3f}", psnr, quality_words(file.quality)]
    numbers = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    soft = f'<td style="{_NAME}; font-weight: 400; color: var(--jp-ui-font-color2)">{side}</td>'
    return f'<tr>{soft}<th scope="row" style="{_NAME}">{escape(file.name)}</th>{numbers}</tr>'
