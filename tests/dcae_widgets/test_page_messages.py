"""What a page sends is led to the shell that the page has chosen; that it is heard there, a browser test shows."""

from ipykernel.comm.comm import BaseComm
from ipywidgets import IntSlider

from dcae_widgets.page_messages import answer_at_once


def test_ipykernel_leads_messages_by_what_is_replaced_here():
    comm = BaseComm.__new__(BaseComm)
    assert callable(comm._reply_subshell_for)


def test_messages_go_to_the_subshell_that_the_page_has_chosen():
    widget = IntSlider()
    answer_at_once(widget)
    assert widget.comm is not None
    route = vars(widget.comm)["_reply_subshell_for"]
    assert [route({"content": {}}, chosen) for chosen in ("a", "b", None)] == ["a", "b", None]


def test_a_closed_widget_is_left_as_it_is():
    widget = IntSlider()
    widget.close()
    answer_at_once(widget)
    assert widget.comm is None
