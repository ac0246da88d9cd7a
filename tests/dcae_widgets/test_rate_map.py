"""The rate map's view: one choice for picture and panel, sums that are the record's, exports that are whole."""

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage

from dcae.results import FileInfo
from dcae.traces import RateMap, Trace
from dcae_widgets.rate_map import RateMapView
from dcae_widgets.rate_map_figure import heat_map

from .rate_maps import CHANNELS, COLUMNS, ROWS, SLICES, attention, file_of, image, rates, sigma


@pytest.fixture
def view() -> RateMapView:
    return RateMapView(image(), rates(), sigma(), attention())


def test_photo_lies_under_the_map_of_all_bits(view: RateMapView):
    photo, heat = view.photo_view.layers
    assert np.array_equal(photo.image, image())
    assert np.array_equal(heat.image, heat_map(view.rates, view.rates.total))
    assert view.photo_view.mode == "blend"
    assert (photo.opacity, heat.opacity) == (1, 0.65)


def test_choice_is_that_of_the_picture_and_of_the_panel(view: RateMapView):
    view.panel.choice = "slice 1"
    assert view.choice == "slice 1"
    heat = view.photo_view.layers[1]
    assert heat.name == "bits of slice 1"
    assert np.array_equal(heat.image, heat_map(view.rates, view.rates.bits[1]))
    view.choice = "total"
    assert view.panel.choice == "total"
    assert heat.name == "bits of all parts"


def test_bits_of_each_choice_are_the_records(view: RateMapView):
    assert np.array_equal(view.bits_of("total"), view.rates.total)
    assert np.array_equal(view.bits_of("z"), view.rates.bits[-1])


def test_choice_that_is_none_is_refused_and_the_last_stays(view: RateMapView):
    with pytest.raises(ValueError, match="choice is 'slice 2'; must be one of total, slice 0, slice 1, z"):
        view.choice = "slice 2"
    assert (view.choice, view.panel.choice) == ("total", "total")


def test_rectangle_has_the_bits_that_the_record_says(view: RateMapView):
    assert view.brush_bits == []
    view.photo_view.brush = [10, 20, 141, 77]
    assert view.brush_bits == view.rates.bits_within(20, 10, 77, 141).tolist()
    view.photo_view.brush = []
    assert view.brush_bits == []


def test_parts_beside_it_add_up_to_the_file(view: RateMapView):
    assert sum(size for _, size in view.readout.parts) == view.rates.file.total_bytes == view.readout.numbers["bytes"]


