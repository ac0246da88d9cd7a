"""The list of photos: shipped ones, and the newest of the user's own at its head."""

import pytest

from dcae.samples import sample_images
from dcae_widgets.photo_list import KEPT_UPLOADS, PhotoList
from dcae_widgets.photo_source import given_photo, shipped_photo

from .fake_codec import photo


def own(name: str):
    source = given_photo(photo())
    return type(source)(**{**vars(source), "name": name})


def test_a_shipped_photo_stands_once_and_first_if_it_is_what_one_begins_with():
    first = list(sample_images())[1]
    assert sorted(PhotoList(shipped_photo(first))) == sorted(sample_images())
    assert next(iter(PhotoList(shipped_photo(first)))) == first


def test_the_oldest_of_too_many_files_goes():
    photos = PhotoList(own("begin"))
    for number in range(KEPT_UPLOADS + 2):
        photos.add(own(f"mine {number}"))
    named = [name for name in photos if name not in sample_images()]
    assert named == [f"mine {number}" for number in range(KEPT_UPLOADS + 1, 1, -1)]


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no photo 'x'; legal: begin, "):
        PhotoList(own("begin"))["x"]


def test_what_cannot_be_had_goes_and_what_had_its_name_before_is_back():
    good, bad = own("mine"), own("mine")
    photos = PhotoList(good)
    photos.add(bad)
    assert photos["mine"] is bad
    photos.replace(bad, good)
    assert photos["mine"] is good
