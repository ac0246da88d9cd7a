"""All codecs at one size, or at one PSNR, as a table: sorted by a measure, with reasons where there is no file.

Knows records. Does not know how files are made.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from dcae.codec.matching import Lock, MatchedFile
from dcae_widgets.match_making import Row

PSNR, BYTES = "PSNR (dB)", "bytes"
LESS_IS_BETTER = frozenset({"LPIPS", "DISTS"})
"""Measures of these names are distances; of all others but the size more is better."""

_NAME = "padding: 1px 14px 1px 0; text-align: left; font-weight: 400; white-space: nowrap"
_CELL = "padding: 1px 14px 1px 0; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap"
_SOFT = "padding: 1px 14px 1px 0; text-align: left; color: var(--jp-ui-font-color2)"


def sorted_rows(rows: Iterable[Row], by: str, less_is_better: Collection[str] = LESS_IS_BETTER) -> list[Row]:
    """Rows by a measure, the best first; those without a number at the end, as they came.

    Args:
        rows: of one table.
        by: a measure's name, or "bytes".
        less_is_better: names of measures of which the smallest number is the best.
    """

    def rank(row: Row) -> tuple[bool, float]:
        value = value_of(row, by)
        return (True, 0.0) if value is None else (False, value if by in {BYTES, *less_is_better} else -value)

    return sorted(rows, key=rank)


def value_of(row: Row, measure: str) -> float | None:
    """What a measure says of a row's picture, or the file's bytes; None if nothing."""
    if isinstance(row.found, MatchedFile) and measure in (PSNR, BYTES):
        return row.found.psnr_db if measure == PSNR else row.found.size
    return row.values.get(measure)


def off_target(row: Row) -> float | None:
    """By how much a file misses its table's target: a share of the bytes, or dB; None without a file."""
    if not isinstance(row.found, MatchedFile):
        return None
    target = row.table.target
    return row.found.size / target - 1 if row.table.lock == "bytes" else row.found.psnr_db - target


def target_words(lock: Lock, target: float) -> str:
    """A target with its unit.

    >>> target_words("bytes", 12345.0), target_words("psnr_db", 32.1)
    ('12,345 bytes', '32.10 dB')
    """
    return f"{target:,.0f} bytes" if lock == "bytes" else f"{target:.2f} dB"


def table_rows(rows: Sequence[Row], measures: Sequence[str]) -> tuple[list[str], list[list[Any]]]:
    """Names of columns and numbers, for a CSV file; a field is empty where there is no number."""
    heads = ["codec", "target", "target_of", "bytes", "bpp", "quality", "off_target", *measures, "reason"]
    lines: list[list[Any]] = []
    for row in rows:
        of, file = row.table, row.found
        if isinstance(file, MatchedFile):
            numbers = [file.size, file.bpp, file.quality, off_target(row), *(value_of(row, name) for name in measures)]
            lines.append([file.name, of.target, of.lock, *numbers, ""])
        else:
            lines.append([file.name, of.target, of.lock, *[None] * (4 + len(measures)), file.reason])
    return heads, lines


def table_html(
    rows: Sequence[Row],
    measures: Sequence[str],
    by: str,
    caption: str,
    missing: Mapping[str, str],
    less_is_better: Collection[str] = LESS_IS_BETTER,
) -> str:
    """The table, for a page; its rows stand as they are given.

    Args:
        rows: those that are known already.
        measures: names of columns.
        by: the measure that rows are sorted by.
        caption: what the table is of.
        missing: codecs that this machine lacks, with the reason.
        less_is_better: as of `sorted_rows`.
    """
    heads = heads_of(measures)
    styles = [_NAME, *[_CELL] * (len(heads) - 1)]
    direction = f' aria-sort="{"ascending" if by in {BYTES, *less_is_better} else "descending"}"'
    cells = "".join(
        f'<th scope="col" style="{style}; font-weight: 600"{direction if head == by else ""}>{escape(head)}</th>'
        for head, style in zip(heads, styles, strict=True)
    )
    lines = [_line(row, measures) for row in rows]
    lines += [_reason(name, reason, len(heads)) for name, reason in missing.items()]
    return (
        '<table style="border-collapse: collapse; line-height: 21px">'
        f'<caption style="text-align: left; white-space: nowrap; padding: 0 0 4px">{escape(caption)}</caption>'
        f"<thead><tr>{cells}</tr></thead><tbody>{''.join(lines)}</tbody></table>{_reasons(rows)}"
    )


def heads_of(measures: Sequence[str]) -> list[str]:
    """The names of the columns that are read."""
    return ["codec", BYTES, "off target", "bits a pixel", "quality", *measures]


def cells_of(row: Row, measures: Sequence[str]) -> list[str] | None:
    """What stands behind a codec's name, in words; None if it has no file."""
    file, off = row.found, off_target(row)
    if not isinstance(file, MatchedFile) or off is None:
        return None
    off_words = f"{off:+.1%}" if row.table.lock == "bytes" else signed_db(off)
    numbers = [f"{file.size:,}", off_words, f"{file.bpp:.3f}", quality_words(file.quality)]
    return numbers + [number_words(value_of(row, name)) for name in measures]


def signed_db(value: float) -> str:
    """A difference in dB, with its sign.

    >>> signed_db(-0.456), signed_db(math.inf)
    ('-0.46 dB', '+∞ dB')
    """
    return f"{value:+.2f} dB".replace("inf", "∞")


def db_words(value: float) -> str:
    """A number of dB, without the unit.

    >>> db_words(32.456), db_words(math.inf)
    ('32.46', '∞')
    """
    return "∞" if math.isinf(value) else f"{value:.2f}"


def number_words(value: float | None) -> str:
    """A measure's number: as dB from 2 on, with four digits after the point for shares and distances.

    >>> number_words(32.456), number_words(0.98765), number_words(None)
    ('32.46', '0.9877', '–')
    """
    if value is None:
        return "–"
    return db_words(value) if abs(value) >= 2 else f"{value:.4f}"


def quality_words(quality: float | None) -> str:
    """What a file was made with.

    >>> quality_words(None), quality_words(75), quality_words(0.012345)
    ('–', '75', '0.01235')
    """
    return "–" if quality is None else f"{quality:.4g}"


def _line(row: Row, measures: Sequence[str]) -> str:
    file, numbers = row.found, cells_of(row, measures)
    if numbers is None:
        return _reason(file.name, getattr(file, "reason", ""), len(heads_of(measures)))
    name = f'<th scope="row" style="{_NAME}">{escape(file.name)}</th>'
    return f"<tr>{name}" + "".join(f'<td style="{_CELL}">{number}</td>' for number in numbers) + "</tr>"


def _reason(name: str, reason: str, columns: int) -> str:
    head = f'<th scope="row" style="{_NAME}; color: var(--jp-ui-font-color2)">{escape(name)}</th>'
    return f'<tr>{head}<td colspan="{columns - 1}" style="{_SOFT}">{escape(reason)}</td></tr>'


def _reasons(rows: Sequence[Row]) -> str:
    """Why measures say nothing, each once."""
    reasons = dict.fromkeys(f"{name}: {reason}" for row in rows for name, reason in row.reasons.items())
    return "".join(f'<p style="margin: 4px 0 0; color: var(--jp-ui-font-color2)">{escape(r)}</p>' for r in reasons)
