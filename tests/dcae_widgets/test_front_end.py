"""A front end is a widget's own files with the shared ones in front."""

import pytest

from dcae_widgets.front_end import front_end


def test_shared_code_and_style_stand_in_front_of_the_widgets_own():
    made = front_end("photo_view")
    assert made["_esm"].index("class Listeners") < made["_esm"].index("class Viewer")
    assert made["_css"].index("--dcae-ink:") < made["_css"].index(".dcae-photo-view")


def test_front_end_imports_nothing():
    assert "import " not in [line[:7] for line in front_end("photo_view")["_esm"].splitlines()]


def test_front_end_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"no_such_view\.js"):
        front_end("no_such_view")
