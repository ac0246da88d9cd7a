"""What the tests of the core share: recipe weights, and a web server of small files."""

import hashlib
import importlib.util
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def recipe() -> ModuleType:
    """The module `recipe.py` beside this file (test files cannot import their neighbours)."""
    spec = importlib.util.spec_from_file_location("recipe", Path(__file__).with_name("recipe.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Mirror:
    """A web server of a folder on this machine, with three files that go by the names of Kodak's first photos.

    Attributes:
        folder: what is served.
        url: its address.
        files: the bytes of each file by its name, as they were at the start.
        sha256: likewise.
        asked: the paths that were asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = {f"kodim0{k}.png": bytes([k]) * (10_000 * k) for k in (1, 2, 3)}
        self.sha256 = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        self.asked: list[str] = []
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder), asked=self.asked))
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self._thread = threading.Thread(target=self.server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """From here on nobody answers at the address."""
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, directory: str, asked: list[str]) -> None:
        self.asked = asked
        super().__init__(*args, directory=directory)  # pyright: ignore[reportArgumentType]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Keeps silent."""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """Three small files behind an address."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    mirror = Mirror(folder)
    yield mirror
    mirror.close()
