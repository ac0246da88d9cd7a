"""The demo, served: visitors get their own answers, hold no torch, and can read and run nothing of the machine's."""

import asyncio
import json
import re
import subprocess
import sys
import urllib.error
import uuid
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.request import urlopen

import nbformat
import numpy as np
import psutil
import pytest
import websocket
from typer.testing import CliRunner

from dcae.cli import app
from dcae.cli.demo import VISITORS_VARIABLE, _reached, voila_settings, write_page
from dcae.cli.demo_server import VisitorKernels
from dcae.codec.catalogue import open_codec
from dcae.images import png_bytes, save_png
from dcae.samples import sample
from dcae_widgets.limits import VISITORS

from .visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.ascontiguousarray(sample("coffee")[60:188, 100:292])


@pytest.fixture(scope="module")
def demo(tmp_path_factory, photo) -> Iterator[tuple[str, psutil.Process]]:
    """The address of a demo of its own, and its process."""
    path = tmp_path_factory.mktemp("secret-folder") / "holiday.png"
    save_png(path, photo)
    command = [sys.executable, "-m", "dcae.cli", "demo", str(path), "--port", "0", "--visitors", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield (
                next(line.split()[-1] for line in child.stdout if line.startswith("The page is at")),
                psutil.Process(child.pid),
            )
        finally:
            family = psutil.Process(child.pid).children(recursive=True)
            child.terminate()
    _, left = psutil.wait_procs(family, timeout=30)
    assert not left, "the demo's processes outlive it"


@pytest.fixture(scope="module")
def visitor(demo) -> Iterator[Visitor]:
    came = Visitor(demo[0])
    yield came
    came.close()


def own_bytes(image: np.ndarray, lmbda: float) -> int:
    return len(open_codec("small").open(image).encode(lmbda))


def test_visitor_sees_the_given_photos_own_file(visitor, photo):
    visitor.move(0.02, final=True)
    assert visitor.numbers["bytes"] == own_bytes(photo, 0.02)
    assert not visitor.errors


def test_uploaded_photo_is_compressed(visitor, photo):
    own = np.ascontiguousarray(photo[::-1, :, ::-1])
    visitor.upload("mine.png", png_bytes(own))
    visitor.move(0.01, final=True)
    assert visitor.numbers["bytes"] == own_bytes(own, 0.01)


def test_kernels_hold_no_torch(demo, visitor):
    kernels = [child for child in demo[1].children(recursive=True) if "ipykernel_launcher" in " ".join(child.cmdline())]
    assert kernels
    for kernel in kernels:
        mapped = {Path(each.path).name for each in kernel.memory_maps()}
        assert any("multiarray" in name for name in mapped), "numpy is there, so libraries can be seen"
        assert not [name for name in mapped if "torch" in name]


@pytest.mark.parametrize(
    "path",
    [
        "voila/files/demo.ipynb",
        "voila/files/holiday.png",
        "voila/files/..%2fengine",
        "voila/files//etc/passwd",
        "voila/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd",
        "voila/templates/dcae/static/..%2f..%2fconf.json",
        "voila/api/contents",
        "api/contents",
        "api/terminals",
        "voila/tree",
    ],
)
def test_no_file_of_the_machines_can_be_read(demo, path):
    try:
        answer = urlopen(demo[0] + path, timeout=60).read()
    except urllib.error.HTTPError as error:
        answer = error.read()
    assert b"root:" not in answer
    assert b"RemoteEngine" not in answer
    assert b"kernelId" not in answer, "no other address takes a place"
    assert not answer.startswith(b"\x89PNG")


def test_nothing_can_be_executed_and_no_path_is_told(demo, visitor, tmp_path):
    written = tmp_path / "written"
    code = f"open({str(written)!r}, 'w').write('in')"
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    visitor._send("execute_request", content)
    visitor.move(0.03)
    visitor.move(0.013, final=True)
    assert not written.exists()
    visitor._update({"model": "/etc/passwd"})
    while not visitor.errors:
        visitor._hear()
    assert visitor.errors[0].startswith("there is no model '/etc/passwd' here; legal: small-")
    visitor.errors.clear()
    everything = json.dumps(visitor.states())
    assert "holiday" in everything
    assert "secret-folder" not in everything
    assert "/dcae-demo-" not in everything
    assert sys.prefix not in everything


def test_picture_that_claims_too_much_is_refused_and_the_kernel_lives(visitor):
    visitor.send_file("huge.png", VISITORS.upload_bytes + 1)
    while not visitor.refused:
        visitor._hear()
    assert "at most 20,971,520 bytes" in visitor.refused[0]
    assert visitor.move(0.02) > 0


def test_more_visitors_than_may_be_are_told_so(demo, visitor):
    for _ in range(4):
        with pytest.raises(urllib.error.HTTPError, match="503") as refused:
            urlopen(demo[0], timeout=60)
        assert b"All places are taken" in refused.value.read()
    assert visitor.move(0.033) > 0


def test_page_is_one_cell_that_names_no_file(tmp_path):
    write_page(tmp_path)
    lesson = nbformat.read(tmp_path / "demo.ipynb", 4)
    assert len(lesson.cells) == 1
    assert lesson.metadata["title"] == "DCAE Workbench"


def test_template_asks_for_nothing_from_elsewhere():
    template = (files("dcae_widgets") / "served/voila/templates/dcae/index.html.j2").read_text()
    assert not re.search(r"https?://", template)


def test_address_elsewhere_has_a_token():
    here = voila_settings(ip="127.0.0.1", port=1, token="", idle_s=60, dark=False)
    there = voila_settings(ip="0.0.0.0", port=1, token="t", idle_s=60, dark=True)
    assert (here["Voila"]["token"], there["Voila"]["token"]) == ("", "t")
    assert there["VoilaConfiguration"]["theme"] == "dark"
    assert here["MappingKernelManager"]["cull_idle_timeout"] == 60


def test_picture_that_is_none_is_refused_before_anything_begins(tmp_path):
    (tmp_path / "notes.png").write_text("words")
    result = CliRunner().invoke(app, ["demo", str(tmp_path / "notes.png")])
    assert result.exit_code == 2
    assert "notes.png: not a picture that can be read" in result.output


def test_address_that_is_none_is_refused():
    result = CliRunner().invoke(app, ["demo", "--ip", "everywhere"])
    assert result.exit_code == 2
    assert "'everywhere' does not appear to be an IPv4 or IPv6 address" in result.output


@pytest.mark.parametrize(
    ("ip", "reached"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("127.0.0.2", "127.0.0.2")],  # nothing is served there
)
def test_page_is_waited_for_where_this_machine_reaches_it_whatever_its_name(ip, reached):
    assert _reached(ip) == reached


def test_kernel_beyond_the_limit_waits_for_room(monkeypatch):
    monkeypatch.setenv(VISITORS_VARIABLE, "0")
    monkeypatch.setattr("dcae.cli.demo_server.READY_KERNELS", 0)
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(VisitorKernels().start_kernel(), 0.1))


def test_elsewhere_the_page_and_its_kernels_ask_for_the_token(tmp_path):
    command = [sys.executable, "-m", "dcae.cli", "demo", "--ip", "0.0.0.0", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            url = next(line.split()[-1] for line in child.stdout if line.startswith("The page is at"))
            token, port = re.search(r"\?token=([\w-]{20,})$", url), re.search(r":(\d+)/", url)
            assert token
            assert port
            local = f"127.0.0.1:{port[1]}"
            assert b"kernelId" not in urlopen(f"http://{local}/", timeout=60).read()
            with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
                websocket.create_connection(f"ws://{local}/api/kernels/{uuid.uuid4()}/channels", timeout=60)
            assert b"kernelId" in urlopen(f"http://{local}/?token={token[1]}", timeout=60).read()
        finally:
            child.terminate()
