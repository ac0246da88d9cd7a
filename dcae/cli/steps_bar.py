"""A progress bar for work that says how many of its steps are done, and of how many."""

from collections.abc import Iterator
from contextlib import contextmanager

from dcae.codec.protocol import Report


@contextmanager
def steps_bar(unit: str) -> Iterator[Report]:
    """Shows it on a terminal's stderr; what it gives is called with the steps done and all steps.

    Args:
        unit: what a step is called.
    """
    from tqdm import tqdm

    with tqdm(unit=unit, disable=None, leave=False) as bar:

        def show(done: int, steps: int) -> None:
            bar.total = steps
            bar.update(done - bar.n)

        yield show
