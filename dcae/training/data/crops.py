"""Which crop a sample of a step sees, and how it is cut.

Every random choice comes from the run's seed, the step and the sample's place in the whole batch, so that a crop does
not depend on how many processes or workers share the work, nor on where a run was resumed. Knows the photos' sizes
alone until a crop is cut. Shapes: H, W size of a photo in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

SCALES = ((1, 40), (2, 35), (3, 25))
"""How far a photo is scaled down, and how often in 100: down-scaled photos are sharper for their size."""


def crop_rng(seed: int, step: int, sample: int) -> np.random.Generator:
    """The generator behind all choices of one sample's crop; keys of other lengths are for what else a step draws.

    >>> [int(crop_rng(0, 5, sample).integers(100)) == int(crop_rng(0, 5, 2).integers(100)) for sample in (2, 3)]
    [True, False]
    """
    return np.random.default_rng((seed, step, sample))


class CropChoice:
    """Chooses the scale by its chance, then a photo in proportion to its area at that scale.

    A photo is never enlarged: it takes part in the scales at which both its sides hold a crop. What a photo's area and
    its shorter side are does not depend on its orientation, so sizes may be those of the file, before it is turned
    upright.

    Args:
        sizes: Two sides of each photo, px.
        crop_px: Side of a crop; every photo must have sides of at least that.
    """

    def __init__(self, sizes: Sequence[tuple[int, int]], crop_px: int) -> None:
        sides = np.array(sizes, np.int64)  # (photos, 2)
        levels = []
        for factor, chance in SCALES:
            (indices,) = np.nonzero(sides.min(axis=1) >= factor * crop_px)
            if len(indices):
                levels.append((chance, factor, indices, np.cumsum((sides[indices] // factor).prod(axis=1))))
        self._thresholds = np.cumsum([chance for chance, *_ in levels])
        self._levels = [(factor, indices, areas) for _, factor, indices, areas in levels]

    def draw(self, rng: np.random.Generator) -> tuple[int, int]:
        """The photo's index and the factor that its sides are divided by."""
        level = np.searchsorted(self._thresholds, rng.integers(self._thresholds[-1]), side="right")
        factor, indices, areas = self._levels[level]
        return int(indices[np.searchsorted(areas, rng.integers(areas[-1]), side="right")]), factor


def crop_factors(size: tuple[int, int], crop_px: int) -> list[int]:
    """The factors at which a photo still holds a crop.

    >>> crop_factors((481, 321), 128), crop_factors((481, 321), 322)
    ([1, 2], [])
    """
    return [factor for factor, _ in SCALES if min(size) >= factor * crop_px]


def scale_down(photo: np.ndarray, factor: int) -> np.ndarray:
    """A photo (H, W, 3) at 1/factor of its sides, by Lanczos."""
    if factor == 1:
        return photo
    height, width = photo.shape[:2]
    return np.asarray(Image.fromarray(photo).resize((width // factor, height // factor), Image.Resampling.LANCZOS))


def cut(photo: np.ndarray, crop_px: int, rng: np.random.Generator) -> np.ndarray:
    """A random square of a photo (H, W, 3), flipped and transposed or not: a view, (crop_px, crop_px, 3)."""
    top = int(rng.integers(photo.shape[0] - crop_px + 1))
    left = int(rng.integers(photo.shape[1] - crop_px + 1))
    crop = photo[top : top + crop_px, left : left + crop_px]
    crop = crop[:, ::-1] if rng.random() < 0.5 else crop
    return crop.transpose(1, 0, 2) if rng.random() < 0.5 else crop


def stack(crops: Sequence[np.ndarray]) -> np.ndarray:
    """Crops (crop_px, crop_px, 3) as one array (B, crop_px, crop_px, 3)."""
    batch = np.empty((len(crops), *crops[0].shape), crops[0].dtype)
    for index, crop in enumerate(crops):
        # A flipped or transposed view is copied several times faster one channel after the other.
        for channel in range(crop.shape[2]):
            batch[index, :, :, channel] = crop[:, :, channel]
    return batch
