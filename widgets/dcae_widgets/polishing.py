"""A plain file polished: refinement makes a better one, and the way to it is shown as estimates.

Knows sessions that refine, and events. Does not know who publishes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from dcae.codec.file_info import file_info
from dcae.codec.interruption import interruptible
from dcae.codec.protocol import MAX_REFINED_PX, RefinementStep, RefiningSession, Session
from dcae_widgets.events import Busy, Estimated, Event, Polish, Written
from dcae_widgets.readout import estimate_parts

POLISH_STEPS = 30
"""So many steps of refinement polish a file."""


def can_polish(session: Session, lmbda: float | None, pixels: int) -> bool:
    """Whether a session refines the file of a photo of so many pixels: one that can, at a lambda that is known."""
    return isinstance(session, RefiningSession) and lmbda is not None and pixels <= MAX_REFINED_PX


def polished(
    plain: Written, session: Session, give_up: Callable[[], None], publish: Callable[[Event], None]
) -> Written:
    """The better file that refinement makes of a plain one.

    Args:
        plain: The file.
        session: Of its photo, which refines.
        give_up: Is called between the parts of the work; what it raises ends it.
        publish: Is handed what it has come to so far.
    """
    height, width = plain.picture.shape[:2]
    steps = POLISH_STEPS

    def report(reached: RefinementStep) -> None:
        publish(
            Estimated(
                wanted=plain.wanted,
                lmbda=plain.lmbda,
                rect=None,
                picture=reached.estimate.x_hat,
                size=(width, height),
                total_bytes=reached.estimate.total_bytes,
                parts=estimate_parts(reached.estimate),
                psnr_db=reached.psnr_db,
                can_polish=True,
            )
        )
        publish(Busy(wanted=plain.wanted, text=f"polishing, step {reached.step} of {reached.steps}"))

    publish(Busy(wanted=plain.wanted, text=f"polishing, {steps} steps"))
    with interruptible(give_up):
        started = time.perf_counter()
        refined = cast(RefiningSession, session).refine(plain.lmbda, steps, report=report)
        encode_s = plain.encode_s + time.perf_counter() - started
    return replace(
        plain,
        picture=refined.picture,
        data=refined.data,
        parts=file_info(refined.data).parts,
        psnr_db=refined.psnr_db,
        encode_s=encode_s,
        polish=Polish(
            steps=steps,
            plain_bytes=refined.plain_bytes,
            plain_psnr_db=refined.plain_psnr_db,
            improved=refined.improved,
        ),
    )
