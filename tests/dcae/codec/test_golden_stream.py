"""Files that must never change, one of them in tiles: `tiny` with recipe weights and images, pinned byte by byte.

A file must decode for ever, and the same symbols must make the same bytes; which symbols an encoder chooses may change.

golden_stream.json holds them with all that cannot be rebuilt to the bit everywhere: the tables and the picture. With
DCAE_REGENERATE_GOLDEN=1 they are made anew: to be done only when the format changes and its version with it.
"""

import base64
import hashlib
import json
import os
import zlib
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from dcae.checkpoint import TABLES, identity
from dcae.codec.bitstream import unpack
from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import StreamDecoder
from dcae.codec.sections import SectionType
from dcae.codec.tiled_session import TiledSession
from dcae.config import PRESETS
from dcae.images import load_image, png_bytes
from dcae.model.dcae import DCAE
from dcae.model.quantiser import scalar_choice

PATH = Path(__file__).with_name("golden_stream.json")
HEIGHT, WIDTH, LMBDA = 72, 104, 0.013
TILED_HEIGHT, TILED_WIDTH, TILE_PX = 40, 270, 256
MARGIN = 1e-3  # wider than the codec's, so that the file has level flags


@pytest.fixture(scope="module")
def golden(make_model, make_image) -> dict[str, Any]:
    """What is pinned."""
    if os.environ.get("DCAE_REGENERATE_GOLDEN"):
        images = make_image(HEIGHT, WIDTH), make_image(TILED_HEIGHT, TILED_WIDTH)
        PATH.write_text(json.dumps(made_anew(make_model(PRESETS["tiny"]), *images), indent=1) + "\n")
    return json.loads(PATH.read_text())


def made_anew(model: DCAE, image: np.ndarray, wide: np.ndarray) -> dict[str, Any]:
    """What is to be pinned."""
    tables = {name: packed(model.state_dict()[name].numpy()) for name in TABLES}
    codec = exact_codec(model)
    data = codec.encode(image, LMBDA)
    return {
        "identity": codec.identity,
        "image_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
        "file": base64.b64encode(data).decode(),
        "tiled_file": base64.b64encode(TiledSession(codec, wide, TILE_PX).encode(LMBDA)).decode(),
        "picture": base64.b64encode(png_bytes(codec.decode(data))).decode(),
        "tables": tables,
    }


def packed(table: np.ndarray) -> dict[str, Any]:
    """A table as JSON values: the differences of its values, most of which are 1."""
    differences = np.diff(table.ravel(), prepend=0).astype("<i4")
    return {"shape": table.shape, "zlib": base64.b64encode(zlib.compress(differences.tobytes(), 9)).decode()}


def unpacked(table: dict[str, Any]) -> np.ndarray:
    """Inverse of `packed`."""
    differences = np.frombuffer(zlib.decompress(base64.b64decode(table["zlib"])), "<i4")
    return differences.cumsum(dtype=np.int32).reshape(table["shape"])


def exact_codec(model: DCAE) -> Codec:
    """All of it in float64, the transforms too: no symbol lies so near to a half that rounding could move it."""
    codec = Codec(model.double())
    codec.latent_coder.margin = MARGIN
    return codec


def coded_symbols(codec: Codec, data: bytes) -> list[np.ndarray]:
    """The symbols of each stream of a file, z's and those of y's slices, tile by tile."""
    found, read = [], StreamDecoder.read

    def note(decoder, indexes):
        found.append(read(decoder, indexes))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StreamDecoder, "read", note)
        codec.decode(data)
    return found


