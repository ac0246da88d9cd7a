"""Which weights come with the package, by their immutable names.

They are found through importlib.resources, never by a path relative to a repository. Knows files and names, not what is
in them: no tensors, so that to name a file's weights costs no import of torch. `dcae.checkpoint` reads them.
"""

import csv
from importlib.resources import files
from importlib.resources.abc import Traversable

_SUFFIX = ".safetensors"
_NAME_HEX_DIGITS = 8
"""How many digits of the identity end an immutable name, such as `small-1a2b3c4d`."""


def shipped_weights() -> dict[str, Traversable]:
    """Each shipped file by its immutable name, such as `small-1a2b3c4d`, in order of the names."""
    folder = files("dcae_data") / "weights"
    found = folder.iterdir() if folder.is_dir() else ()
    named = {file.name.removesuffix(_SUFFIX): file for file in found if file.name.endswith(_SUFFIX)}
    return dict(sorted(named.items()))


def immutable_name(name: str) -> str | None:
    """The full name of the shipped weights that a full name or an alias such as `small` means; None if none are meant.

    >>> immutable_name("nothing") is None
    True
    """
    return next((full for full in shipped_weights() if name in (full, full.rsplit("-", 1)[0])), None)


def retired_weights() -> dict[str, str]:
    """The last commit that shipped each of the weights that are no longer shipped, by their immutable names."""
    table = files("dcae_data") / "weights" / "retired.csv"
    return dict(csv.reader(table.read_text("utf-8").splitlines()[1:])) if table.is_file() else {}


def shipped_name(identity: bytes) -> str | None:
    """The immutable name of the shipped weights with this identity, such as `small-1a2b3c4d`; None if none has it.

    Args:
        identity: The first 8 bytes of a model's SHA-256 identity, as a file's header holds them.

    >>> shipped_name(bytes(8)) is None
    True
    """
    ending = f"-{identity.hex()[:_NAME_HEX_DIGITS]}"
    return next((name for name in shipped_weights() if name.endswith(ending)), None)
