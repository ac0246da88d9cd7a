"""Where a file's bits lie: from the cost of each symbol to maps over the picture.

Knows a trace's arrays. Does not know how the coder charged for them.
"""

import numpy as np

from dcae.traces import RateMap, Trace


def rate_map(trace: Trace) -> RateMap:
    """The maps of a trace's bits: the slices in order, then z spread over what it covers.

    Each map's sum is that part of the file, to within what ends a stream and the coder's rounding.
    """
    slices = trace.y_bits.astype(np.float64).reshape(trace.num_slices, -1, *trace.y.shape[1:]).sum(axis=1)
    z = trace.z_bits.astype(np.float64).sum(axis=0)  # (h/4, w/4)
    spread = np.kron(z, np.full((4, 4), 1 / 16))  # (h, w)
    height, width = trace.image.shape[:2]
    return RateMap(bits=np.concatenate([slices, spread[None]]), file=trace.file, height=height, width=width)
