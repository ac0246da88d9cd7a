"""The window of a large photo lies around what is looked at, inside the photo."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcae_widgets.live_window import LIVE_PX, Rect, live_window

sides = st.integers(1, 20_000)
places = st.floats(-1000, 30_000)


@given(width=sides, height=sides, visible=st.one_of(st.just(()), st.tuples(places, places, places, places)))
def test_window_lies_in_the_photo_and_is_live(width, height, visible):
    window = live_window(width, height, visible)
    if width * height <= LIVE_PX:
        assert window is None
        return
    assert window is not None
    assert window.width * window.height <= LIVE_PX
    assert 0 <= window.left <= width - window.width
    assert 0 <= window.top <= height - window.height
    for side, whole in ((window.width, width), (window.height, height)):
        assert side % 64 == 0 or side == whole < 64


def test_window_is_around_the_middle_of_what_is_looked_at():
    assert live_window(4000, 3000, [1000, 1000, 2000, 1400]) == Rect(1116, 944, 768, 512)


def test_cut_is_that_part():
    image = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    np.testing.assert_array_equal(Rect(2, 1, 3, 4).cut(image), image[1:5, 2:5])
