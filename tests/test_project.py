"""Contracts of the project as a whole: its packages, dependencies, lock, notebooks, and the README's tree."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]
CONTRACTS = PYPROJECT["tool"]["importlinter"]["contracts"]
TORCH_FREE = next(contract for contract in CONTRACTS if "torch" in contract.get("forbidden_modules", []))
LOCK = (ROOT / "requirements.lock").read_text()


def tracked_files() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).exists()]


def readme_tree() -> list[str]:
    """The paths of the README's tree, folders with a closing slash."""
    block = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block, "README.md holds no ```text block"
    paths: list[str] = []
    parents: list[str] = []
    for line in block[1].splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        parents[depth:] = [name]
        paths.append("".join(parents))
    return paths


def requirements() -> list[Requirement]:
    """Those of the project and of its extras."""
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    return [Requirement(line) for lines in (PYPROJECT["project"]["dependencies"], *extras) for line in lines]


def locked_versions() -> dict[str, list[str]]:
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", LOCK, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_readme_tree_names_only_what_exists():
    missing = [
        path for path in readme_tree() if not (ROOT / path).exists() or path.endswith("/") != (ROOT / path).is_dir()
    ]
    assert not missing


def test_readme_tree_leaves_out_no_tracked_file():
    tree = readme_tree()
    assert sorted(set(tree)) == sorted(tree), "a line is there twice"
    opened = {f"{Path(path).parent}/" for path in tree}
    closed = tuple(path for path in tree if path.endswith("/") and path not in opened)
    unsaid = [
        name
        for name in tracked_files()
        if name not in tree and not name.startswith(closed) and Path(name).name not in ("__init__.py", "py.typed")
    ]
    assert not unsaid


def test_packages_are_exactly_those_of_the_tree():
    found = set()
    for package, folder in SETUPTOOLS["package-dir"].items():
        for init in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join((package, *init.parent.relative_to(ROOT / folder).parts)))
    assert sorted(SETUPTOOLS["packages"]) == sorted(found)


def test_import_contracts_hold():
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def test_importing_does_not_bring_in_torch():
    """In one process, and not in forty: what a module brings in is there however many come after it."""
    modules = ["dcae", *TORCH_FREE["source_modules"]]
    code = f"import importlib, sys\nfor module in {modules}:\n    importlib.import_module(module)\n"
    assert python(code + "    if 'torch' in sys.modules:\n        sys.exit(print(module))") == ""


def test_every_import_is_a_declared_dependency():
    distributions = packages_distributions()
    declared = {canonicalize_name(requirement.name) for requirement in requirements()}
    ours = {name.partition(".")[0] for name in SETUPTOOLS["packages"]}
    undeclared = set()
    tools = declared | {canonicalize_name(Requirement(line).name) for line in PYPROJECT["dependency-groups"]["dev"]}
    places = {"dcae": declared, "widgets": declared, "tests": tools, "docs/hooks": tools}
    ours |= {path.stem for path in (ROOT / "tests").rglob("*.py")} | {"tests"}  # those that import their neighbours
    for path, declared in [(path, names) for place, names in places.items() for path in (ROOT / place).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            for name in {name.partition(".")[0] for name in names} - ours - sys.stdlib_module_names:
                if not declared.intersection(map(canonicalize_name, distributions.get(name, ()))):
                    undeclared.add((str(path.relative_to(ROOT)), name))
    assert not undeclared


def test_lock_holds_every_dependency_in_a_version_that_pyproject_allows():
    locked = locked_versions()
    tools = [Requirement(line) for line in PYPROJECT["dependency-groups"]["dev"]]
    for requirement in requirements() + tools:
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in the lock: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions), (str(requirement), versions)


def test_every_locked_package_has_hashes_and_names_no_place():
    entries = re.split(r"\n(?=[\w.-]+(?:\[[^]]*\])?==)", LOCK)[1:]
    assert len(entries) == sum(map(len, locked_versions().values()))
    assert not [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]
    assert not re.search(r"://|--(extra-)?index|--find-links|^-", LOCK, re.MULTILINE)


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("python_version", ["3.11", "3.12"])
def test_lock_covers_the_platform(platform: str, python_version: str):
    environment = {
        "sys_platform": platform,
        "platform_machine": "x86_64" if platform == "linux" else "arm64",
        "python_version": python_version,
        "python_full_version": python_version + ".9",
    }
    lines = re.findall(r"^[\w.-]+(?:\[[^]]*\])?==[^\\\n]+", LOCK, re.MULTILINE)
    entries = [Requirement(line.strip()) for line in lines]
    chosen = [canonicalize_name(e.name) for e in entries if e.marker is None or e.marker.evaluate(environment)]
    assert len(chosen) == len(set(chosen))
    assert {canonicalize_name(requirement.name) for requirement in requirements()} <= set(chosen)


def test_no_notebook_holds_widget_state():
    holding = [
        p.name for p in (ROOT / "notebooks").glob("*.ipynb") if "widgets" in json.loads(p.read_text())["metadata"]
    ]
    assert not holding


def test_every_module_of_the_core_has_a_layer():
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    placed = {module.strip(" ()") for layer in layers for module in re.split(r"[|:]", layer)}
    modules = {
        f"dcae.{path.stem}"
        for path in (ROOT / "dcae").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert modules - {"dcae.__init__"} - placed == set()
