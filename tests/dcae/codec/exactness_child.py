"""One machine among many: `python exactness_child.py FOLDER NAME [THREADS]`, with its arithmetic set by environment.

For each weights file of FOLDER it encodes FOLDER/image.npy into FOLDER/NAME, with the picture that the encoder expects,
and decodes what the machine called `default` has encoded, with the sigma of each element on the way.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from dcae.checkpoint import load
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec


def main(folder: Path, name: str) -> None:
    """Leaves NAME/STEM.dcae, NAME/STEM-made.npy, NAME/STEM-decoded.npy and NAME/STEM-sigma.npy."""
    (folder / name).mkdir()
    for weights in sorted(folder.glob("*.safetensors")):
        codec, mine = Codec(load(weights)), folder / name / weights.stem
        lmbda = None if codec.qualities is None else 0.013
        session = codec.open(np.load(folder / "image.npy"))
        mine.with_suffix(".dcae").write_bytes(session.encode(lmbda))
        np.save(f"{mine}-made.npy", session.reconstruct(lmbda))
        decode_with_sigma(codec, folder / "default" / f"{weights.stem}.dcae", mine)


def decode_with_sigma(codec: Codec, file: Path, mine: Path) -> None:
    """Decodes the file of the default machine."""
    sigmas = []
    predictors = [module for name, module in codec.latent_coder.slice_loop.named_modules() if name.count(".") == 1]
    for predictor in predictors[: codec.model.config.num_slices]:
        predictor.register_forward_hook(lambda _module, _inputs, outputs: sigmas.append(outputs[2].numpy().copy()))
    data = file.read_bytes()
    assert len(unpack(data)[1]) >= 6
    np.save(f"{mine}-decoded.npy", codec.decode(data))
    np.save(f"{mine}-sigma.npy", np.concatenate(sigmas))


if __name__ == "__main__":
    if len(sys.argv) > 3:
        torch.set_num_threads(int(sys.argv[3]))
    main(Path(sys.argv[1]), sys.argv[2])
