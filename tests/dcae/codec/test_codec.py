"""The codec: every legal image comes back as the encoder saw it, every illegal one and every other file is refused."""

import dataclasses
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dcae.checkpoint import save_weights
from dcae.codec.bitstream import Header, keep_slices, layout, pack, unpack
from dcae.codec.codec import Codec
from dcae.codec.sections import BitstreamError, Section
from dcae.config import PRESETS

SIDES = [
    (1, 1), (1, 2), (2, 1), (2, 15), (15, 16), (16, 17), (17, 63), (63, 64), (64, 64), (64, 65), (65, 127),
    (127, 128), (128, 129), (129, 200), (200, 1), (1, 300), (300, 1),
    (511, 513), (600, 599),
]  # fmt: skip
LMBDAS = [0.0005, 0.0018, 0.013, 0.05, 0.15]
FIXED = dataclasses.replace(PRESETS["tiny"], gain_knots=0)


def sealed(body: bytes) -> bytes:
    """A body with a checksum that is right."""
    return body + struct.pack("<I", zlib.crc32(body))


def with_size(data: bytes, width: int, height: int) -> bytes:
    """The same file with another claim of its size."""
    header, sections = unpack(data)
    return pack(dataclasses.replace(header, width=width, height=height), sections)


@pytest.fixture(scope="module")
def file(codec, make_image) -> bytes:
    """A small file: 40 x 24 px."""
    return codec.encode(make_image(24, 40), 0.002)


@pytest.fixture(scope="module")
def other(make_model) -> Codec:
    """Another codec of the same shape."""
    return Codec(make_model(PRESETS["tiny"], seed=2))


@pytest.fixture(scope="module")
def fixed(make_model) -> Codec:
    """A codec of one fixed lambda."""
    return Codec(make_model(FIXED))


@pytest.mark.parametrize(("height", "width"), SIDES)
def test_a_file_decodes_to_the_encoders_own_picture(codec, make_image, height, width):
    session = codec.open(make_image(height, width, seed=height + width))
    lmbda = LMBDAS[(height + width) % len(LMBDAS)]
    decoded = codec.decode(session.encode(lmbda))
    assert decoded.shape == (height, width, 3)
    assert decoded.dtype == np.uint8
    np.testing.assert_array_equal(decoded, session.reconstruct(lmbda))


@settings(max_examples=8)
@given(st.integers(1, 90), st.integers(1, 90), st.floats(0.0005, 0.15), st.integers(0, 2**32))
def test_noise_of_any_size_at_any_lambda_decodes_to_the_encoders_own_picture(codec, height, width, lmbda, seed):
    session = codec.open(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))
    np.testing.assert_array_equal(codec.decode(session.encode(lmbda)), session.reconstruct(lmbda))


@pytest.mark.parametrize("lmbda", LMBDAS)
@pytest.mark.parametrize("picture", ["black", "white", "checks", "one white pixel"])
def test_extreme_images_decode_to_the_encoders_own_picture(codec, picture, lmbda):
    image = np.zeros((65, 70, 3), np.uint8)
    image[{"black": slice(0), "white": ..., "checks": (slice(None, None, 2), slice(1, None, 2)),
           "one white pixel": (3, 4)}[picture]] = 255  # fmt: skip
    session = codec.open(image)
    np.testing.assert_array_equal(codec.decode(session.encode(lmbda)), session.reconstruct(lmbda))


def test_one_session_serves_any_lambda_in_any_order(codec, make_image):
    image = make_image(70, 64)
    session = codec.open(image)
    for lmbda in (0.05, 0.002, 0.05, 0.013):
        data = session.encode(lmbda)
        assert data == codec.encode(image, lmbda)
        np.testing.assert_array_equal(codec.decode(data), session.reconstruct(lmbda))


def test_lambda_is_rounded_to_float32_before_it_is_used(codec, make_image):
    session = codec.open(make_image(30, 30))
    data = session.encode(0.0123)
    assert unpack(data)[0].lmbda == float(np.float32(0.0123)) != 0.0123
    assert data == session.encode(float(np.float32(0.0123)))


def test_weights_of_one_fixed_lambda_code_without_one(fixed, make_image):
    session = fixed.open(make_image(50, 90))
    data = session.encode()
    assert unpack(data)[0].lmbda == 0.0
    assert fixed.qualities is None
    np.testing.assert_array_equal(fixed.decode(data), session.reconstruct())


