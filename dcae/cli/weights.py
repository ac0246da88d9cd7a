"""Weights by the name that a user gives them, and the lambdas that they allow. Imports torch when asked to load."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcae.codec.codec import Codec

DEFAULT_LMBDA = 0.013
"""What is used where the user gives no lambda: one of the six of the published models (0.0018, 0.0035, 0.0067, 0.013,
0.025, 0.05), a little above the geometric mean of the trained range, 0.0095."""
MODEL_HELP = "Shipped weights (small, tiny), a .safetensors file, or a published checkpoint (.pth, .pth.tar)."
_PUBLISHED_SUFFIXES = (".pth", ".pt", ".tar")


def open_codec(name: str, max_pixels: int) -> "Codec":
    """The codec of weights, by their name or file.

    Args:
        name: as `MODEL_HELP` says.
        max_pixels: the largest image that is encoded or decoded.

    Raises:
        FileNotFoundError: nothing of that name is shipped, and there is no such file.
        ValueError: the file holds no weights.
    """
    from dcae import checkpoint
    from dcae.codec.codec import Codec

    load = checkpoint.load_published if name.endswith(_PUBLISHED_SUFFIXES) else checkpoint.load
    return Codec(load(name), max_pixels)


def legal_lmbda(codec: "Codec", lmbda: float | None) -> float | None:
    """The lambda to use: the given one if it is legal, the default if none is given; None for weights of one lambda.

    Raises:
        ValueError: it is out of range, or the weights have one fixed lambda.
    """
    if codec.qualities is None:
        if lmbda is not None:
            raise ValueError(f"--lmbda is {lmbda}; these weights have one fixed lambda: leave it out")
        return None
    low, high = codec.qualities
    if lmbda is not None and not low <= lmbda <= high:
        raise ValueError(f"--lmbda is {lmbda}; must be {low} to {high}")
    return DEFAULT_LMBDA if lmbda is None else lmbda
