"""The view of slices: channels in order of what they cost, and pictures of the one that is chosen."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from traitlets import TraitError

from dcae.results import ChannelResponse
from dcae_widgets.channel_picture import pictures_of
from dcae_widgets.slice_maps import common_ranges, elements, own_ranges, slice_maps
from dcae_widgets.slices_view import SlicesView

from .coded_slices import CHANNELS, COLUMNS, ROWS, SLICES, draw, draw_learned, image, trace


@pytest.fixture
def view() -> SlicesView:
    return SlicesView(trace(), draw)


def maps_of(view: SlicesView) -> np.ndarray:
    return np.frombuffer(view.maps.values, "<f4").reshape(view.maps.shape)


def test_channels_are_in_order_of_their_cost(view: SlicesView):
    bits = [float(channel.sum()) for channel in trace().y_bits]
    assert view.order == sorted(range(CHANNELS), key=lambda channel: -bits[channel])
    (bars,) = view.plot.series
    assert bars["y"] == pytest.approx([bits[channel] / 8 for channel in view.order])
    assert bars["text"][1] == f"channel 1 of slice 0: {bits[1] / 8:,.1f} bytes"


def test_costs_of_all_channels_are_the_slices_bytes(view: SlicesView):
    for size, costs in zip(view.trace.file.slice_bytes, view.costs.reshape(SLICES, -1), strict=True):
        assert costs.sum() == pytest.approx(size, abs=1)


def test_dearest_channel_is_shown_first(view: SlicesView):
    assert view.channel == view.order[0] == 0
    assert view.plot.chosen == 0


def test_point_of_the_plot_chooses_its_channel(view: SlicesView):
    view.plot.chosen = 4
    assert view.channel == view.order[4]
    view.channel = view.order[2]
    assert view.plot.chosen == 2


def test_chosen_channel_is_drawn_beside_the_decoded_photo(view: SlicesView):
    view.channel = 3
    pictures = {**pictures_of(draw(3)), "the decoded photo": 255 - image()}
    assert view.slice_index == 1
    assert view.photo_view.mode == "side"
    assert [layer.name for layer in view.photo_view.layers] == list(pictures)
    for layer, picture in zip(view.photo_view.layers, pictures.values(), strict=True):
        assert np.array_equal(layer.image, picture)


def test_network_without_a_linear_path_shows_the_learned_part_alone():
    view = SlicesView(trace(), draw_learned)
    view.channel = 1
    assert [layer.name for layer in view.photo_view.layers] == ["learned part × 32", "the decoded photo"]
    assert "the learned part by up to 2.5." in view.told
    assert "linear" not in view.told


def test_channel_is_told_in_words(view: SlicesView):
    view.channel = 3
    cost = float(trace().y_bits[3].sum()) / 8
    share = cost / trace().file.total_bytes
    assert f"<b>Channel 3</b> of slice 1 costs {cost:,.1f} bytes, {share:.1%} of the file" in view.told
    assert "the learned part by up to 4.5, the linear path by up to 40.0." in view.told


def test_maps_are_those_of_the_slices_and_of_the_channel(view: SlicesView):
    view.channel = 5
    values = elements(trace())
    assert view.maps.column_names == ["slice 0", "slice 1", "slice 2", "channel 5"]
    assert view.maps.shape == [5, SLICES + 1, ROWS, COLUMNS]
    np.testing.assert_allclose(maps_of(view)[:, :SLICES], slice_maps(values, SLICES), rtol=1e-5)
    np.testing.assert_allclose(maps_of(view)[:, SLICES], values[:, 5], rtol=1e-5)


def test_scale_is_common_or_each_maps_own(view: SlicesView):
    maps = slice_maps(elements(trace()), SLICES)
    for scale, ranges in (("common", common_ranges(maps)), ("own", own_ranges(maps))):
        view.scale = scale
        tops = np.reshape([float(caption.split()[-1]) for caption in view.maps.captions], (5, SLICES + 1))
        np.testing.assert_allclose(tops[:, :SLICES], ranges[..., 1], rtol=1e-5)
    with pytest.raises(TraitError, match="scale"):
        view.scale = "log"


def test_channel_that_is_none_is_refused_and_the_last_stays(view: SlicesView):
    for channel in (-1, CHANNELS):
        with pytest.raises(ValueError, match=f"channel is {channel}; must be 0 to 5"):
            view.channel = channel
    assert view.channel == 0


def test_what_is_drawn_has_the_photos_size():
    small = draw(0).learned[:8]
    with pytest.raises(ValueError, match=r"channel 0 is drawn as \(8, 150, 3\); must be \(90, 150, 3\), as the photo"):
        SlicesView(trace(), lambda channel: ChannelResponse(channel=channel, learned=small, linear=None))


def test_failure_of_the_network_is_told_and_the_last_picture_stays(view: SlicesView, monkeypatch: pytest.MonkeyPatch):
    before = view.photo_view.layers[0].image

    def fail(channel: int) -> ChannelResponse:
        raise RuntimeError("out of <memory>")

    monkeypatch.setattr(view, "_respond", fail)
    view.plot.chosen = 1
    assert view.error == "Channel 1 could not be drawn: out of <memory>"
    assert 'role="alert"' in view.told
    assert "out of &lt;memory&gt;" in view.told
    assert np.array_equal(view.photo_view.layers[0].image, before)
    monkeypatch.undo()
    view.plot.chosen = 2
    assert view.error == ""
    assert np.array_equal(view.photo_view.layers[1].image, list(pictures_of(draw(2)).values())[1])


def test_csv_has_a_line_for_each_channel(view: SlicesView, tmp_path: Path):
    view.to_csv(tmp_path / "channels.csv")
    with (tmp_path / "channels.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["channel"]) for line in lines] == view.order
    residual = (trace().y - trace().mu)[3, :ROWS, :COLUMNS]
    line = lines[view.order.index(3)]
    assert int(line["slice"]) == 1
    assert float(line["bytes"]) == pytest.approx(trace().y_bits[3].sum() / 8)
    assert float(line["residual_rms"]) == pytest.approx(np.sqrt((residual**2).mean()), rel=1e-5)


def test_npz_has_all_quantities_and_what_the_channel_draws(view: SlicesView, tmp_path: Path):
    view.channel = 2
    view.to_npz(tmp_path / "slices.npz")
    with np.load(tmp_path / "slices.npz") as read:
        assert np.array_equal(read["bits"], trace().y_bits)
        assert np.array_equal(read["residual"], trace().y - trace().mu)
        assert read["channel"] == 2
        assert np.array_equal(read["linear"], draw(2).together - draw(2).learned)
        assert np.allclose(read["channel_bytes"], trace().y_bits.sum(axis=(1, 2)) / 8)
    learned = SlicesView(trace(), draw_learned)
    learned.to_npz(tmp_path / "learned.npz")
    with np.load(tmp_path / "learned.npz") as read:
        assert "linear" not in read


def test_static_picture_says_in_words_what_it_is_of(view: SlicesView):
    view.channel = 4
    sizes = [f"slice {index} {size} bytes" for index, size in enumerate(trace().file.slice_bytes)]
    assert view.picture().alt == (
        f"Maps of bits, μ, σ, y − μ, ŷ for each slice ({', '.join(sizes)}); the cost of each channel; "
        "what channel 4 draws"
    )


def test_slices_of_one_channel_are_shown():
    coded = replace(trace(), num_slices=CHANNELS)
    assert SlicesView(coded, draw).maps.shape == [5, CHANNELS + 1, ROWS, COLUMNS]


def test_closing_closes_all_of_it(view: SlicesView):
    widgets = [view, view.maps, view.plot, view.photo_view, *view.photo_view.layers, *view.children]
    view.close()
    assert all(widget.comm is None for widget in widgets)
