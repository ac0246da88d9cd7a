"""One machine among many, with its arithmetic set by environment.

`python exactness_child.py FOLDER NAME [THREADS]`: for each weights file FOLDER/STEM.safetensors it encodes
FOLDER/STEM.npy into FOLDER/NAME, with the picture that the encoder expects and the sigma of each element, and says so.
If it is then told to decode, it decodes the file of every machine that is in FOLDER.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from dcae.checkpoint import load
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec


def encode(folder: Path, name: str) -> None:
    """Leaves NAME/STEM.dcae, NAME/STEM-made.npy and NAME/STEM-sigma.npy, sigma from decoding the default's file."""
    (folder / name).mkdir(exist_ok=True)
    for weights in sorted(folder.glob("*.safetensors")):
        codec, mine = Codec(load(weights), float32=True), folder / name / weights.stem
        lmbda = None if codec.model.gain is None else 0.013
        session = codec.open(np.load(weights.with_suffix(".npy")))
        mine.with_suffix(".dcae").write_bytes(session.encode(lmbda))
        np.save(f"{mine}-made.npy", session.reconstruct(lmbda))
        decode_with_sigma(codec, folder / "default" / f"{weights.stem}.dcae", mine)


def decode_with_sigma(codec: Codec, file: Path, mine: Path) -> None:
    """Decodes the file of the default machine into NAME/STEM-of-default.npy and keeps sigma."""
    sigmas = []
    codec.latent_coder.slice_loop.register_forward_hook(lambda *told: sigmas.append(told[-1].sigma.numpy().copy()))
    data = file.read_bytes()
    assert len(unpack(data)[1]) >= 6
    np.save(f"{mine}-of-default.npy", codec.decode(data))
    np.save(f"{mine}-sigma.npy", np.concatenate(sigmas))


def decode(folder: Path, name: str) -> None:
    """Leaves NAME/STEM-of-MAKER.npy for every machine that has made a file; equal files are decoded once."""
    for weights in sorted(folder.glob("*.safetensors")):
        codec, pictures = Codec(load(weights), float32=True), {}
        for file in sorted(folder.glob(f"*/{weights.stem}.dcae")):
            data = file.read_bytes()
            if data not in pictures:
                pictures[data] = codec.decode(data)
            np.save(folder / name / f"{weights.stem}-of-{file.parent.name}.npy", pictures[data])


if __name__ == "__main__":
    if len(sys.argv) > 3:
        torch.set_num_threads(int(sys.argv[3]))
    encode(Path(sys.argv[1]), sys.argv[2])
    print("encoded", flush=True)
    if sys.stdin.readline() == "decode\n":
        decode(Path(sys.argv[1]), sys.argv[2])