def test_a_session_leaves_the_callers_image_alone_and_does_not_look_at_it_again(codec, make_image):
    image = make_image(33, 47)
    before = image.copy()
    session = codec.open(image)
    data = session.encode(0.01)
    np.testing.assert_array_equal(image, before)
    image[:] = 0
    session.encode(0.02)
    assert session.encode(0.01) == data


@pytest.fixture(params=["autocast", "medium precision"])
def surroundings(request):
    """What a caller may have switched on: switched on, and off again."""
    if request.param == "autocast":
        with torch.autocast("cpu", torch.bfloat16):
            yield
    else:
        torch.set_float32_matmul_precision("medium")
        try:
            yield
            assert torch.get_float32_matmul_precision() == "medium"
        finally:
            torch.set_float32_matmul_precision("highest")


@pytest.fixture(scope="module")
def y_hat(codec, file):
    """What the small file says, decoded with nothing switched on."""
    return codec.latent_coder.decode(unpack(file)[1], 64, 64)


def test_what_surrounds_the_coding_does_not_change_what_a_file_says(codec, file, y_hat, surroundings):
    again = codec.latent_coder.decode(unpack(file)[1], 64, 64)
    assert torch.equal(again, y_hat)
    assert not again.requires_grad


def test_a_file_made_in_any_surroundings_decodes(codec, make_image, surroundings):
    session = codec.open(make_image(60, 60))
    np.testing.assert_array_equal(codec.decode(session.encode(0.01)), session.reconstruct(0.01))


def test_a_model_in_training_is_put_into_eval_mode(make_model, make_image):
    model = make_model(PRESETS["tiny"]).train()
    Codec(model).encode(make_image(16, 16), 0.01)
    assert not model.training


def test_a_model_in_float64_makes_files_that_one_in_float32_decodes(codec, make_model, make_image):
    double = Codec(make_model(PRESETS["tiny"]).double())
    assert double.identity == codec.identity
    session = double.open(make_image(64, 100))
    difference = codec.decode(session.encode(0.01)).astype(int) - session.reconstruct(0.01)
    assert np.abs(difference).max() <= 1
    assert np.mean(difference != 0) <= 1e-3


@pytest.mark.gpu
def test_a_file_made_on_a_gpu_decodes_on_a_cpu_and_the_other_way_round(codec, make_model, make_image):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    on_gpu, image = Codec(make_model(PRESETS["tiny"]).cuda()), make_image(100, 200)
    for maker, reader in ((on_gpu, codec), (codec, on_gpu)):
        difference = reader.decode(maker.encode(image, 0.01)).astype(int) - maker.open(image).reconstruct(0.01)
        assert np.abs(difference).max() <= 1
        assert np.mean(difference != 0) <= 1e-3


def test_any_prefix_of_the_slices_decodes_to_a_picture_of_the_files_size(codec, make_image):
    data = codec.encode(make_image(70, 50), 0.02)
    pictures = [codec.decode(keep_slices(data, k)) for k in range(6)]
    for k, picture in enumerate(pictures):
        assert picture.shape == (70, 50, 3)
        np.testing.assert_array_equal(codec.decode(data, num_slices=k), picture)
    np.testing.assert_array_equal(codec.decode(data, num_slices=5), pictures[5])
    assert len({picture.tobytes() for picture in pictures}) == 6


def test_slices_that_are_not_decoded_are_not_looked_at(codec, file):
    header, sections = unpack(file)
    damaged = pack(header, [*sections[:-1], Section(sections[-1].type, sections[-1].payload + bytes(4))])
    assert codec.decode(damaged, num_slices=4).shape == (24, 40, 3)
    with pytest.raises(BitstreamError, match="its symbols encode to other bytes"):
        codec.decode(damaged)


def test_unknown_ancillary_sections_change_nothing(codec, file):
    header, sections = unpack(file)
    with_remark = pack(header, [*sections[:2], Section(0x9A, b"a remark"), *sections[2:]])
    np.testing.assert_array_equal(codec.decode(with_remark), codec.decode(file))


def test_all_that_is_no_stream_is_at_most_72_bytes(codec, make_image):
    for height, width in ((1, 1), (200, 300)):
        parts = layout(codec.encode(make_image(height, width), 0.01))
        assert len(parts.slice_bytes) == 5
        assert parts.header_bytes <= 72
        assert parts.header_bytes + parts.z_bytes + sum(parts.slice_bytes) + parts.other_bytes == parts.total_bytes


