"""What a command makes of the lambda that its user gives, and the weights that it uses by default. No torch."""

import math
from typing import TYPE_CHECKING

from dcae.codec.protocol import Interval

if TYPE_CHECKING:
    from dcae.codec.codec import Codec
    from dcae.codec.fixed_lmbda import FixedLmbdaCodec

DEFAULT_LMBDA = 0.013
"""What is used where the user gives no lambda: one of the six of the published models (0.0018, 0.0035, 0.0067, 0.013,
0.025, 0.05), a little above the geometric mean of the trained range, 0.0095."""


def legal_lmbda(codec: "Codec | FixedLmbdaCodec", lmbda: float | None) -> float | None:
    """The lambda to use: the given one if it is legal, the default if none is given; None for weights of one lambda.

    For a folder of weights without the default lambda, the default is the one of its lambdas that is nearest in ratio.

    Raises:
        ValueError: it is out of range, none of a folder's, or the weights have one fixed lambda.
    """
    if codec.qualities is None:
        if lmbda is not None:
            raise ValueError(f"--lmbda is {lmbda}; these weights have one fixed lambda: leave it out")
        return None
    if not isinstance(codec.qualities, Interval):
        if lmbda is None:
            return min(codec.qualities, key=lambda stop: abs(math.log(stop / DEFAULT_LMBDA)))
        if lmbda not in codec.qualities:
            raise ValueError(f"--lmbda is {lmbda}; must be one of {', '.join(map(str, codec.qualities))}")
        return lmbda
    low, high = codec.qualities
    if lmbda is not None and not low <= lmbda <= high:
        raise ValueError(f"--lmbda is {lmbda}; must be {low} to {high}")
    return DEFAULT_LMBDA if lmbda is None else lmbda
