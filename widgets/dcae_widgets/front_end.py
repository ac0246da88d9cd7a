"""A widget's front end: its JavaScript and its style, each with what all widgets share joined in front.

anywidget loads a module from a blob, where relative imports cannot resolve; so `static/common.js` is put in front of
each here, and so are files that some widgets share. Knows files. Does not know what is in them.
"""

from importlib.resources import files


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

    def joined(suffix: str) -> str:
        return "\n".join((folder / f"{stem}{suffix}").read_text("utf-8") for stem in ("common", *shared, name))

    return {"_esm": joined(".js"), "_css": joined(".css")}
