"""What a link and a reload carry of an explorer, and which of it may be believed: a link can come from anyone.

A name is only ever one of those that are listed; nothing in a state is opened as a path. Knows plain values. Does not
know widgets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

from dcae_widgets.lmbda_dial import decimal
from dcae_widgets.photo_view import MAX_ZOOM, MODES

State = dict[str, Any]


def link_state(
    *, photo: str, model: str, lmbda: float | None, mode: str, divider: float, view: list[float], other: str
) -> State:
    """What a link carries; what is not there it leaves out.

    >>> link_state(photo="flower", model="small", lmbda=None, mode="split", divider=0.5, view=[0.0, 0.0, 1.0], other="")
    {'photo': 'flower', 'model': 'small', 'mode': 'split', 'divider': 0.5, 'view': [0.0, 0.0, 1.0], 'other': ''}
    """
    dial: State = {} if lmbda is None else {"lmbda": float(decimal(lmbda))}
    return {"photo": photo, "model": model, **dial, "mode": mode, "divider": divider, "view": view, "other": other}


def checked_state(
    state: Mapping[str, Any],
    *,
    photos: Collection[str],
    models: Collection[str],
    lmbdas: tuple[float, float],
    others: Collection[str] = (),
) -> tuple[State, list[str]]:
    """The part of a state that is legal, and in words what is wrong with the rest.

    Args:
        state: photo, model, lmbda, mode, divider, view, other; each may be missing.
        photos: The legal names.
        models: Likewise.
        lmbdas: The lowest and the highest legal lambda.
        others: The legal names of codecs to compare with, beside "" for the photo.

    >>> checked_state({"photo": "/etc/passwd", "divider": 0.25}, photos=["flower"], models=[], lmbdas=(0.0018, 0.05))
    ({'divider': 0.25}, ["photo is '/etc/passwd'; a link can name flower"])
    """
    low, high = lmbdas
    rules: dict[str, tuple[Callable[[Any], bool], str]] = {
        "photo": (lambda value: value in list(photos), f"a link can name {_listed(photos)}"),
        "model": (lambda value: value in list(models), f"a link can name {_listed(models)}"),
        "lmbda": (lambda value: _is_within(value, low, high), f"must be {low:g} to {high:g}"),
        "mode": (lambda value: value in MODES, f"must be one of {', '.join(MODES)}"),
        "divider": (lambda value: _is_within(value, 0, 1), "must be 0 to 1"),
        "other": (lambda value: value in ["", *others], f"a link can name {_listed(others)}"),
        "view": (_is_view, f"must be a column, a row and a zoom from 0 to {MAX_ZOOM:g}"),
    }
    legal: State = {}
    wrong: list[str] = []
    for name, value in state.items():
        is_legal, rule = rules.get(name, (lambda _: False, f"a state has {', '.join(rules)}"))
        if is_legal(value):
            legal[name] = value
        else:
            wrong.append(f"{str(name)[:40]} is {repr(value)[:80]}; {rule}")
    return legal, wrong


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_within(value: Any, low: float, high: float) -> bool:
    return _is_number(value) and low <= value <= high


def _is_view(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_is_number, value)) and 0 <= value[2] <= MAX_ZOOM


def _listed(names: Collection[str]) -> str:
    return ", ".join(names) or "none"
