"""A widget's front end: its JavaScript and its style, each with what all widgets share joined in front.

anywidget loads a module from a blob, where relative imports cannot resolve; so `static/common.js` is put in front of
each here, and so are files that some widgets share. A long script is divided: photo_view.js has its parts in
photo_view_*.js, which are joined wherever it is. Knows files. Does not know what is in them.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable


def front_end(name: str, *shared: str) -> dict[str, str]:
    """The class attributes `_esm` and `_css` of the widget whose files in static/ have this name.

    Args:
        name: The widget's own files.
        shared: Files of several widgets, which stand between `common` and the widget's own.

    Raises:
        FileNotFoundError: there are no files of that name.

    >>> sorted(front_end("photo_view"))
    ['_css', '_esm']
    """
    folder = files("dcae_widgets") / "static"
    names = ("common", *shared, name)
    scripts = [script for each in names for script in (*_parts(folder, each), f"{each}.js")]
    return {"_esm": _joined(folder, scripts), "_css": _joined(folder, [f"{each}.css" for each in names])}


def _parts(folder: Traversable, name: str) -> list[str]:
    """The scripts that another one is divided into, in the order of their names."""
    scripts = [file.name for file in folder.iterdir() if file.name.endswith(".js")]
    return sorted(script for script in scripts if script.startswith(f"{name}_"))


def _joined(folder: Traversable, names: list[str]) -> str:
    return "\n".join((folder / name).read_text("utf-8") for name in names)
