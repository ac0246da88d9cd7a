"""What a run's log says, as a panel shows it: figures with their units, how much is done, and its state in words.

Knows records and words. Does not know widgets.
"""

import math
from pathlib import Path

from dcae_widgets.run_log import RunLog
from dcae_widgets.watched_run import Plan, seconds_left

NOT_KNOWN = "–"
ENDED = ("finished", "stopped", "killed")
"""The states of a run that nobody works at any more."""


def figures(log: RunLog, plan: Plan, state: str) -> list[list[str]]:
    """Label and value of each figure, in order; as many for any log, so that nothing moves on the page."""
    last = log.steps[-1] if log.steps else None
    step = max([each[-1].step for each in (log.steps, log.held_out) if each], default=0)
    whole = "" if plan.steps is None else f" of {plan.steps:,}"
    left = None if last is None or state in ENDED else seconds_left(plan, last.step, last.seconds, last.steps_per_s)
    values = {
        "step": NOT_KNOWN if log.is_empty else f"{step:,}{whole}",
        "elapsed": NOT_KNOWN if log.is_empty else clock(elapsed_s(log)),
        "time left": NOT_KNOWN if left is None else clock(left),
        "speed": NOT_KNOWN if last is None else _measured(last.steps_per_s, ".2f", "steps/s"),
        "training loss": NOT_KNOWN if last is None else _measured(last.loss, ".3f"),
        "training rate": NOT_KNOWN if last is None else _measured(last.bpp, ".3f", "bpp"),
        "training PSNR": NOT_KNOWN if last is None else _measured(last.psnr_db, ".2f", "dB"),
    }
    return [[label, value] for label, value in values.items()]


def progress(log: RunLog, plan: Plan, state: str) -> float:
    """How much of the run is done, 0 to 1; -1 if that is not known."""
    if state == "finished":
        return 1.0
    if plan.steps is not None:
        return min(1.0, log.steps[-1].step / plan.steps) if log.steps else 0.0
    if plan.minutes is not None:
        return min(1.0, elapsed_s(log) / (60 * plan.minutes))
    return -1.0


def elapsed_s(log: RunLog) -> float:
    """How long the run has trained, as its last line says, in s."""
    return max([each[-1].seconds for each in (log.steps, log.held_out) if each], default=0.0)


def sentence(state: str, folder: Path) -> str:
    """What a state means.

    >>> sentence("killed", Path("runs/a"))
    'its process has ended without a word; resume with `dcae train --resume runs/a`'
    """
    resume = f"resume with `dcae train --resume {folder}`"
    return {
        "waiting": f"for the first step in {folder}",
        "training": f"in {folder}",
        "paused": "the run waits until it is told to continue",
        "stopping": "the run saves its state and ends",
        "finished": f"in {folder}",
        "stopped": f"its state is saved; {resume}",
        "killed": f"its process has ended without a word; {resume}",
    }[state]


def clock(seconds: float) -> str:
    """A time as minutes and seconds, or hours and minutes.

    >>> clock(7), clock(754.6), clock(3 * 3600 + 120)
    ('0:07 min', '12:35 min', '3:02 h')
    """
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def _measured(value: float, form: str, unit: str = "") -> str:
    words = f"{value:{form}} {unit}".strip()
    return words if math.isfinite(value) else "no number"
