"""What the panel does with the page's messages: uploads, downloads, a state to restore; and what λ can be."""

import math
from typing import Any

import pytest
from traitlets import TraitError

from dcae.codec.protocol import Interval
from dcae_widgets.controls import Controls
from dcae_widgets.upload import PIECE_BYTES


class Wire:
    """The page's side of a panel: sends messages, keeps the answers."""

    def __init__(self, controls: Controls, monkeypatch: pytest.MonkeyPatch):
        self.controls, self.answers, self.buffers = controls, [], []

        def keep(content: Any, buffers: Any = None) -> None:
            self.answers.append(content)
            self.buffers.append(buffers)

        monkeypatch.setattr(controls, "send", keep)

    def send(self, *buffers: bytes, **content: Any) -> None:
        self.controls._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])

    def upload(self, data: bytes, name: str = "a.png", upload_id: str = "1") -> None:
        self.send(type="upload-begin", id=upload_id, name=name, size=len(data))
        for index in range(-(-len(data) // PIECE_BYTES)):
            piece = data[index * PIECE_BYTES : (index + 1) * PIECE_BYTES]
            self.send(piece, type="upload-piece", id=upload_id, index=index)


def test_upload_is_acknowledged_piece_by_piece_and_then_handed_over(monkeypatch: pytest.MonkeyPatch):
    taken = []
    wire = Wire(Controls(on_upload=lambda name, data: taken.append((name, data))), monkeypatch)
    data = bytes(range(256)) * 8192
    wire.upload(data + b"end", "<b>photo</b>.png")
    assert [(answer["type"], answer["index"]) for answer in wire.answers] == [("upload-ack", n) for n in (-1, 0, 1, 2)]
    assert taken == [("<b>photo</b>.png", data + b"end")]
    assert wire.controls.error == ""


def test_too_large_a_file_is_refused_before_any_piece(monkeypatch: pytest.MonkeyPatch):
    wire = Wire(Controls(max_upload_bytes=1_000_000), monkeypatch)
    wire.send(type="upload-begin", id="1", name="a.png", size=2_000_000)
    reason = "a.png has 2,000,000 bytes; at most 1,000,000 bytes (1.0 MB) can be opened here"
    assert wire.answers == [{"type": "upload-refused", "id": "1", "reason": reason}]
    assert wire.controls.error == reason


def test_cancelled_upload_is_handed_to_nobody(monkeypatch: pytest.MonkeyPatch):
    taken = []
    wire = Wire(Controls(on_upload=lambda name, data: taken.append(name)), monkeypatch)
    wire.send(type="upload-begin", id="1", name="a.png", size=3)
    wire.send(type="upload-cancel", id="1")
    wire.send(b"abc", type="upload-piece", id="1", index=0)
    assert [answer["type"] for answer in wire.answers] == ["upload-ack", "upload-refused"]
    assert not taken


def test_next_upload_takes_the_last_ones_error_away(monkeypatch: pytest.MonkeyPatch):
    wire = Wire(Controls(error="a.txt is no picture"), monkeypatch)
    wire.send(type="upload-begin", id="1", name="a.png", size=3)
    assert wire.controls.error == ""


def test_file_that_cannot_be_opened_is_said_in_words(monkeypatch: pytest.MonkeyPatch):
    def refuse(name: str, data: bytes) -> None:
        raise ValueError(f"{name} is no picture")

    wire = Wire(Controls(on_upload=refuse), monkeypatch)
    wire.upload(b"abc")
    assert wire.controls.error == "a.png is no picture"


def test_download_is_answered_with_the_file(monkeypatch: pytest.MonkeyPatch):
    controls = Controls(on_download=lambda what: (f"flower.{what}", "image/png", b"\x89PNG"))
    wire = Wire(controls, monkeypatch)
    wire.send(type="download", what="png", id="7")
    assert wire.answers == [{"type": "file", "id": "7", "name": "flower.png", "mime": "image/png"}]
    assert wire.buffers == [[b"\x89PNG"]]


def test_download_that_fails_is_said_in_words(monkeypatch: pytest.MonkeyPatch):
    def refuse(what: str) -> tuple[str, str, bytes]:
        raise OSError("no space left")

    wire = Wire(Controls(on_download=refuse), monkeypatch)
    wire.send(type="download", what="dcae", id="7")
    assert wire.answers == []
    assert wire.controls.error == "no space left"


def test_mistake_of_ours_is_shown_and_not_swallowed():
    def fail(state: dict[str, Any]) -> None:
        raise KeyError("photo")

    controls = Controls(on_restore=fail)
    with pytest.raises(KeyError, match="photo"):
        controls._receive(controls, {"type": "restore", "state": {}}, [])
    assert controls.error == "'photo'"


def test_state_is_handed_over(monkeypatch: pytest.MonkeyPatch):
    states = []
    wire = Wire(Controls(on_restore=states.append), monkeypatch)
    wire.send(type="restore", state={"photo": "china", "lmbda": 0.02})
    assert states == [{"photo": "china", "lmbda": 0.02}]


def test_panel_without_callbacks_answers_nothing(monkeypatch: pytest.MonkeyPatch):
    wire = Wire(Controls(), monkeypatch)
    wire.send(type="download", what="png", id="7")
    wire.send(type="restore", state={})
    assert wire.answers == []
    assert wire.controls.error == ""


def test_unknown_keyword_is_refused():
    with pytest.raises(TypeError, match="Controls has no lambda_, photoes; see its attributes"):
        Controls(lambda_=0.1, photoes=[])  # pyright: ignore


@pytest.mark.parametrize(("asked", "legal"), [(0.02, 0.02), (1e-9, 0.0005), (7.0, 0.15), (math.inf, 0.15)])
def test_lambda_is_the_nearest_legal_one(asked: float, legal: float):
    controls = Controls(lmbda_min=0.0005, lmbda_max=0.15)
    controls.lmbda = asked
    assert controls.lmbda == legal


def test_lambda_that_is_no_number_is_refused():
    with pytest.raises(TraitError, match=r"lmbda is nan; must be 0\.0005 to 0\.15"):
        Controls().lmbda = math.nan


def test_lambda_stands_on_a_stop_where_there_are_stops():
    controls = Controls()
    controls.set_qualities((0.001, 0.01, 0.1), 0.02)
    assert controls.lmbda == 0.01
    controls.lmbda = 0.04
    assert controls.lmbda == 0.1, "nearer on the slider, whose scale is logarithmic"


def test_other_qualities_arrive_in_one_message(monkeypatch: pytest.MonkeyPatch):
    controls = Controls()
    sent = []
    monkeypatch.setattr(controls, "_send", lambda message, buffers=None: sent.append(message["state"]))
    controls.set_qualities(Interval(1, 100), 75)
    assert sent == [{"lmbda_min": 1.0, "lmbda_max": 100.0, "lmbda": 75.0}]
    controls.set_qualities([0.001, 0.1], 1.0)
    assert sent[1:] == [{"lmbda_min": 0.001, "lmbda_max": 0.1, "stops": [0.001, 0.1], "lmbda": 0.1}]


@pytest.mark.parametrize("qualities", [[], [0.0, 1.0], [-1.0], [0.2, 0.1], [0.1, 0.1], [1.0, math.inf], [math.nan]])
def test_qualities_that_are_no_scale_are_refused(qualities: list[float]):
    with pytest.raises(ValueError, match="must be at least one, above 0, finite and ascending"):
        Controls().set_qualities(qualities, 0.1)
