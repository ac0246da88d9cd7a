"""One encoder, many decoders: `python run.py FOLDER... [--photos N] [--paper N] [--python PATH] [--only WORDS]`.

Each machine is a process with an environment of its own. All must take the encoder's level indices and find its
symbols; pictures may differ by a level in one pixel of a thousand. Exit status 1 if anything else differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from configurations import ENCODER, Configuration, configurations
from inputs import crops, write_weights

from dcae.codec.bitstream import unpack
from dcae.codec.sections import SectionType, packed

ROOT = Path(__file__).parents[2]
COLUMNS = ("files", "refused", "symbols", "other_symbols", "other_levels", "saved_levels", "disturbed")
BAD = ("refused", "other_symbols", "other_levels", "wrong_pictures")
"""What must be 0."""


def prepare(folder: Path, asked: argparse.Namespace) -> None:
    """Writes crops and weights where the workers look for them."""
    kinds = ((asked.weights, asked.photos, asked.side), ("paper", asked.paper, asked.paper_side))
    pictures = []
    for weights, count, side_px in kinds:
        if not count:
            continue
        (folder / weights).mkdir()
        for name, crop in crops(asked.folders, count, side_px, asked.seed):
            np.save(folder / weights / name, crop)
            pictures.append(name)
        if not any((folder / weights).iterdir()):
            sys.exit(f"no photo of {side_px} x {side_px} px or more in {', '.join(map(str, asked.folders))}")
        write_weights(weights, folder / f"{weights}.safetensors")
    told = {"lambdas": asked.lambdas, "pictures": pictures[: asked.pictures]}
    (folder / "lambdas.json").write_text(json.dumps(told))


def work(machine: Configuration, task: str, folder: Path) -> str:
    """What a process of this machine says."""
    command = [machine.python, str(Path(__file__).with_name("worker.py")), *machine.options, task, str(folder)]
    environment = machine.environment() | {"PYTHONPATH": str(ROOT), "DCAE_ANY_VERSIONS": "1"}
    child = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if child.returncode:
        raise RuntimeError(f"{machine.name} cannot {task}: {child.stderr.strip()}")
    return child.stdout


def line(machine: Configuration, folder: Path) -> bool:
    """Prints a machine's lines of the table, one for each weights; whether all is as the encoder had it."""
    began = time.monotonic()
    try:
        found = json.loads(work(machine, "decode", folder))
    except RuntimeError as error:
        print("FAILED", error, flush=True)
        return False
    for weights, counts in found["weights"].items():
        cells = [f"{counts[column]:>13}" for column in COLUMNS]
        pixels = f"{counts.get('other_pixels', 0)} of {counts.get('pixels', 0)}"
        about = f"torch {found['torch']}, {found['threads']} threads, {time.monotonic() - began:.0f} s"
        print(f"{machine.name:<42} {weights:<8}", *cells, f"{pixels:>20}", about, flush=True)
    return not any(counts.get(name, 0) for counts in found["weights"].values() for name in BAD)


def flag_bytes(data: bytes) -> int:
    """What the level flags take in a file, their section's head with them."""
    return len(packed(section for section in unpack(data)[1] if section.type == SectionType.LEVEL_FLAGS))


def cost(folder: Path) -> None:
    """Prints what the flags cost in the files of each weights."""
    for weights in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = [file.read_bytes() for file in weights.glob("*.dcae")]
        flags = [flag_bytes(data) for data in files]
        whole, per_file = sum(map(len, files)), sum(flags) / len(files)
        print(f"{weights.name}: {len(files)} files, {whole} bytes; of these flags", end=" ")
        print(
            f"{sum(flags)} in all, {per_file:.1f} a file, {max(flags)} at most in one ({sum(flags) / whole:.3%})",
            flush=True,
        )


def main(asked: argparse.Namespace) -> bool:
    """Encodes once, decodes everywhere, prints the table; whether nothing differs."""
    gpu = torch.cuda.is_available()
    machines = [each for each in configurations(asked.python, gpu=gpu) if not asked.only or each.name in asked.only]
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(asked.workers) as pool:
        folder = Path(name)
        prepare(folder, asked)
        work(ENCODER, "encode", folder)
        cost(folder)
        print(f"{'machine':<42} {'weights':<8}", *(f"{column:>13}" for column in COLUMNS), f"{'other pixels':>20}")
        same = list(pool.map(lambda machine: line(machine, folder), machines))
    if not gpu:
        print("GPU: none is at hand, nothing is said of one")
    print(f"{sum(same)} of {len(machines)} machines decode what was encoded")
    return bool(same) and all(same)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--weights", default="small")
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--lambdas", type=float, nargs="+", default=[0.0018, 0.013, 0.05])
    parser.add_argument("--paper", type=int, default=10, help="crops that `paper` with random weights codes")
    parser.add_argument("--paper-side", type=int, default=256)
    parser.add_argument("--pictures", type=int, default=10, help="photos whose pictures are compared")
    parser.add_argument("--python", action="append", default=[], help="another interpreter, with another torch")
    parser.add_argument("--only", action="append", help="a machine by its name in the table")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--seed", type=int, default=0)
    sys.exit(not main(parser.parse_args()))
