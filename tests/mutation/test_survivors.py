"""The survivors that are accepted are changes of lines that are still there."""

import tomllib
from pathlib import Path

SURVIVORS = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text(encoding="utf-8"))["survivor"]


def test_each_accepted_survivor_has_a_reason_and_changes_a_line_that_is_still_there(root: Path):
    for survivor in SURVIVORS:
        source = (root / survivor["file"]).read_text(encoding="utf-8").splitlines()
        assert survivor["line"] in map(str.strip, source), f"delete it from survivors.toml: {survivor}"
        assert survivor["why"]
        assert survivor["mutant"] != survivor["line"]
