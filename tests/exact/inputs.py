"""What the matrix codes: crops of photos, shipped weights, and `paper` with weights that follow from names alone."""

import importlib.util
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcae.checkpoint import load, save_weights
from dcae.config import PRESETS
from dcae.images import load_image

ENDINGS = {".png", ".jpg", ".jpeg", ".webp"}
RECIPE = Path(__file__).parents[1] / "dcae" / "codec" / "conftest.py"


def crops(folders: list[Path], count: int, side_px: int, seed: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The middles of so many photos, drawn by chance from all that are as large: names and side x side x 3."""
    photos = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    random.Random(seed).shuffle(photos)
    found = 0
    for path in photos:
        image = load_image(path)
        top, left = ((length - side_px) // 2 for length in image.shape[:2])
        if found < count and min(top, left) >= 0:
            found += 1
            yield f"{found:03}-{path.stem}", image[top : top + side_px, left : left + side_px]
        if found == count:
            return


def write_weights(name: str, path: Path) -> None:
    """Shipped weights by their name; those of `paper` make sigma spread over many levels, as trained ones do."""
    if name != "paper":
        save_weights(load(name), path)
        return
    spec = importlib.util.spec_from_file_location("codec_recipe", RECIPE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    save_weights(module.recipe_model(PRESETS["paper"]), path)
