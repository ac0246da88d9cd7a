"""The viewer's Python side: what crosses to the browser, what is refused, and the picture for print."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from traitlets import TraitError

from dcae_widgets.photo_view import Layer, PhotoView


def noise(width: int = 5, height: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def messages_of(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the layer sends from now on."""
    sent: list[dict] = []
    monkeypatch.setattr(layer.comm, "publish_msg", lambda kind, data=None, **keys: sent.append(data or {}))
    return sent


def test_layer_holds_its_picture_as_bytes():
    layer = Layer("photo", noise())
    assert (layer.name, layer.width, layer.height) == ("photo", 5, 3)
    assert layer.pixels == noise().tobytes()
    assert np.array_equal(layer.image, noise())


def test_picture_whose_rows_do_not_lie_one_after_the_other_is_held_as_it_looks():
    mirrored = noise()[:, ::-1]
    assert np.array_equal(Layer("mirrored", mirrored).image, mirrored)


def test_new_picture_crosses_in_one_message(monkeypatch: pytest.MonkeyPatch):
    layer = Layer("photo", noise())
    layer.set_patch(noise(2, 2), 0, 0)
    sent = messages_of(layer, monkeypatch)
    layer.set_image(noise(7, 4, seed=1))
    assert len(sent) == 1
    assert sent[0]["state"] == {"width": 7, "height": 4, "patch_rect": []}
    assert sorted(sent[0]["buffer_paths"]) == [["patch_pixels"], ["pixels"]]
    assert np.array_equal(layer.image, noise(7, 4, seed=1))


def test_patch_crosses_in_one_message_and_replaces_a_part(monkeypatch: pytest.MonkeyPatch):
    layer = Layer("photo", noise())
    sent = messages_of(layer, monkeypatch)
    layer.set_patch(noise(2, 1, seed=1), left=3, top=2)
    assert [message["state"] for message in sent] == [{"patch_rect": [3, 2, 2, 1]}]
    expected = noise()
    expected[2:3, 3:5] = noise(2, 1, seed=1)
    assert np.array_equal(layer.image, expected)
    layer.clear_patch()
    assert np.array_equal(layer.image, noise())


@pytest.mark.parametrize(("left", "top"), [(-1, 0), (0, -1), (4, 0), (0, 3)])
def test_patch_outside_the_picture_is_refused(left: int, top: int):
    with pytest.raises(
        ValueError, match=rf"patch of 2 x 1 px at \({left}, {top}\); must lie in the picture of 5 x 3 px"
    ):
        Layer("photo", noise()).set_patch(noise(2, 1), left, top)


def test_what_is_no_picture_is_refused():
    layer, floats = Layer("photo", noise()), np.zeros((3, 5, 3))
    with pytest.raises(ValueError, match="image is float64"):
        Layer("floats", floats)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="image is float64"):
        layer.set_image(floats)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="image has shape"):
        layer.set_patch(np.zeros((2, 2), np.uint8), 0, 0)
    with pytest.raises(TypeError, match="image is a list"):
        layer.set_image([[0]])  # type: ignore[arg-type]
    assert np.array_equal(layer.image, noise())


def test_new_view_shows_the_whole_picture_divided_in_the_middle():
    view = PhotoView([Layer("a", noise()), Layer("b", noise())], mode="flicker")
    assert view.view == [0, 0, 0]
    assert (view.mode, view.first, view.second, view.divider) == ("flicker", 0, 1, 0.5)


def test_layers_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="layers are 'a' 5 x 3 px, 'b' 4 x 3 px; they must be of one size"):
        PhotoView([Layer("a", noise()), Layer("b", noise(4))])


def test_unknown_trait_is_refused():
    with pytest.raises(TypeError, match="PhotoView has no dividor"):
        PhotoView([], dividor=0.2)


@pytest.mark.parametrize("view", [[0.0, 0.0, -1.0], [0.0, 0.0, 65.0], [float("nan"), 0.0, 1.0]])
def test_illegal_part_of_the_picture_is_refused(view: list[float]):
    with pytest.raises(ValueError, match="must be a column, a row and a zoom from 0"):
        PhotoView([], view=view)


@pytest.mark.parametrize("name", ["brush", "outline"])
@pytest.mark.parametrize("sides", [[1, 2, 3], [3, 0, 3, 5], [0, 5, 2, 5], [-1, 0, 2, 2]])
def test_what_is_no_rectangle_is_refused(name: str, sides: list[int]):
    with pytest.raises(ValueError, match=rf"{name} is .*; must be \[\] or left < right and top < bottom in pixels"):
        PhotoView([], **{name: sides})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "wipe"),
        ("gain", 0.5),
        ("gain", 65),
        ("divider", 1.1),
        ("flicker_hz", 9),
        ("height_px", 10),
        ("first", -1),
    ],
)
def test_value_outside_its_range_is_refused(name: str, value: object):
    with pytest.raises(TraitError, match=name):
        PhotoView([], **{name: value})


def printed(view: PhotoView) -> NDArray[np.uint8]:
    data = view.picture().data
    assert isinstance(data, bytes)
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def test_printed_picture_shows_both_layers_side_by_side():
    layers = [Layer("a", noise(200, 60)), Layer("b", noise(200, 60, seed=1))]
    sheet = printed(PhotoView(layers))
    assert np.array_equal(sheet[:60, :200], layers[0].image)
    assert np.array_equal(sheet[:60, -200:], layers[1].image)


def test_printed_picture_of_a_difference_has_it_with_its_gain():
    layers = [Layer("a", noise(200, 60)), Layer("b", noise(200, 60, seed=1))]
    sheet = printed(PhotoView(layers, mode="difference", gain=2.5))
    distance = np.abs(layers[0].image.astype(int) - layers[1].image)
    assert np.array_equal(sheet[:60, -200:], np.minimum(np.floor(distance * 2.5 + 0.5), 255))


def test_printed_picture_of_a_blend_weighs_by_opacity():
    white, black = np.full((40, 200, 3), 255, np.uint8), np.zeros((40, 200, 3), np.uint8)
    view = PhotoView([Layer("white", white), Layer("black", black, opacity=0.25)], mode="blend")
    assert set(printed(view)[:40, :200].ravel()) == {191}


def test_printed_picture_of_a_large_photo_is_reduced():
    assert printed(PhotoView([Layer("large", noise(1280, 32))])).shape[:2] == (16 + 26, 640)


def test_view_without_layers_has_no_picture_for_print():
    with pytest.raises(ValueError, match="a view without layers has no picture; it needs 1 or more"):
        PhotoView([]).picture()
