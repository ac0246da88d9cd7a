"""DCAE Workbench: the learned image codec DCAE, its file format, and the tools to look inside both.

Importing this package is cheap: torch comes in when `load` is called, not before. What this Python lacks of what the
package demands is said then and there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dcae.versions import check_versions

if TYPE_CHECKING:
    from dcae.model.dcae import DCAE

__all__ = ["load"]

check_versions()


def load(name: str | Path) -> DCAE:
    """Return a model, ready to code with: in eval mode, on the CPU, its tables ready. Imports torch.

    Args:
        name: "small" or "tiny" (the best weights that are shipped), an immutable name such as "small-1a2b3c4d", or the
            path of a .safetensors file. Published checkpoints: `dcae.checkpoint.load_published`.

    Returns:
        An nn.Module; `dcae.codec.codec.Codec(model)` encodes and decodes with it.

    Raises:
        FileNotFoundError: nothing of that name is shipped and no such file exists; the message lists what is shipped.
        ValueError: the file holds no weights of ours.
    """
    from dcae import checkpoint

    return checkpoint.load(name)