def choose_those_of(codec: Codec, data: bytes) -> None:
    """Lets a codec choose the symbols of a file, which are what it is to encode."""
    streams = coded_symbols(codec, data)
    parts = iter(part for k, part in enumerate(streams) if k % (1 + codec.model.config.num_slices))

    def choose(residual: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        chosen = torch.from_numpy(next(parts)).view(residual.shape).to(residual.dtype)
        assert float((residual - chosen).abs().max()) < 2  # they are this picture's
        return chosen

    codec.latent_coder.choose_symbols = scalar_choice(choose)


@pytest.fixture
def model(golden, make_model) -> DCAE:
    """`tiny` with recipe weights and the pinned tables."""
    model = make_model(PRESETS["tiny"])
    for name in TABLES:
        owner, buffer = name.split(".")
        setattr(model.get_submodule(owner), buffer, torch.from_numpy(unpacked(golden["tables"][name])))
    return model


@pytest.fixture
def file(golden) -> bytes:
    """The pinned file."""
    return base64.b64decode(golden["file"])


def test_weights_tables_and_image_are_the_pinned_ones(golden, model, make_image):
    assert identity(model) == golden["identity"]
    assert hashlib.sha256(make_image(HEIGHT, WIDTH).tobytes()).hexdigest() == golden["image_sha256"]


def test_encoding_the_same_symbols_makes_the_pinned_bytes(model, make_image, file):
    codec = exact_codec(model)
    choose_those_of(codec, file)
    assert codec.encode(make_image(HEIGHT, WIDTH), LMBDA) == file


def test_the_pinned_bytes_decode_to_the_pinned_picture(golden, model, file):
    picture = load_image(base64.b64decode(golden["picture"]))
    decoded = Codec(model).decode(file)
    assert decoded.shape == (HEIGHT, WIDTH, 3)
    difference = np.abs(decoded.astype(int) - picture).max(axis=2)
    assert difference.max() <= 1
    assert np.mean(difference > 0) <= 1e-3


def test_tiles_are_coded_to_the_pinned_bytes_and_back(golden, model, make_image, reader):
    data, image = base64.b64decode(golden["tiled_file"]), make_image(TILED_HEIGHT, TILED_WIDTH)
    picture = Codec(model).decode(data)  # in float32, before the model is turned to float64
    codec = exact_codec(model)
    choose_those_of(codec, data)
    assert TiledSession(codec, image, TILE_PX).encode(LMBDA) == data
    assert np.abs(codec.decode(data).astype(int) - picture).max() <= 1
    file = reader.read_file(data)
    assert file["tile_px"] == TILE_PX
    assert [[kind for kind, _ in tile].count(SectionType.SLICE) for tile in file["tiles"]] == [5, 5]


def test_a_reader_written_from_the_document_alone_finds_the_same_symbols(model, file, reader):
    codec, sigmas = Codec(model), []
    buffers = {name: buffer.tolist() for name, buffer in model.named_buffers()}
    for predictor in cast(Any, codec.latent_coder.slice_loop).slices:
        predictor.register_forward_hook(lambda _module, _inputs, outputs: sigmas.append(outputs[2].ravel().tolist()))
    found = coded_symbols(codec, file)
    (_, z), (_, flags), *slices = reader.read_file(file)["sections"]
    z_tables, y_tables = (
        reader.tables_of(*(buffers[f"{owner}.{name}"] for name in ("_offset", "_cdf_length", "_quantized_cdf")))
        for owner in ("entropy_bottleneck", "gaussian_conditional")
    )
    assert reader.read_z(z, 24, 2, 2, z_tables) == found[0].tolist()
    sides = reader.read_flags(flags, 80 * 8 * 8)
    assert len(sides) >= 5
    for k, (_, payload) in enumerate(slices):
        levels = reader.levels_of(sigmas[k], k * len(sigmas[k]), sides)
        assert reader.read_slice(payload, levels, y_tables) == found[k + 1].tolist()


def test_a_reader_written_from_the_document_alone_finds_the_same_identity(golden, model, reader):
    parameters = {name: (p.shape, p.detach().ravel().tolist()) for name, p in model.named_parameters()}
    tables = {name: (model.state_dict()[name].shape, model.state_dict()[name].ravel().tolist()) for name in TABLES}
    assert reader.identity_of(model.config.to_dict(), parameters, tables) == golden["identity"]


def test_the_pinned_file_has_all_kinds_of_sections(file):
    kinds = [section.type for section in unpack(file)[1]]
    assert kinds == [SectionType.Z, SectionType.LEVEL_FLAGS] + 5 * [SectionType.SLICE]
