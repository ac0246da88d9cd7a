"""The lines of Python that repeat what an explorer shows, to the byte.

Knows sources and names. Runs nothing.
"""

from dcae_widgets.lmbda_dial import decimal
from dcae_widgets.photo_source import PhotoSource


def python_lines(
    source: PhotoSource, model: str, lmbda: float | None, *, stops: bool = False, polish_steps: int = 0
) -> str:
    """The lines that make the same file and the same picture of it.

    Args:
        source: What is shown; of a compressed file, the lines that decode it.
        model: The weights' name or path.
        lmbda: What the file is made with; None for weights of one fixed lambda.
        stops: Whether lambda is one of a list, and is written as it stands there.
        polish_steps: With how many steps the file was refined. On another machine that may lead to a few other bytes.

    >>> from dcae_widgets.photo_source import shipped_photo
    >>> print(python_lines(shipped_photo("flower"), "tiny", 0.013))
    from dcae.codec.catalogue import open_codec
    from dcae.samples import sample
    <BLANKLINE>
    codec = open_codec('tiny')
    photo = sample('flower')
    data = codec.encode(photo, 0.013)
    decoded = codec.decode(data)
    """
    imports = ["from dcae.codec.catalogue import open_codec"]
    lines = [f"codec = open_codec({model!r})"]
    if source.data is not None:
        imports.insert(0, "from pathlib import Path\n")
        lines.append(f"data = {source.python}")
    else:
        lines += _photo_lines(source, imports)
        quality = "" if lmbda is None else repr(lmbda) if stops else decimal(lmbda)
        if polish_steps:
            lines.append(f"data = codec.open(photo).refine({quality}, {polish_steps}).data")
        else:
            lines.append(f"data = codec.encode({', '.join(filter(None, ['photo', quality]))})")
    return "\n".join([*imports, "", *lines, "decoded = codec.decode(data)"])


def _photo_lines(source: PhotoSource, imports: list[str]) -> list[str]:
    """The line that reads the photo, if one does; adds what it needs to the imports."""
    function = source.python.partition("(")[0]
    modules = {"sample": "dcae.samples", "load_image": "dcae.images"}
    if function not in modules:
        return ["# photo: the array that the explorer was given, uint8, H x W x 3"]
    imports.append(f"from {modules[function]} import {function}")
    return [f"photo = {source.python}"]
