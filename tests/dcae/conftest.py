"""What the tests of the core share: recipe weights."""

import importlib.util
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