def test_view_of_a_trace_has_its_sigma_and_its_dictionary():
    y, z = np.zeros((CHANNELS, ROWS, COLUMNS), np.float32), np.zeros((3, ROWS // 4, COLUMNS // 4), np.float32)
    info: FileInfo = rates().file
    trace = Trace(
        image=image(), x_hat=image(), file=info, y=y, z=z, y_hat=y, z_hat=z, mu=y, sigma=sigma(),
        symbols=y.astype(np.int32), values=y, z_symbols=z.astype(np.int32), y_bits=y, z_bits=z,
        dictionary_attention=attention(),
        gain=None, inverse_gain=None, num_slices=SLICES, window_attention={},
    )  # fmt: skip
    view, by_hand = RateMapView.of(trace, rates()), RateMapView(image(), rates(), sigma(), attention())
    for name in ("sigma", "entries", "weights", "bits"):
        assert getattr(view.panel, name) == getattr(by_hand.panel, name) != b""


def test_sigma_is_the_mean_over_a_slices_channels(view: RateMapView):
    means = np.frombuffer(view.panel.sigma, "<f4").reshape(SLICES, ROWS, COLUMNS)
    for index in range(SLICES):
        channels = sigma()[index * CHANNELS // SLICES : (index + 1) * CHANNELS // SLICES]
        assert np.allclose(means[index], channels.mean(axis=0))


def test_entries_are_the_heaviest_by_their_mean_over_slices_and_heads(view: RateMapView):
    entries = np.frombuffer(view.panel.entries, "<i4").reshape(3, ROWS, COLUMNS)
    weights = np.frombuffer(view.panel.weights, "<f4").reshape(3, ROWS, COLUMNS)
    mean = attention()[:, :, 5, 7].mean(axis=(0, 1))
    assert entries[:, 5, 7].tolist() == sorted(range(len(mean)), key=lambda entry: -mean[entry])[:3]
    assert np.allclose(weights[:, 5, 7], sorted(mean)[:-4:-1])


def test_model_without_a_dictionary_names_no_entries():
    view = RateMapView(image(), rates(), None, attention()[..., :0])
    assert (view.panel.entries, view.panel.weights, view.panel.sigma) == (b"", b"", b"")


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="image is 150 x 89 px; rates are of 150 x 90 px"):
        RateMapView(image()[:89], rates())
    with pytest.raises(ValueError, match=r"sigma has shape \(6, 7, 12\); must be \(a multiple of 2, 8, 12\)"):
        RateMapView(image(), rates(), sigma()[:, :7])
    with pytest.raises(ValueError, match=r"sigma has shape \(5, 8, 12\); must be \(a multiple of 2, 8, 12\)"):
        RateMapView(image(), rates(), sigma()[:5])
    with pytest.raises(ValueError, match=r"attention has shape \(2, 8, 12, 5\); must be \(slices, heads, 8, 12, ent"):
        RateMapView(image(), rates(), None, attention()[0])


def test_csv_has_a_line_for_each_place_of_each_map(view: RateMapView, tmp_path: Path):
    view.to_csv(tmp_path / "rates.csv")
    with (tmp_path / "rates.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["part", "row", "column", "bits"]
    read = np.zeros_like(view.rates.bits)
    for line in lines:
        part = view.rates.names.index(line["part"])
        read[part, int(line["row"]), int(line["column"])] += float(line["bits"])
    assert len(lines) == view.rates.bits.size
    assert np.array_equal(read, view.rates.bits)


def test_npz_has_the_maps_and_the_files_parts(view: RateMapView, tmp_path: Path):
    view.to_npz(tmp_path / "rates.npz")
    with np.load(tmp_path / "rates.npz") as read:
        assert np.array_equal(read["bits"], view.rates.bits)
        assert read["names"].tolist() == view.rates.names
        parts = zip(read["part_names"].tolist(), read["parts"].tolist(), strict=True)
        assert list(parts) == view.rates.file.parts


def test_static_picture_is_written_as_png_and_as_svg(view: RateMapView, tmp_path: Path):
    view.to_png(tmp_path / "rates.png")
    with PillowImage.open(tmp_path / "rates.png") as picture:
        assert picture.width > 1000
    assert (tmp_path / "rates.png").read_bytes() == view.picture().data
    view.to_svg(tmp_path / "rates.svg")
    svg = (tmp_path / "rates.svg").read_text("utf-8")
    named = zip(view.rates.names, view.rates.bits, strict=True)
    assert all(f">{name}: {bits.sum():,.0f} bits<" in svg for name, bits in named)
    assert str(view.picture().alt).startswith("The photo, and maps of its bits a pixel, on one scale; z ")


@pytest.mark.parametrize("write", ["to_csv", "to_npz", "to_png", "to_svg"])
def test_export_without_a_folder_says_which(view: RateMapView, tmp_path: Path, write: str):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere to write it to"):
        getattr(view, write)(tmp_path / "nowhere" / "file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match="folder is not a file"):
        getattr(view, write)(tmp_path / "folder")


def test_closing_closes_all_of_it(view: RateMapView):
    widgets = [view, view.photo_view, *view.photo_view.layers, view.panel, view.readout]
    view.close()
    assert all(widget.comm is None for widget in widgets)


def other(height: int, width: int, slices: int = SLICES) -> tuple[NDArray[np.uint8], RateMap]:
    """A photo of a size, and where the bits of its file lie."""
    rows, columns = -(-height // 64) * 4, -(-width // 64) * 4
    bits = np.random.default_rng(9).gamma(1.5, 90, (slices + 1, rows, columns))
    photo = np.random.default_rng(10).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return photo, RateMap(bits=bits, file=file_of(bits, height, width), height=height, width=width)


def test_other_coding_of_the_photo_is_shown_where_the_one_before_was(view: RateMapView):
    view.choice, view.photo_view.brush, view.photo_view.view = "slice 1", [10, 20, 141, 77], [30.0, 40.0, 2.0]
    layers = view.photo_view.layers
    _, louder = other(*image().shape[:2])
    view.show(image(), louder, sigma())
    assert view.photo_view.layers == layers
    assert np.array_equal(layers[1].image, heat_map(louder, louder.bits[1]))
    assert view.brush_bits == louder.bits_within(20, 10, 77, 141).tolist()
    assert view.photo_view.view == [30.0, 40.0, 2.0]
    assert np.frombuffer(view.panel.bits).tolist() == louder.bits.ravel().tolist()
    assert view.panel.entries == b""
    assert view.readout.numbers["bytes"] == louder.file.total_bytes


def test_other_photo_with_fewer_slices_takes_choice_and_rectangle_away(view: RateMapView):
    view.choice, view.photo_view.brush, view.panel.place = "slice 1", [10, 20, 141, 77], [9, 5]
    photo, rates_of_it = other(40, 200, slices=1)
    view.show(photo, rates_of_it)
    assert (view.choice, view.photo_view.brush, view.brush_bits, view.panel.place) == ("total", [], [], [])
    assert [layer.image.shape for layer in view.photo_view.layers] == [photo.shape] * 2
    assert (view.panel.names, view.panel.size_px) == (["slice 0", "z"], [200, 40])


def test_coding_of_another_size_is_refused_and_the_one_before_stays(view: RateMapView):
    photo, _ = other(40, 200)
    with pytest.raises(ValueError, match="image is 200 x 40 px; rates are of 150 x 90 px"):
        view.show(photo, rates())
    assert np.array_equal(view.photo_view.layers[0].image, image())
