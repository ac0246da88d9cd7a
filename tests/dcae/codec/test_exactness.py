"""The same symbols on every machine: instruction sets and numbers of threads, each in a process of its own.

Every process encodes, and decodes what the one without any setting has encoded; this one decodes what all have encoded.
"""

import dataclasses
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dcae.checkpoint import load, save_weights
from dcae.codec.codec import Codec
from dcae.codec.scale_levels import MARGINS
from dcae.config import PRESETS

DEFAULT = "default"
SETTINGS = {
    "threads": ["1", "2", "4"],
    "ATEN_CPU_CAPABILITY": ["default", "avx2", "avx512"],
    "MKL_ENABLE_INSTRUCTIONS": ["SSE4_2", "AVX2", "AVX512"],
    "ONEDNN_MAX_CPU_ISA": ["SSE41", "AVX2", "AVX512_CORE", "AVX512_CORE_AMX"],
}
MACHINES = [f"{variable}={value}" for variable, values in SETTINGS.items() for value in values]

TINY = PRESETS["tiny"]
CONFIGS = {
    "float64": TINY,
    # What `paper` does, at the size of `tiny`.
    "float32": dataclasses.replace(
        TINY, coding_dtype="float32", upsample="deconv", context="conv3x3", aggregation="dense",
        scale_activation="none", linear_path=False, gain_knots=0,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_model, make_image, root) -> Path:
    """What all machines have left behind: see exactness_child.py."""
    folder = tmp_path_factory.mktemp("machines")
    for dtype, config in CONFIGS.items():
        save_weights(make_model(config), folder / f"{dtype}.safetensors")
    np.save(folder / "image.npy", make_image(256, 256))
    run_machine(root, folder, DEFAULT)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda machine: run_machine(root, folder, machine), MACHINES))
    return folder


def run_machine(root: Path, folder: Path, machine: str) -> None:
    """A process with one setting, the others being the library's own."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    variable, _, value = machine.partition("=")
    threads = [value] if variable == "threads" else []
    if value and not threads:
        environment[variable] = value
    script = root / "tests" / "dcae" / "codec" / "exactness_child.py"
    child = subprocess.run(
        [sys.executable, str(script), str(folder), machine, *threads],
        cwd=root, env=environment | {"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert child.returncode == 0, f"{machine}: {child.stderr}"


def left_by(folder: Path, machine: str, what: str) -> np.ndarray:
    """An array that a machine left behind."""
    return np.load(folder / machine / f"{what}.npy")


def noise(folder: Path, machine: str, dtype: str) -> float:
    """The largest difference of sigma from the default machine's, where levels are, in the units of the margin."""
    sigma, default = (left_by(folder, name, f"{dtype}-sigma") for name in (machine, DEFAULT))
    used = (default > 0.1) & (default < 300)
    assert used.mean() > 0.3
    return float((np.abs(sigma - default) / np.maximum(default, 1))[used].max())


def assert_same_picture(ours: np.ndarray, theirs: np.ndarray) -> None:
    """g_s runs in float32: a level may differ, in one pixel of a thousand."""
    difference = np.abs(ours.astype(int) - theirs).max(axis=2)
    assert difference.max() <= 1
    assert np.mean(difference > 0) <= 1e-3


@pytest.mark.parametrize("machine", MACHINES)
def test_files_decode_from_and_to_every_machine(folder, machine):
    affected = [dtype for dtype in CONFIGS if noise(folder, machine, dtype) > 0]
    if not affected:
        pytest.skip(f"{machine} does not change a bit of sigma on this machine: nothing is proved")
    for dtype in affected:
        assert_same_picture(left_by(folder, machine, f"{dtype}-decoded"), left_by(folder, DEFAULT, f"{dtype}-made"))
        decoded = Codec(load(folder / f"{dtype}.safetensors")).decode((folder / machine / f"{dtype}.dcae").read_bytes())
        assert_same_picture(decoded, left_by(folder, machine, f"{dtype}-made"))


@pytest.mark.parametrize(("dtype", "times"), [("float64", 50), ("float32", 4)])
def test_the_margin_is_many_times_the_noise(folder, dtype, times):
    largest = max(noise(folder, machine, dtype) for machine in MACHINES)
    if largest == 0:
        pytest.skip("no setting changes a bit of sigma on this machine")
    assert times * largest <= MARGINS[dtype], f"the noise of sigma is {largest:g}"
