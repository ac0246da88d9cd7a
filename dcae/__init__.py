"""DCAE Workbench: the learned image codec DCAE, its file format, and the tools to look inside both.

Importing this package is cheap: torch comes in when :func:`load` is called, not before.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcae.model.dcae import DCAE

__all__ = ["load"]


def load(name_or_path: str | PathLike[str]) -> DCAE:
    """Return a trained model by its name (``"small"``, ``"tiny"``) or from a file; see :func:`dcae.checkpoint.load`."""
    from dcae.checkpoint import load as load_checkpoint

    return load_checkpoint(name_or_path)
