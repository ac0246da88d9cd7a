"""Rectangles that options ask for, as `X,Y,W,H`."""

from dcae.codec.tiles import Part


def rectangle(option: str, text: str) -> Part:
    """The part of a picture that an option names; where it lies is not checked.

    Args:
        option: its name, for the error.
        text: what it was given.

    Raises:
        ValueError: it is not four whole numbers.

    >>> rectangle("--region", "900,200,640,480")
    Part(top=200, left=900, height=480, width=640)
    """
    try:
        left, top, width, height = (int(number) for number in text.split(","))
    except ValueError:
        raise ValueError(f"{option} is {text!r}; must be X,Y,W,H: four whole numbers of pixels") from None
    return Part(top, left, height, width)
