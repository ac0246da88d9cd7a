"""Files that are written whole or not at all.

Knows nothing of what is in them.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file that is all there or not there at all (see `atomic_file`).

    Args:
        path: the file's name; its folder must exist.
        data: all of its bytes.

    Raises:
        ValueError, OSError: as `atomic_file`.
    """
    with atomic_file(path) as file:
        file.write(data)


def followed(path: str | os.PathLike[str]) -> Path:
    """The absolute path behind all links.

    Raises:
        ValueError: a link leads back to itself.
    """
    try:
        return Path(path).resolve()
    except RuntimeError as error:
        raise ValueError(f"{path} is a link that leads back to itself") from error


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write so that a reader, a crash or a full disk never sees a part of it.

    The bytes go to a new hidden file in the same folder (a rename is atomic inside one file system only), are forced
    to the disk, and the file is then renamed. On any error, and on Ctrl-C, the hidden file is removed and what stood
    under the name before stays. A link is followed; a file that is replaced hands on its permissions.

    Args:
        path: the file's name; its folder must exist.

    Raises:
        ValueError: something stands under the name that is not a file (a folder, a device, a pipe).
        OSError: the folder is missing, or the system refuses (no permission, disk full).
    """
    target = followed(path)
    if target.exists() and not target.is_file():
        raise ValueError(f"{path} is not a file; give the name of a file to write")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {target.parent} to write it to")
    hidden = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with hidden.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, hidden)
        hidden.replace(target)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
