"""A page's messages to a widget, heard while a cell keeps the kernel busy.

JupyterLab sends them to a subshell, a thread of the kernel's own, where the kernel has those. Knows the kernel's comms.
Does not know what a message says.
"""

from typing import Any

from ipywidgets import Widget


def answer_at_once(widget: Widget) -> None:
    """Lets what the page sends to this widget be handled in the subshell that the page has chosen.

    ipykernel 7.4 leads a page's message to whichever shell has last published on the widget's comm, and a widget that a
    cell has made has been published by the main shell: its buttons would wait for the cell that blocks it. Handlers of
    such a widget run in another thread than the cell. A kernel without subshells is left as it is.
    """

    def chosen_by_the_page(data: Any, subshell_id: str | None) -> str | None:
        return subshell_id

    if widget.comm is not None:
        vars(widget.comm)["_reply_subshell_for"] = chosen_by_the_page