@pytest.mark.parametrize("lmbda", LMBDAS)
def test_a_file_is_hardly_larger_than_its_estimate(codec, make_image, lmbda):
    session = codec.open(make_image(200, 300))
    parts, bits = layout(session.encode(lmbda)), session.estimate(lmbda).bits
    assert parts.total_bytes <= 1.005 * sum(bits.values()) / 8 + 72 + 8 * len(bits) + parts.other_bytes


def test_the_estimate_names_its_parts_and_counts_the_container(codec, make_image):
    estimate = codec.open(make_image(64, 64)).estimate(0.01)
    assert list(estimate.bits) == ["z", *(f"slice {k}" for k in range(5))]
    assert all(bits > 0 for bits in estimate.bits.values())
    assert estimate.x_hat.shape == (64, 64, 3)
    assert 0 < estimate.total_bytes - sum(estimate.bits.values()) / 8 <= 72 + 6 * 8


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((8, 8, 3), np.nan, np.float32), "image is float32 with 192 NaN or infinite of 192 values"),
        (np.zeros((8, 8, 3), np.float32), "image is float32; must be uint8"),
        (np.zeros((8, 8), np.uint8), r"image has shape \(8, 8\); must be \(H, W, 3\)"),
        (np.zeros((8, 8, 4), np.uint8), r"image has shape \(8, 8, 4\)"),
        (np.zeros((0, 8, 3), np.uint8), "image is 8 x 0 px; sides must be 1 to 65535 px"),
        (np.zeros((65536, 1, 3), np.uint8), "image is 1 x 65536 px"),
    ],
)
def test_what_is_no_image_is_refused(codec, image, message):
    with pytest.raises(ValueError, match=message):
        codec.encode(image, 0.01)


def test_what_is_no_array_is_refused(codec):
    with pytest.raises(TypeError, match="image is a list; must be a numpy array"):
        codec.open([[1, 2, 3]])


def test_more_pixels_than_allowed_are_refused_both_ways(tiny, codec, make_image):
    small = Codec(tiny, max_pixels=1000)
    message = r"image is 40 x 26 = 1040 px; at most 1000 px \(raise max_pixels\)"
    with pytest.raises(ValueError, match=message):
        small.open(make_image(26, 40))
    with pytest.raises(BitstreamError, match=message):
        small.decode(codec.encode(make_image(26, 40), 0.01))
    assert small.decode(small.encode(make_image(25, 40), 0.01)).shape == (25, 40, 3)


@pytest.mark.parametrize("lmbda", [0.0004, 0.16, 0.0, -0.01, float("nan"), float("inf")])
@pytest.mark.parametrize("method", ["encode", "reconstruct", "estimate"])
def test_a_lambda_out_of_range_is_refused(codec, make_image, lmbda, method):
    with pytest.raises(ValueError, match=r"lmbda is .*; must be 0\.0005 to 0\.15"):
        getattr(codec.open(make_image(8, 8)), method)(lmbda)


def test_a_lambda_is_asked_for_where_there_are_gains_and_refused_where_there_are_none(codec, fixed, make_image):
    with pytest.raises(ValueError, match="lmbda is missing"):
        codec.encode(make_image(8, 8))
    with pytest.raises(ValueError, match="these weights have one fixed lambda"):
        fixed.encode(make_image(8, 8), 0.013)


def test_a_model_without_tables_is_refused():
    from dcae.model.dcae import DCAE

    with pytest.raises(ValueError, match="the model has no CDF tables yet; run update"):
        Codec(DCAE(PRESETS["tiny"]))


def test_a_number_of_slices_below_0_is_refused(codec, file):
    with pytest.raises(ValueError, match="num_slices is -1; the file has 5, so it must be 0 to 5"):
        codec.decode(file, num_slices=-1)


def test_a_file_of_other_weights_is_refused_with_both_identities(codec, other, file):
    message = f"file was made with weights {codec.identity[:16]}; these are {other.identity[:16]}"
    with pytest.raises(BitstreamError, match=message):
        other.decode(file)


