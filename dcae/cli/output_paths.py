"""Where commands write to: one file for one input, a folder for several, and never over an input."""

from collections.abc import Sequence
from pathlib import Path

from dcae.files import followed


def output_paths(inputs: Sequence[Path], out: Path, suffix: str) -> list[Path]:
    """The output of each input: `out` itself for one, or in the folder `out` the input's stem and `suffix`.

    Checked before anything slow begins.

    Args:
        inputs: one or more files, whether or not they exist.
        out: a folder that exists, or for one input a file's name.
        suffix: of the outputs in a folder, with its dot.

    Raises:
        ValueError: several inputs without a folder, two of them with one output, an output that is an input, or one
            that exists and is no file.
        FileNotFoundError: the output's folder does not exist.
    """
    if not out.is_dir() and len(inputs) > 1:
        raise ValueError(f"{out} is no folder; {len(inputs)} inputs need one that exists")
    targets = [out / (source.stem + suffix) for source in inputs] if out.is_dir() else [out]
    if not targets[0].parent.is_dir():
        raise FileNotFoundError(f"{out}: there is no folder {targets[0].parent} to write it to")
    sources: dict[Path, Path] = {}
    originals = {followed(source) for source in inputs}
    for source, target in zip(inputs, targets, strict=True):
        if followed(target) in originals:
            raise ValueError(f"{target} is an input itself; give the output another name")
        if target.exists() and not target.is_file():
            raise ValueError(f"{target} exists and is no file; give the output another name")
        if target in sources:
            raise ValueError(f"{sources[target]} and {source} would both be written to {target}")
        sources[target] = source
    return targets
