"""The licences of what the lock names, as a page: `pip-licenses --format=json --with-system | python licences.py`."""

import json
import re
import sys
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

LOCK = Path(__file__).parents[2] / "requirements.lock"
LINUX = {
    "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64",
    "python_version": "3.11", "python_full_version": "3.11.9",
}  # fmt: skip
_LINE = r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)(?: ; (.*?))? *\\?$"
UNSAID = {
    "axe-playwright-python": "MIT (its licence file)",
    "cuda-toolkit": "NVIDIA Proprietary Software (it names packages of NVIDIA's, and holds none)",
}
"""Where the distribution's metadata do not say."""
HEAD = """# Licences

What this project is made of and made with: all distributions of `requirements.lock` that are installed under Linux on
x86-64 with Python 3.11, with the licence that each states. `make licences` writes this page.

The project itself is under the MIT licence. torch's CUDA packages (`cuda-*`, `nvidia-*`) are NVIDIA's property and come
under NVIDIA's own terms. The FFmpeg that `imageio-ffmpeg` brings is under the GPL; it is run as a program of its own,
never linked.

| Name | Version | Licence |
| --- | --- | --- |
"""


def locked(lock: str) -> dict[str, str]:
    r"""Versions by canonical name of what a lock installs under Linux.

    >>> locked('A_b==1.0 \\\n    --hash=x\nc[d]==2 ; sys_platform == "darwin" \\\n')
    {'a-b': '1.0'}
    """
    found = {}
    for name, version, marker in re.findall(_LINE, lock, re.MULTILINE):
        if not marker or Marker(marker).evaluate(LINUX):
            found[canonicalize_name(name)] = version
    return found


def page(stated: list[dict[str, str]], lock: str) -> str:
    """The page, of what pip-licenses says of the installed distributions.

    Raises:
        ValueError: if one of the lock is not installed in its version, or has no licence.
    """
    known: dict[str, dict[str, str]] = {canonicalize_name(each["Name"]): each for each in stated}
    rows = []
    for name, version in sorted(locked(lock).items()):
        if name not in known or known[name]["Version"] != version:
            raise ValueError(f"{name} {version} of the lock is not installed")
        licence = UNSAID.get(name, known[name]["License"])
        if licence == "UNKNOWN":
            raise ValueError(f"{name} does not say its licence: look, and say it in UNSAID")
        rows.append(f"| {name} | {version} | {licence} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    sys.stdout.write(page(json.load(sys.stdin), LOCK.read_text()))
