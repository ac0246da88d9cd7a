"""Keeps pytest, which looks for doctests in every file, away from the programs that run as processes of their own."""

from pathlib import Path

collect_ignore = [path.name for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_")]
