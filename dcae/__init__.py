"""DCAE Workbench: the learned image codec DCAE, its file format, and the tools to look inside both.

Importing this package is cheap: torch comes in when `load` is called, not before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcae.model.dcae import DCAE

__all__ = ["load"]


def load(name: str | Path) -> DCAE:
    """Return a model, ready to code with, by its name ("small", "tiny") or from a weights file.

    See `dcae.checkpoint.load`, which this calls.
    """
    from dcae import checkpoint

    return checkpoint.load(name)
