"""Files that someone who means harm could make, in a process of their own, where a crash would be seen."""

import subprocess
import sys

from dcae.checkpoint import save_weights

COUNT = 1000


def test_hostile_files_are_refused_or_decoded_to_a_picture_of_the_stated_size(tiny, tmp_path, root):
    save_weights(tiny, tmp_path / "tiny.safetensors")
    script = root / "tests" / "dcae" / "codec" / "fuzz_files.py"
    child = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "tiny.safetensors"), str(COUNT)],
        cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    fates = {what: int(times) for times, what in (line.split(" ", 1) for line in child.stdout.splitlines()[:-1])}
    assert sum(fates.values()) == COUNT
    assert fates["decoded"] > COUNT / 10
    for part in (
        "its symbols encode to other bytes",
        "symbols need # at least",
        "section of type",
        "level flag",
        "lmbda",
    ):
        assert any(part in what for what in fates), f"no file was refused for {part}"
