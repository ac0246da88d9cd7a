"""What a page lets its users do, checked before anything is read: one's own notebook allows more than a page for many.

Knows numbers. Does not know widgets.
"""

from dataclasses import dataclass

from dcae.images import MAX_PIXELS
from dcae_widgets.upload import MAX_UPLOAD_BYTES


@dataclass(frozen=True)
class Limits:
    """Limits on what users bring.

    Attributes:
        upload_bytes: The largest file that is taken.
        max_pixels: The largest picture that is decoded; its header says how large it is.
        fit_pixels: Larger pictures are scaled down to so many pixels; None leaves them as they are.
        paths: Whether weights may be named by a path of this machine.
    """

    upload_bytes: int = MAX_UPLOAD_BYTES
    max_pixels: int = MAX_PIXELS
    fit_pixels: int | None = None
    paths: bool = True


VISITORS = Limits(upload_bytes=20 << 20, max_pixels=40_000_000, fit_pixels=1 << 20, paths=False)
"""For strangers, of whom there are many at a time."""
