"""Whether this Python has the packages that the installed project demands, asked before anything fails in the depth.

pip sees to it when it installs. A kernel is another matter: it may have loaded another numpy before (Colab's has), or
have been given another one since. Compares the three ways in which pyproject.toml bounds a version (==, >=, <) by hand,
because to import what compares all of them takes longer than everything here. Imports none of the packages.
"""

import os
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError

PROJECT = "dcae-workbench"
ANY_VERSIONS_VARIABLE = "DCAE_ANY_VERSIONS"
"""The environment variable with which one tries what was not measured: any value but an empty one."""

_DEMAND = re.compile(r"^Requires-Dist: ([\w.-]+)([^;\s]*)$", re.MULTILINE)
"""A dependency without a marker; those of extras have one."""


def check_versions() -> None:
    """Compare what is installed, and what this process has loaded of it, with what the project demands.

    Raises:
        ImportError: a package is missing or outside of its bounds, or another version of it than the installed one is
            loaded; says which, and what to do.
    """
    if os.environ.get(ANY_VERSIONS_VARIABLE):
        return
    demanded = demanded_versions()
    installed = {package: installed_version(package) for package in demanded}
    wrong = {name: bounds for name, bounds in demanded.items() if not fits(installed[name], bounds)}
    if wrong:
        raise ImportError(_what_to_install(wrong, installed))
    for package, version in installed.items():
        loaded = getattr(sys.modules.get(package.replace("-", "_")), "__version__", version)
        if not fits(version, f"=={loaded}"):
            raise ImportError(f"{package} {loaded} is loaded, but {version} is installed by now: restart the kernel")


def demanded_versions() -> dict[str, str]:
    """Each package that the installed project needs, with its bounds, such as `{"pyarrow": "<26,>=24"}`.

    Empty where the project is not installed but found in a folder, and nothing is known.
    """
    return dict(_DEMAND.findall(_metadata(PROJECT)))


def installed_version(package: str) -> str | None:
    """The version of a distribution that is installed, None if it is not."""
    found = re.search(r"^Version: (\S+)$", _metadata(package), re.MULTILINE)
    return found[1] if found else None


def fits(version: str | None, bounds: str) -> bool:
    """Whether a version lies within bounds; only releases are compared, so 2.1rc1 and 2.1+cpu are 2.1. None never does.

    >>> fits("2.3.1", "==1.26.4"), fits("1.26.4", "==1.26.4"), fits("25.0", "<26,>=24"), fits(None, ">=1")
    (False, True, True, False)
    """
    if version is None:
        return False
    mine = _release(version)
    compared = {"==": mine.__eq__, ">=": mine.__ge__, "<": mine.__lt__}
    return all(compared[sign](_release(bound)) for sign, bound in re.findall(r"(==|>=|<)([^,]+)", bounds))


def _what_to_install(wrong: dict[str, str], installed: dict[str, str | None]) -> str:
    found = ", ".join(f"{name} {installed[name] or 'is missing'} (needed: {name}{wrong[name]})" for name in wrong)
    packages = " ".join(f'"{name}{bounds}"' for name, bounds in wrong.items())
    return (
        f"{PROJECT} does not work with what this Python has: {found}. Run `{sys.executable} -m pip install {packages}`"
        f" (in a notebook: %pip install ...) and restart the kernel; to try it as it is, set {ANY_VERSIONS_VARIABLE}=1"
    )


def _metadata(package: str) -> str:
    try:
        return Distribution.from_name(package).read_text("METADATA") or ""
    except PackageNotFoundError:
        return ""


def _release(version: str) -> tuple[int, ...]:
    """Its numbers up to the first that is none, without zeros at their end, so that 3.11 is 3.11.0 and v2 is 2.

    >>> _release("v3.11.0rc1"), _release("2.14.1+cu130")
    ((3, 11), (2, 14, 1))
    """
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    numbers = [int(number) for number in found[1].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
