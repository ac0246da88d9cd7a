"""The same symbols on every machine: instruction sets and numbers of threads, each in a process of its own.

Every machine encodes, and decodes what the one without any setting has encoded. Then those most unlike each other
(`READERS`, and this process) decode what all have encoded; all pairs would take a second process for each machine. A
file is decoded whether or not the machine's setting has an effect here; whether any has is a test of its own.
"""

import dataclasses
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dcae.checkpoint import load, save_weights, shipped_names
from dcae.codec.codec import Codec
from dcae.codec.scale_levels import MARGINS
from dcae.config import PRESETS
from dcae.samples import sample

pytestmark = pytest.mark.slow

DEFAULT = "default"
SETTINGS = {
    "threads": ["1", "2", "4"],
    "ATEN_CPU_CAPABILITY": ["default", "avx2", "avx512"],
    "MKL_ENABLE_INSTRUCTIONS": ["SSE4_2", "AVX2", "AVX512"],
    "ONEDNN_MAX_CPU_ISA": ["SSE41", "AVX2", "AVX512_CORE", "AVX512_CORE_AMX"],
}
MACHINES = [f"{variable}={value}" for variable, values in SETTINGS.items() for value in values]
READERS = ["threads=4", "ATEN_CPU_CAPABILITY=default", "MKL_ENABLE_INSTRUCTIONS=SSE4_2", "ONEDNN_MAX_CPU_ISA=SSE41"]

TINY = PRESETS["tiny"]
CONFIGS = {
    "float64": TINY,
    # What `paper` does, at the size of `tiny`.
    "float32": dataclasses.replace(
        TINY, coding_dtype="float32", upsample="deconv", context="conv3x3", aggregation="dense",
        scale_activation="none", linear_path=False, gain_knots=0,
    ),
}  # fmt: skip
SMALL = [name for name in shipped_names() if name.startswith("small-")]
CASES = [*CONFIGS, *SMALL]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_model, make_image, root) -> Path:
    """What all machines have left behind: see exactness_child.py."""
    folder = tmp_path_factory.mktemp("machines")
    for case in CASES:
        model = make_model(CONFIGS[case]) if case in CONFIGS else load(case)
        save_weights(model, folder / f"{case}.safetensors")
        np.save(folder / f"{case}.npy", make_image(128, 192) if case in CONFIGS else sample("chelsea")[60:188, 100:292])
    end(begun(root, folder, DEFAULT))
    with ThreadPoolExecutor(2) as pool:
        # Those that decode wait for the others where they are: to import torch anew would take longer than they do.
        readers = list(pool.map(lambda machine: begun(root, folder, machine), READERS))
        list(pool.map(lambda machine: end(begun(root, folder, machine)), [m for m in MACHINES if m not in READERS]))
        list(pool.map(lambda reader: end(reader, "decode\n"), readers))
    return folder


@pytest.fixture(scope="module")
def pictures(folder) -> dict[bytes, np.ndarray]:
    """What this process decodes from each file of all machines."""
    codecs = {case: Codec(load(folder / f"{case}.safetensors"), float32=True) for case in CASES}
    files = {file.read_bytes(): codecs[file.stem] for file in folder.glob("*/*.dcae")}
    return {data: codec.decode(data) for data, codec in files.items()}


def begun(root: Path, folder: Path, machine: str) -> subprocess.Popen[str]:
    """A process with one setting, the others being the library's own, that has encoded."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    variable, _, value = machine.partition("=")
    threads = [value] if variable == "threads" else []
    if value and not threads:
        environment[variable] = value
    script = root / "tests" / "dcae" / "codec" / "exactness_child.py"
    child = subprocess.Popen(
        [sys.executable, str(script), str(folder), machine, *threads], cwd=root, text=True,
        env=environment | {"PYTHONPATH": str(root)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    if child.stdout.readline() != "encoded\n":
        end(child)
    return child


def end(child: subprocess.Popen[str], task: str = "") -> None:
    """Lets a process do what is left for it."""
    errors = child.communicate(task, timeout=300)[1]
    assert child.returncode == 0, f"{child.args}: {errors}"


def left_by(folder: Path, machine: str, what: str) -> np.ndarray:
    """An array that a machine left behind."""
    return np.load(folder / machine / f"{what}.npy")


def noise(folder: Path, machine: str, case: str) -> float:
    """The largest difference of sigma from the default machine's, where levels are, in the units of the margin."""
    sigma, default = (left_by(folder, name, f"{case}-sigma") for name in (machine, DEFAULT))
    used = (default > 0.1) & (default < 300)
    assert used.mean() > 0.3
    return float((np.abs(sigma - default) / np.maximum(default, 1))[used].max())


def is_disturbed(folder: Path, machine: str, case: str) -> bool:
    """Whether the machine's setting changes any bit of raw sigma: else its files prove nothing."""
    return not np.array_equal(left_by(folder, machine, f"{case}-sigma"), left_by(folder, DEFAULT, f"{case}-sigma"))


def has_avx2() -> bool:
    """Whether this is an x86-64 processor under Linux with the instruction sets that the settings choose among."""
    cpu = Path("/proc/cpuinfo")
    return platform.machine() == "x86_64" and cpu.exists() and "avx2" in cpu.read_text().split()


def assert_same_picture(ours: np.ndarray, theirs: np.ndarray) -> None:
    """g_s runs in float32: a level may differ, in one pixel of a thousand."""
    difference = np.abs(ours.astype(int) - theirs).max(axis=2)
    assert difference.max() <= 1
    assert np.mean(difference > 0) <= 1e-3


@pytest.mark.parametrize("case", CONFIGS)
def test_some_setting_disturbs_sigma_else_nothing_is_proved(folder, case):
    disturbed = [machine for machine in MACHINES if is_disturbed(folder, machine, case)]
    if not disturbed and not has_avx2():
        pytest.skip(f"no setting changes a bit of sigma in {case} on this {platform.machine()}: nothing is proved here")
    assert disturbed, f"no setting changes a bit of sigma in {case}: the other tests here prove nothing"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("machine", MACHINES)
def test_files_decode_from_and_to_every_machine(folder, pictures, machine, case):
    assert_same_picture(left_by(folder, machine, f"{case}-of-{DEFAULT}"), left_by(folder, DEFAULT, f"{case}-made"))
    decoded = pictures[(folder / machine / f"{case}.dcae").read_bytes()]
    assert_same_picture(decoded, left_by(folder, machine, f"{case}-made"))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reader", READERS)
def test_the_machines_most_unlike_each_other_decode_the_files_of_all(folder, reader, case):
    for maker in (DEFAULT, *MACHINES):
        assert_same_picture(left_by(folder, reader, f"{case}-of-{maker}"), left_by(folder, maker, f"{case}-made"))


@pytest.mark.parametrize("case", CASES)
def test_the_margin_is_many_times_the_noise(folder, case):
    dtype = load(folder / f"{case}.safetensors").config.coding_dtype
    largest = max(noise(folder, machine, case) for machine in MACHINES)
    assert {"float64": 50, "float32": 4}[dtype] * largest <= MARGINS[dtype], f"the noise of sigma is {largest:g}"
