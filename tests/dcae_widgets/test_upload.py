"""A file arrives whole and in order, or is refused in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcae_widgets.upload import MAX_UPLOAD_BYTES, PIECE_BYTES, Upload, Uploads


def random_bytes(size: int) -> bytes:
    return np.random.default_rng(size).bytes(size)


def cut(data: bytes) -> list[bytes]:
    return [data[begin : begin + PIECE_BYTES] for begin in range(0, len(data), PIECE_BYTES)]


@pytest.mark.parametrize("size", [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 30_000_000])
def test_file_arrives_as_it_was(size: int):
    data = random_bytes(size)
    upload = Upload("photo.png", size)
    pieces = cut(data)
    assert upload.piece_count == len(pieces)
    for index, piece in enumerate(pieces):
        assert not upload.is_complete
        upload.add(index, memoryview(piece))
    assert upload.is_complete
    assert upload.data == data


def test_pieces_are_copies_of_what_the_message_held():
    message = bytearray(b"abc")
    upload = Upload("a", 3)
    upload.add(0, memoryview(message))
    message[:] = b"xyz"
    assert upload.data == b"abc"


def test_largest_legal_file_is_accepted_and_one_byte_more_is_not():
    assert Upload("a", MAX_UPLOAD_BYTES).piece_count == 64
    assert Upload("a", 10, max_bytes=10).piece_count == 1
    with pytest.raises(
        ValueError, match=r"a has 67,108,865 bytes; at most 67,108,864 bytes \(67\.1 MB\) can be opened here"
    ):
        Upload("a", MAX_UPLOAD_BYTES + 1)


def test_too_large_a_file_is_refused_with_both_sizes():
    with pytest.raises(ValueError, match=r"photo\.tif has 2,000,000,000 bytes; at most 67,108,864 bytes"):
        Upload("photo.tif", 2_000_000_000)


def test_empty_file_is_refused():
    with pytest.raises(ValueError, match="a is empty: 0 bytes"):
        Upload("a", 0)


@pytest.mark.parametrize("size", [-1, 1.5, "12", None, True])
def test_size_that_is_no_number_of_bytes_is_refused(size):
    with pytest.raises(ValueError, match="must be a whole number, 1 or more"):
        Upload("a", size)


@pytest.mark.parametrize("index", [-1, 0, 2, None])
def test_piece_out_of_order_is_refused(index):
    upload = Upload("a", 3 * PIECE_BYTES)
    upload.add(0, bytes(PIECE_BYTES))
    with pytest.raises(ValueError, match=f"piece {index} came where piece 1 was due"):
        upload.add(index, bytes(PIECE_BYTES))


@pytest.mark.parametrize("length", [0, 1, PIECE_BYTES - 1, PIECE_BYTES + 1])
def test_piece_of_another_size_is_refused(length: int):
    with pytest.raises(ValueError, match=f"piece 0 has {length} bytes; must be {PIECE_BYTES}"):
        Upload("a", PIECE_BYTES + 5).add(0, bytes(length))


def test_last_piece_has_what_is_left_and_no_more():
    upload = Upload("a", PIECE_BYTES + 5)
    upload.add(0, bytes(PIECE_BYTES))
    with pytest.raises(ValueError, match="piece 1 has 6 bytes; must be 5"):
        upload.add(1, bytes(6))
    upload.add(1, bytes(5))
    with pytest.raises(ValueError, match="piece 2 came after the last of 2"):
        upload.add(2, b"")


def test_file_with_pieces_missing_has_no_data():
    upload = Upload("a", 2 * PIECE_BYTES)
    upload.add(0, bytes(PIECE_BYTES))
    with pytest.raises(ValueError, match="1 of 2 pieces are here; it is not whole"):
        _ = upload.data


def test_upload_gives_the_file_with_its_last_piece_and_forgets_it():
    uploads, data = Uploads(), random_bytes(PIECE_BYTES + 7)
    uploads.begin("one", "photo.png", len(data))
    first, last = cut(data)
    assert uploads.add("one", 0, first) is None
    whole = uploads.add("one", 1, last)
    assert whole is not None
    assert (whole.name, whole.data) == ("photo.png", data)
    with pytest.raises(ValueError, match="cancelled, or a newer one took its place"):
        uploads.add("one", 1, last)


def test_newer_upload_takes_the_olders_place():
    uploads = Uploads()
    uploads.begin("one", "one.png", 2 * PIECE_BYTES)
    uploads.begin("two", "two.png", 3)
    with pytest.raises(ValueError, match="a newer one took its place"):
        uploads.add("one", 0, bytes(PIECE_BYTES))
    whole = uploads.add("two", 0, b"abc")
    assert whole is not None
    assert whole.name == "two.png"


def test_refused_upload_leaves_the_one_under_way_alone():
    uploads = Uploads(max_bytes=10)
    uploads.begin("one", "one.png", 3)
    with pytest.raises(ValueError, match=r"two\.png has 11 bytes; at most 10 bytes"):
        uploads.begin("two", "two.png", 11)
    assert uploads.add("one", 0, b"abc") is not None


def test_upload_whose_piece_was_refused_is_over():
    uploads = Uploads()
    uploads.begin("one", "one.png", 3)
    with pytest.raises(ValueError, match="must be 3"):
        uploads.add("one", 0, b"ab")
    with pytest.raises(ValueError, match="this upload was cancelled"):
        uploads.add("one", 0, b"abc")


def test_cancelled_upload_takes_no_more_and_others_go_on():
    uploads = Uploads()
    uploads.begin("one", "one.png", 3)
    uploads.cancel("another")
    uploads.cancel("one")
    uploads.cancel("one")
    with pytest.raises(ValueError, match="this upload was cancelled"):
        uploads.add("one", 0, b"abc")


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 12)), max_size=8))
def test_no_order_of_pieces_gives_another_file(pieces: list[tuple[int, int]]):
    upload = Upload("a", 10)
    for index, length in pieces:
        try:
            upload.add(index, b"0123456789ab"[:length])
        except ValueError:
            continue
    assert upload.is_complete == ((0, 10) in pieces)
    if upload.is_complete:
        assert upload.data == b"0123456789"
