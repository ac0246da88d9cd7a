"""`dcae demo`: the explorer as a page for many visitors, with one engine for all of them.

Two processes are begun and watched: the engine, which alone holds torch and weights and is begun again if it ends, and
Voila, which gives each visitor a kernel of his own. Both end with this command.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from dcae.engine.remote import ADDRESS_VARIABLE, KEY_VARIABLE
from dcae.images import load_image, save_png
from dcae.samples import PHOTO_VARIABLE

READY_KERNELS = 2
"""So many pages are made ready before anyone asks."""
CULL_INTERVAL_S = 20
START_LIMIT_S = 120.0
VISITORS_VARIABLE = "DCAE_VISITORS"
"""Environment variable: how many visitors there may be at a time."""
PAGE = """\
from dcae.engine.remote import RemoteEngine
from dcae_widgets.demo_page import DemoPage

engine = RemoteEngine()
others = engine.others()
beside = {name: others[name] for name in ("JPEG 4:2:0", "WebP")}
DemoPage(engine.codec, engine.trace, engine.prefixes, beside=beside, against=others, ms_ssim=engine.ms_ssim)
"""
"""What each visitor's kernel runs."""


def demo(
    photo: Annotated[
        Path | None, typer.Argument(metavar="PHOTO", help="The picture that everybody begins with.")
    ] = None,
    ip: Annotated[
        str, typer.Option(help="Where it is served; 0.0.0.0 is everywhere, and then with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8866,
    visitors: Annotated[int, typer.Option(min=1, help="As many at a time, and no more; 150 MB each.")] = 24,
    idle_minutes: Annotated[
        float, typer.Option(min=0.1, help="A visitor who does nothing for so long is let go.")
    ] = 20,
    dark: Annotated[bool, typer.Option("--dark", help="Light on dark.")] = False,
) -> None:
    """Serve the explorer as a page for a class: dcae demo [PHOTO].

    Elsewhere than on this machine itself a token is asked for, which the printed address holds.
    """
    from dcae_widgets.limits import VISITORS

    loopback = ip_address(ip).is_loopback
    token = "" if loopback else secrets.token_urlsafe(16)
    port = port or _free_port(ip)
    with TemporaryDirectory(prefix="dcae-demo-") as folder:
        root = Path(folder) / "page"
        root.mkdir()
        write_page(root)
        environment = {**os.environ, VISITORS_VARIABLE: str(visitors)}
        environment |= {ADDRESS_VARIABLE: str(Path(folder) / "engine"), KEY_VARIABLE: secrets.token_hex(16)}
        if photo is not None:
            environment[PHOTO_VARIABLE] = f"{photo.stem}.png"
            save_png(root / environment[PHOTO_VARIABLE], load_image(photo, fit_pixels=VISITORS.fit_pixels))
        settings = voila_settings(ip=ip, port=port, token=token, idle_s=60 * idle_minutes, dark=dark)
        (Path(folder) / "voila.json").write_text(json.dumps(settings))
        environment |= {"JUPYTER_CONFIG_DIR": folder, "JUPYTER_PATH": str(files("dcae_widgets") / "served")}
        url = f"http://{_shown(ip)}:{port}/" + (f"?token={token}" if token else "")
        _serve(root, environment, (_reached(ip), port), url)


def write_page(folder: Path) -> None:
    """Writes what Voila serves: a notebook of one cell."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "title": "DCAE Workbench"}
    nbformat.write(new_notebook(cells=[new_code_cell(PAGE)], metadata=metadata), folder / "demo.ipynb")


def voila_settings(*, ip: str, port: int, token: str, idle_s: float, dark: bool) -> dict[str, Any]:
    """Voila's configuration: one page, no files, no sources, no tracebacks; kernels over pipes that are this user's."""
    return {
        "Voila": {
            "ip": ip,
            "port": port,
            "port_retries": 0,
            "open_browser": False,
            "token": token,
            "log_level": "WARN",
        },
        "VoilaConfiguration": {
            "template": "dcae",
            "theme": "dark" if dark else "light",
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [],
            "file_denylist": [".*"],
            "strip_sources": True,
            "show_tracebacks": False,
            "preheat_kernel": True,
            "default_pool_size": READY_KERNELS,
            "extension_allowlist": [
                "@jupyter-widgets/jupyterlab-manager",
                "@voila-dashboards/widgets-manager8",
                "anywidget",
            ],
            "multi_kernel_manager_class": "dcae.cli.demo_server.VisitorKernels",
        },
        "KernelManager": {"transport": "ipc"},
        "MappingKernelManager": {
            "cull_idle_timeout": int(idle_s),
            "cull_interval": min(CULL_INTERVAL_S, int(idle_s) or 1),
            "cull_connected": True,
            "buffer_offline_messages": False,
        },
    }


def _serve(root: Path, environment: Mapping[str, str], address: tuple[str, int], url: str) -> None:
    """Runs engine and Voila until this process is told to end.

    Args:
        root: What Voila serves.
        environment: Of both.
        address: Host and port at which this machine reaches the page.
        url: What a browser is given.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    command = [sys.executable, "-m", "dcae.cli.demo_server", str(root / "demo.ipynb"), "--no-browser"]
    kernels = {"OMP_NUM_THREADS": "1", **environment}
    with _engine(environment) as engine, _ended(subprocess.Popen(command, env=kernels, cwd=root)) as voila:
        _wait_for_page(voila, address)
        typer.echo(f"The page is at {url}\nCtrl-C ends it.")
        sys.stdout.flush()
        try:
            while voila.poll() is None:
                if engine.ended():
                    typer.echo("The engine has ended and is begun again.", err=True)
                    engine.begin()
                time.sleep(0.2)
        except KeyboardInterrupt:
            return
    raise ValueError(f"Voila has ended by itself (exit {voila.returncode})")


class _Engine:
    """The engine's process, which can be begun again."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        """Begins it, and waits until it can be asked."""
        address = self._environment[ADDRESS_VARIABLE]
        Path(address).unlink(missing_ok=True)
        command = [sys.executable, "-m", "dcae.engine", address]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=self._environment, start_new_session=True, **pipes)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(self._environment[KEY_VARIABLE] + "\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "ready\n":
            raise ValueError(f"the engine did not begin (exit {self.process.wait()})")

    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self.process is not None and self.process.poll() is not None


@contextmanager
def _engine(environment: Mapping[str, str]) -> Iterator[_Engine]:
    engine = _Engine(environment)
    engine.begin()
    try:
        yield engine
    finally:
        if engine.process is not None:
            engine.process.kill()
            engine.process.wait()


@contextmanager
def _ended(process: subprocess.Popen) -> Iterator[subprocess.Popen]:
    """Ends a process with the block; Voila takes its kernels with it."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_page(voila: subprocess.Popen, address: tuple[str, int]) -> None:
    end = time.monotonic() + START_LIMIT_S
    while voila.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise ValueError(f"Voila did not begin within {START_LIMIT_S:g} s, or ended (exit {voila.poll()})")


def _shown(ip: str) -> str:
    """The address that a browser is given: everywhere is, seen from here, this machine."""
    address = ip_address(ip)
    if address.is_unspecified:
        return socket.gethostname()
    return f"[{ip}]" if address.version == 6 else ip


def _reached(ip: str) -> str:
    """The address at which this machine itself reaches it; its own name may lead elsewhere, or nowhere."""
    address = ip_address(ip)
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return ip


def _free_port(ip: str) -> int:
    with socket.create_server((ip, 0), family=socket.AF_INET6 if ":" in ip else socket.AF_INET) as server:
        return server.getsockname()[1]
