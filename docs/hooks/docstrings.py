"""What docstrings have beyond Markdown: doctests become blocks of code, and names links to where they are documented.

Names are those of roles, as :func:`load_image`, and full ones, as `dcae.rd.bpp`. It is an extension of griffe, which
reads the docstrings.
"""

import re
from typing import Any

from griffe import Extension, NameResolutionError, Object

_DOCTEST = re.compile(r"^( *)(>>> .*(?:\n\1\S.*|\n\1 +\S.*)*)", re.MULTILINE)
_ROLE = re.compile(r":\w+:`([\w.]+)`")
_FULL_NAME = re.compile(r"(?<!`)`((?:dcae|dcae_widgets)\.[\w.]+)`(?!`)")


class Docstrings(Extension):
    """Works on each object once all have been read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Turns its docstring into the site's Markdown."""
        if obj.docstring:
            text = _FULL_NAME.sub(lambda found: _link(found[1], found[1]), obj.docstring.value)
            text = _ROLE.sub(lambda found: _link(_full_name(obj, found[1]), found[1]), text)
            obj.docstring.value = _DOCTEST.sub(r"\1```pycon\n\1\2\n\1```", text)


def _full_name(obj: Object, name: str) -> str:
    try:
        return obj.resolve(name)
    except NameResolutionError:
        return name


def _link(target: str, name: str) -> str:
    """A link, or the name alone where nothing of it is documented."""
    return f'<autoref identifier="{target}" optional>`{name}`</autoref>'
