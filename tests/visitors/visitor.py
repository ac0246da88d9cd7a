"""A visitor of the demo without a browser: speaks what the page's own code speaks, and measures how long answers take.

Knows Jupyter's websocket messages and the traits of the explorer's panel and numbers.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
import uuid
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import websocket
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from dcae.cli.demo_server import PROTOCOL

PIECE_BYTES = 1 << 20


class Visitor:
    """One page, opened.

    Args:
        url: The demo's address.
        limit_s: No answer may take longer.
    """

    def __init__(self, url: str, limit_s: float = 120.0) -> None:
        began = time.monotonic()
        page = urlopen(url, timeout=limit_s).read().decode()
        found = re.search(r'"kernelId": ?"([0-9a-f-]{36})"', page)
        if found is None:
            raise RuntimeError(f"the page names no kernel: {page[:300]!r}")
        address = urlsplit(url)
        self.session, self.limit_s, self._serial = uuid.uuid4().hex, limit_s, 0
        host = f"http://{address.netloc}"
        channels = f"ws://{address.netloc}/api/kernels/{found[1]}/channels?session_id={self.session}"
        self._socket = websocket.create_connection(channels, timeout=limit_s, origin=host, subprotocols=[PROTOCOL])
        self.errors: list[str] = []
        self.refused: list[str] = []
        self._greet()
        states = self._opened()
        self.controls = next(comm for comm, state in states.items() if "lmbda_min" in state)
        self.readout = next(comm for comm, state in states.items() if "numbers" in state and "caption" in state)
        self.numbers, self.kind = states[self.readout]["numbers"], states[self.readout]["kind"]
        self.pending = states[self.readout]["pending"]
        while not self.numbers or self.pending:
            self._hear()
        self.first_numbers_s = time.monotonic() - began

    def move(self, lmbda: float, *, final: bool = False) -> float:
        """Moves lambda, which must change, and waits for its numbers: of an estimate or, if final, of the file.

        Returns:
            Seconds that it took.
        """
        self._serial += 1
        request = {"serial": self._serial, "lmbda": lmbda, "final": final}
        began = time.monotonic()
        self._update({"lmbda": lmbda, "request": request})
        return self._until("file" if final else "estimate", began)

    def upload(self, name: str, data: bytes) -> float:
        """Drops a file on the page and waits for the numbers of what it is compressed to. Seconds that it took."""
        began = time.monotonic()
        upload_id = self.send_file(name, len(data))
        for index in range(-(-len(data) // PIECE_BYTES)):
            piece = data[index * PIECE_BYTES : (index + 1) * PIECE_BYTES]
            self._custom({"type": "upload-piece", "id": upload_id, "index": index}, [piece])
        return self._until("file", began)

    def send_file(self, name: str, size_bytes: int) -> str:
        """Says that a file is coming; what its pieces are to name."""
        upload_id = uuid.uuid4().hex
        self._custom({"type": "upload-begin", "id": upload_id, "name": name, "size": size_bytes})
        return upload_id

    def states(self) -> dict[str, dict[str, Any]]:
        """All that the page's widgets hold."""
        return self._opened()

    def close(self) -> None:
        """Leaves the page."""
        self._socket.close()

    def _until(self, kind: str, began: float) -> float:
        """Waits until the numbers are of the newest request: those of older files may still come, but are pending."""
        was_pending = False
        while not (was_pending and not self.pending and self.kind == kind):
            self._hear()
            was_pending = was_pending or self.pending
            if time.monotonic() - began > self.limit_s:
                raise TimeoutError(f"no {kind} within {self.limit_s:g} s")
        return time.monotonic() - began

    def _hear(self) -> None:
        """Takes the next message."""
        message = self._received()
        if message["msg_type"] in ("stream", "error"):
            self.errors.append(json.dumps(message["content"])[:300])
        content = message["content"]
        if message["msg_type"] == "comm_msg" and content["data"].get("content", {}).get("type") == "upload-refused":
            self.refused.append(content["data"]["content"]["reason"])
        if message["msg_type"] != "comm_msg" or content["data"].get("method") != "update":
            return
        state = content["data"]["state"]
        if content["comm_id"] == self.controls and state.get("error"):
            self.errors.append(state["error"])
        if content["comm_id"] != self.readout:
            return
        self.kind, self.pending = state.get("kind", self.kind), state.get("pending", self.pending)
        self.numbers = state.get("numbers", self.numbers)

    def _greet(self) -> None:
        """Waits until the kernel hears; what is said before the server has connected it is lost."""
        self._socket.settimeout(0.5)
        for _ in range(int(2 * self.limit_s)):
            self._send("kernel_info_request", {})
            with contextlib.suppress(websocket.WebSocketTimeoutException):
                while self._received()["msg_type"] != "kernel_info_reply":
                    pass
                break
        self._socket.settimeout(self.limit_s)

    def _opened(self) -> dict[str, dict[str, Any]]:
        comm = uuid.uuid4().hex
        data = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {"widgets": None}}
        self._send("comm_open", data, metadata={"version": "1.0.0"})
        self._send("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
        while True:
            message = self._received()
            content = message["content"]
            if message["msg_type"] == "comm_msg" and content["comm_id"] == comm:
                return {name: each["state"] for name, each in content["data"]["states"].items()}

    def _update(self, state: dict[str, Any]) -> None:
        data = {"method": "update", "state": state, "buffer_paths": []}
        self._send("comm_msg", {"comm_id": self.controls, "data": data})

    def _custom(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        data = {"comm_id": self.controls, "data": {"method": "custom", "content": content}}
        self._send("comm_msg", data, buffers=buffers)

    def _send(self, kind: str, content: dict, metadata: dict | None = None, buffers: list[bytes] | None = None) -> None:
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": self.session,
            "username": "",
            "version": "5.3",
        }
        parts = [json.dumps(part).encode() for part in (header, {}, metadata or {}, content)]
        self._socket.send_binary(serialize_msg_to_ws_v1([*parts, *(buffers or [])], "shell"))

    def _received(self) -> dict[str, Any]:
        _, (header, _, _, content, *_) = deserialize_msg_from_ws_v1(self._socket.recv())
        return {"msg_type": json.loads(header)["msg_type"], "content": json.loads(content)}
