"""Hostile weights: safetensors files that were changed, and pickles that would run code."""

import io
import json
import os
import pickle
import random
import struct
import tempfile
from pathlib import Path

import torch
from mutants import changed, refusal

from dcae.checkpoint import load_published, read_weights, round_to_half, save_weights
from dcae.config import PRESETS
from dcae.model.dcae import DCAE

RAN = "DCAE_FUZZ_RAN"
"""What hostile code would set in the environment."""


class _Payload:
    """Runs code as it is unpickled."""

    def __reduce__(self) -> tuple:
        return os.putenv, (RAN, "1")


class _Loud:
    """The same, by a function of Python's own."""

    def __reduce__(self) -> tuple:
        return exec, (f"import os; os.environ[{RAN!r}] = '1'",)


class Weights:
    """Files of `tiny` that were changed in their header or anywhere, and checkpoints with code in them."""

    def __init__(self, seed: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        model = DCAE(PRESETS["tiny"])
        round_to_half(model)
        model.update(find_quantiles=False)
        save_weights(model, self.folder / "honest.safetensors", half=True)
        self.honest = (self.folder / "honest.safetensors").read_bytes()
        self.pickles = [
            self._pickle({"state_dict": {"g_a.0.conv.weight": torch.ones(3)}, "x": x}) for x in (1, _Loud())
        ]
        self.pickles += [pickle.dumps(_Payload()), pickle.dumps({"a": _Loud()}), self._pickle(_Payload())]

    def mutant(self, seed: int) -> bytes:
        """A file of this seed's own; the first byte says how it is read."""
        chance = random.Random(seed)
        if chance.random() < 0.3:
            data = chance.choice(self.pickles)
            return b"p" + (data if chance.random() < 0.5 else changed(data, chance))
        size = struct.unpack("<Q", self.honest[:8])[0]
        header, tensors = self.honest[8 : 8 + size], self.honest[8 + size :]
        kind = chance.random()
        if kind < 0.3:
            return b"s" + changed(self.honest, chance)
        if kind < 0.6:
            return b"s" + self.honest[:8] + changed(header, chance) + tensors
        fields = json.loads(header)
        name = chance.choice(sorted(fields))
        if kind < 0.8 or name == "__metadata__":
            fields.pop(name)
        else:
            fields[name]["shape"] = [
                chance.randrange(-2, 2 ** chance.randrange(40)) for _ in range(chance.randrange(5))
            ]
        text = json.dumps(fields).encode()
        return b"s" + struct.pack("<Q", len(text)) + text + tensors

    def fate(self, data: bytes) -> str:
        """What becomes of a file: refused in one line, or a network; code in it never runs."""
        path = self.folder / ("hostile.pth" if data[:1] == b"p" else "hostile.safetensors")
        path.write_bytes(data[1:])
        try:
            (load_published if data[:1] == b"p" else read_weights)(path)
        except ValueError as error:
            return refusal(ValueError(str(error).replace(str(path), "#")))
        finally:
            if os.environ.pop(RAN, None) or os.getenv(RAN):
                raise AssertionError("code in a file of weights was run")
        return "read"

    def _pickle(self, what: object) -> bytes:
        buffer = io.BytesIO()
        torch.save(what, buffer)
        return buffer.getvalue()
