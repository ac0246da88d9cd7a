"""Gives the theme's search, a dialog, the name that a screen reader says."""

from typing import Any

_DIALOG = 'data-md-component="search" role="dialog"'


def on_post_page(output: str, **_: Any) -> str:
    """Names it."""
    return output.replace(_DIALOG, f'{_DIALOG} aria-label="Search"')
