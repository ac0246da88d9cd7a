"""The commands that are killed: how each is begun, gone on with, and what it must leave behind."""

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcae.checkpoint import read_weights
from dcae.codec.bitstream import unpack
from dcae.images import save_png
from dcae.samples import sample
from dcae.training.config import TrainingConfig
from dcae.training.run_folder import RunFolder

DCAE = (sys.executable, "-m", "dcae.cli")
RUN = """photos = ["{photos}"]
out = "{out}"
preset = "tiny"
steps = 6
batch = 2
crop_px = 64
held_out = 1
evaluations = 2
log_steps = 2
save_minutes = 1e-6
bfloat16 = false
threads = 1
"""


@dataclass(frozen=True)
class Command:
    """One command in a folder of its own.

    Attributes:
        begin: Its command line, from the photos' folder and its own.
        go_on: That which goes on after a kill; most commands are just begun again.
        check: Reads every file that a user would take for a result; raises where one is not whole.
        result: What an unbroken and a resumed one must have in common.
    """

    begin: Callable[[Path, Path], list[str]]
    go_on: Callable[[Path, Path], list[str]]
    check: Callable[[Path], Any]
    result: Callable[[Path], Any]


def photos(folder: Path) -> Path:
    """Two pictures of 64 x 48 px and two large enough to train on."""
    small, large = folder / "small", folder / "large"
    for place, size in ((small, (48, 64)), (large, (128, 128))):
        place.mkdir()
        for name in ("coffee", "flower"):
            save_png(place / f"{name}.png", sample(name)[100 : 100 + size[0], 100 : 100 + size[1]])
    return folder


def visible(out: Path) -> list[Path]:
    """The files that a user sees, in order."""
    found = (path for path in out.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(out).parts))


def encode(photos: Path, out: Path) -> list[str]:
    """Two pictures into a folder that exists."""
    out.mkdir(exist_ok=True)
    pictures = map(str, sorted((photos / "small").glob("*.png")))
    return [*DCAE, "encode", *pictures, "--model", "tiny", "-o", str(out)]


def measure(command: str, codec: str) -> Callable[[Path, Path], list[str]]:
    """`eval` or `compare` of one codec."""

    def begin(photos: Path, out: Path) -> list[str]:
        place = ["--out", str(out), "--processes", "1"]
        return [*DCAE, command, str(photos / "small"), "--codec", codec, *place]

    return begin


def train(photos: Path, out: Path) -> list[str]:
    """Six steps, saved after each."""
    config = out.with_name(f"{out.name}.toml")
    config.write_text(RUN.format(photos=photos / "large", out=out))
    return [*DCAE, "train", str(config)]


def train_on(photos: Path, out: Path) -> list[str]:
    """`--resume` for a run that was begun; one that was not is begun."""
    return [*DCAE, "train", "--resume", str(out)] if RunFolder(out).holds_a_run else train(photos, out)


def read(path: Path) -> Any:
    """A file by its kind; raises where it is not whole, or of a kind that no command leaves."""
    if path.suffix == ".dcae":
        return unpack(path.read_bytes())
    if path.suffix == ".json":
        return json.loads(path.read_text())
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows or any(None in row.values() for row in rows):
            raise ValueError(f"{path} is cut")
        return rows
    if path.suffix == ".parquet":
        import pyarrow.parquet as parquet

        return parquet.read_table(path).num_rows
    raise ValueError(f"{path} is no file of a kind that this command leaves")


def check(out: Path) -> None:
    """All visible files are whole."""
    for path in visible(out):
        read(path)


def check_run(out: Path) -> None:
    """A run's configuration, weights and state load; its log may end in the middle of a line, which is read over."""
    folder = RunFolder(out)
    for weights in out.glob("*.safetensors"):
        read_weights(weights)
    folder.load_state()
    if folder.holds_a_run:
        TrainingConfig.from_toml(folder.config)
    if folder.log.exists():
        for line in folder.log.read_bytes().splitlines(keepends=True)[:-1]:
            json.loads(line)


def files(out: Path) -> dict[str, bytes]:
    """The bytes of all visible files, except what a command keeps for itself and what tells the time."""
    return {str(path.relative_to(out)): path.read_bytes() for path in visible(out) if "cache" not in path.parts}


def figures(out: Path) -> list[dict[str, Any]]:
    """A run's log without what a clock tells."""
    records = map(json.loads, (out / "log.jsonl").read_text().splitlines())
    kinds = [record for record in records if record["kind"] in ("step", "held_out")]
    return [{k: v for k, v in record.items() if k not in ("seconds", "steps_per_s")} for record in kinds]


COMMANDS = {
    "encode": Command(encode, encode, check, files),
    "eval": Command(measure("eval", "jpeg"), measure("eval", "jpeg"), check, files),
    "compare": Command(measure("compare", "jpeg"), measure("compare", "jpeg"), check, files),
    "train": Command(train, train_on, check_run, figures),
}
