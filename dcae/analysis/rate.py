"""Where a file's bits lie: from the cost of each symbol to maps over the picture.

Knows a trace. Does not know how the coder charged.
"""

from dcae.traces import RateMap, Trace


def rate_map(trace: Trace) -> RateMap:
    """The maps of a trace's bits: the slices in order, then z spread over what it covers.

    Each map's sum is that part of the file, to within what ends a stream and the coder's rounding.
    """
    return RateMap.of(trace)