def test_a_file_that_does_not_fit_its_weights_in_lambda_is_refused(codec, fixed, file, make_image):
    header, sections = unpack(file)
    for lmbda in (0.0004, 0.16):
        with pytest.raises(BitstreamError, match=r"does not fit its weights: lmbda is .*; must be 0\.0005 to 0\.15"):
            codec.decode(pack(dataclasses.replace(header, lmbda=lmbda), sections))
    with pytest.raises(BitstreamError, match="does not fit its weights: lmbda is missing"):
        codec.decode(pack(dataclasses.replace(header, lmbda=0.0), sections))
    header, sections = unpack(fixed.encode(make_image(8, 8)))
    with pytest.raises(BitstreamError, match=r"does not fit its weights: .* one fixed lambda"):
        fixed.decode(pack(dataclasses.replace(header, lmbda=0.013), sections))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda data: b"DCAE\x03" + data[5:], "format version 3; this reader knows up to 2: update it"),
        (lambda data: b"\x89PNG" + data, "not a DCAE file"),
        (lambda data: b"", "file is cut: 0 bytes"),
        (lambda data: data + b"\0", "cut or damaged"),
        (lambda data: sealed(data[:-4] + b"\x02\x02\0\0"), "file has 6 slices; its model has 5"),
        (lambda data: sealed(data[:-4] + b"\x05\0"), "critical type 0x05 is unknown: the file needs a newer reader"),
        (lambda data: with_size(data, 40000, 24), r"coded stream has \d+ bytes; \d+ symbols need \d+ at least"),
        (lambda data: with_size(data, 65, 24), "coded stream"),
    ],
)
def test_files_of_others_are_refused_in_one_line(codec, file, harm, message):
    with pytest.raises(BitstreamError, match=message) as error:
        codec.decode(harm(file))
    assert "\n" not in str(error.value)


def test_a_claim_of_more_than_the_sections_can_hold_is_refused_before_anything_is_made(tiny, file, monkeypatch):
    patient = Codec(tiny, max_pixels=2**32)
    monkeypatch.setattr("dcae.codec.latent_coder.decode_symbols", None)  # called, it would be another error
    with pytest.raises(BitstreamError, match=r"coded stream has \d+ bytes; 21116256 symbols need \d{5,} at least"):
        patient.decode(with_size(file, 60000, 60000))
    with pytest.raises(BitstreamError, match="60000 x 60000 = 3600000000 px; at most 128000000 px"):
        Codec(tiny).decode(with_size(file, 60000, 60000))


def test_a_file_cut_anywhere_is_refused(codec, file):
    for length in range(len(file)):
        with pytest.raises(BitstreamError, match="cut"):
            codec.decode(file[:length])


def test_every_flipped_bit_is_refused(codec, file):
    for position in range(8 * len(file)):
        damaged = bytearray(file)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(BitstreamError, match=r"cut or damaged|not a DCAE file|format version"):
            codec.decode(bytes(damaged))


def test_z_of_any_size_is_decoded_to_a_picture_or_refused(codec):
    """Someone who means harm codes symbols that no image has."""
    from dcae.codec.entropy_coder import encode_symbols

    tables, header = codec.latent_coder.z_tables, Header(bytes.fromhex(codec.identity)[:8], 0.01, 64, 64)
    fates = set()
    for symbol in (0, 40, 10**4, 2**23 - 1, -(2**23) + 1):
        z_stream = encode_symbols(np.full(len(tables), symbol), np.arange(len(tables)), tables)
        try:
            fates.add(codec.decode(pack(header, [Section(1, z_stream)])).shape)
        except BitstreamError:
            fates.add("refused")
    assert (64, 64, 3) in fates


MEMORY = """
import re, sys
import numpy as np
from dcae.checkpoint import load
from dcae.codec.codec import Codec

def resident(field):
    return int(re.search(field + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

codec = Codec(load(sys.argv[1]))
image = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)
codec.decode(codec.encode(image[:64, :64], 0.01))
before = resident("VmRSS")
data = codec.encode(image, 0.01)
encoded = resident("VmHWM") - before
codec.decode(data)
print(encoded, resident("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/status")
def test_a_picture_of_a_megapixel_takes_less_than_256_megabytes(tiny, tmp_path, root):
    save_weights(tiny, tmp_path / "tiny.safetensors")
    child = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "tiny.safetensors")],
        cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert 0 < max(float(megabytes) for megabytes in child.stdout.split()) < 256, child.stdout
