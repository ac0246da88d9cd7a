"""One machine: `python worker.py [--threads N] [--deterministic] [--device D] encode|decode FOLDER`.

FOLDER holds weights NAME.safetensors and, in NAME/, photos as .npy. `encode` leaves beside each photo its files at the
lambdas of FOLDER/lambdas.json, with what it coded; `decode` reads the files, compares, and prints a line of JSON.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import dcae.codec.latent_coder as latents
from dcae.checkpoint import load
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.codec.scale_levels import levels
from dcae.codec.sections import BitstreamError
from dcae.config import SCALE_LEVELS, DCAEConfig
from dcae.model.slices import parts_of

Stream = NDArray[Any]


class Witness:
    """Sees what a decoder decides in each stream, without a part in it."""

    def __init__(self) -> None:
        self.symbols: list[Stream] = []
        self.indexes: list[Stream] = []
        self.sigmas: list[Stream] = []
        self._resolve, latents.resolve = latents.resolve, self._seen_levels
        read, witness = latents.StreamDecoder.read, self

        def seen(self: latents.StreamDecoder, indexes: Any) -> Stream:
            witness.symbols.append(read(self, indexes))
            return witness.symbols[-1]

        latents.StreamDecoder.read = seen

    def forget(self) -> None:
        """What comes next is another file."""
        self.symbols, self.indexes, self.sigmas = [], [], []

    def _seen_levels(self, sigma: Stream, *others: Any) -> Stream:
        self.sigmas.append(sigma)
        self.indexes.append(self._resolve(sigma, *others))
        return self.indexes[-1]


def in_coding_order(slices: list[Stream], config: DCAEConfig) -> list[Stream]:
    """The parts that y is coded in, flat, of what its slices hold, each (1, M/slices, H/16, W/16)."""
    return [part.numpy().ravel() for part in parts_of(torch.from_numpy(np.concatenate(slices, axis=1)), config)]


def bits(sigma: Stream) -> str:
    """Says whether two sigmas are the same to the last bit."""
    return hashlib.sha256(np.ascontiguousarray(sigma).tobytes()).hexdigest()


def codecs(folder: Path, device: str) -> Iterator[tuple[Path, Codec]]:
    """Each weights' folder of photos, and their codec."""
    for weights in sorted(folder.glob("*.safetensors")):
        yield weights.with_suffix(""), Codec(load(weights).to(device), float32=True)


@torch.inference_mode()
def encode(folder: Path, device: str) -> None:
    """Leaves PHOTO-LAMBDA.dcae and .npz: symbols, levels, sigma's bits, and PHOTO-LAMBDA-made.npy where asked for."""
    asked = json.loads((folder / "lambdas.json").read_text())
    for photos, codec in codecs(folder, device):
        for photo in sorted(photos.glob("*.npy")):
            session = codec.open_whole(np.load(photo))
            for lmbda in asked["lambdas"] if codec.model.gain is not None else [None]:
                record: list[latents.CodedPart] = []
                coded = codec.latent_coder.encode(*session.latents(lmbda), record=record)
                made = photos / f"{photo.stem}@{lmbda}"
                made.with_name(f"{made.name}.dcae").write_bytes(session.file_of(coded, lmbda))
                z, *slices = record
                config = codec.model.config
                of_slices = in_coding_order([part.symbols for part in slices], config)
                symbols = np.concatenate([z.symbols.ravel(), *of_slices])
                of_slices = [(part.indexes % SCALE_LEVELS).reshape(part.symbols.shape) for part in slices]
                indexes = np.concatenate(in_coding_order(of_slices, config))
                sigmas = [part.sigma.cpu().numpy() for part in slices if part.sigma is not None]
                sigmas = [bits(sigma) for sigma in in_coding_order(sigmas, config)]
                np.savez(made.with_name(f"{made.name}.npz"), symbols=symbols, indexes=indexes, sigmas=np.array(sigmas))
                if photo.stem in asked["pictures"]:
                    picture = codec.synthesise(coded.y_hat, lmbda, session.height, session.width)
                    np.save(made.with_name(f"{made.name}.made.npy"), picture)


def unlike(ours: list[Stream], theirs: Stream) -> int:
    """Elements that differ, or that are missing because a stream was refused."""
    mine = np.concatenate(ours) if ours else np.empty(0, theirs.dtype)
    return int(np.count_nonzero(mine != theirs[: mine.size])) + theirs.size - mine.size


def decoded(codec: Codec, file: Path, witness: Witness) -> dict[str, int]:
    """What decoding a file came to, in counts that can be added up."""
    header, sections = unpack(file.read_bytes())
    theirs, picture = np.load(file.with_suffix(".npz")), file.with_suffix(".made.npy")
    size = -(-header.height // 64) * 64, -(-header.width // 64) * 64
    witness.forget()
    counts = {"files": 1, "refused": 0}
    try:
        y_hat = codec.latent_coder.decode(sections, *size)
        if picture.exists():
            like = next(codec.model.parameters())
            lmbda = codec.read(file.read_bytes()).lmbda
            made = codec.synthesise(y_hat.to(like.device, like.dtype), lmbda, header.height, header.width)
            counts |= off(made, np.load(picture))
    except BitstreamError:
        counts["refused"] = 1
    own = [int(np.count_nonzero(levels(s) != i)) for s, i in zip(witness.sigmas, witness.indexes, strict=True)]
    disturbed = [bits(sigma) for sigma in witness.sigmas] != theirs["sigmas"].tolist()
    return counts | {
        "symbols": theirs["symbols"].size,
        "other_symbols": unlike([symbols.ravel() for symbols in witness.symbols], theirs["symbols"]),
        "other_levels": unlike([indexes.ravel() for indexes in witness.indexes], theirs["indexes"]),
        "saved_levels": sum(own),
        "disturbed": int(disturbed),
    }


def off(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> dict[str, int]:
    """A picture held against the encoder's: one level in one pixel of a thousand may differ."""
    difference = np.abs(ours.astype(int) - theirs).max(axis=2)
    wrong = difference.max() > 1 or np.mean(difference > 0) > 1e-3
    return {
        "pictures": 1,
        "pixels": difference.size,
        "other_pixels": int(np.count_nonzero(difference)),
        "wrong_pictures": int(wrong),
    }


def decode(folder: Path, device: str) -> None:
    """Prints the counts of each weights' files, added up, as one line of JSON."""
    witness, found = Witness(), {"torch": torch.__version__, "threads": torch.get_num_threads(), "weights": {}}
    for photos, codec in codecs(folder, device):
        total: dict[str, int] = {}
        for file in sorted(photos.glob("*.dcae")):
            for name, count in decoded(codec, file, witness).items():
                total[name] = total.get(name, 0) + count
        found["weights"][photos.name] = total
    print(json.dumps(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int)
    parser.add_argument("--deterministic", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("task", choices=("encode", "decode"))
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    torch.use_deterministic_algorithms(given.deterministic)
    {"encode": encode, "decode": decode}[given.task](given.folder, given.device)
