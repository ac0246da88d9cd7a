"""A front end is a widget's own files with the shared ones in front."""

from pathlib import Path

import pytest

import dcae_widgets
from dcae_widgets.front_end import front_end


def test_shared_code_and_style_stand_in_front_of_the_widgets_own():
    made = front_end("photo_view")
    assert made["_esm"].index("class Listeners") < made["_esm"].index("class Viewer")
    assert made["_css"].index("--dcae-ink:") < made["_css"].index(".dcae-photo-view")


def test_parts_of_a_script_are_joined_with_it_wherever_it_is():
    for made in (front_end("photo_view"), front_end("page", "photo_view")):
        assert made["_esm"].index("class Listeners") < made["_esm"].index("class Projection")
        assert made["_esm"].count("class Projection") == 1
    assert "class Projection" not in front_end("plot", "plotly_page")["_esm"]


def test_each_script_is_that_of_a_python_file_or_a_part_of_one():
    package = Path(dcae_widgets.__file__).parent
    names = {path.stem for path in (package / "static").glob("*.js")} - {"common"}
    parts = {name for name in names for whole in names if name.startswith(f"{whole}_")}
    assert names - parts == {name for name in names if (package / f"{name}.py").exists()}


def test_front_end_imports_nothing():
    assert "import " not in [line[:7] for line in front_end("photo_view")["_esm"].splitlines()]


def test_front_end_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"no_such_view\.js"):
        front_end("no_such_view")
