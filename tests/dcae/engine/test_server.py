"""Each visitor gets the answer to what he asked, in turn; what nobody waits for any more is given up."""

import errno
import os
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Client, Listener
from pathlib import Path

import numpy as np
import pytest

from dcae.codec.bitstream import BitstreamError
from dcae.codec.interruption import interruptible, interruption_point, unhurried
from dcae.engine.photos import NotOpenError
from dcae.engine.remote import ADDRESS_VARIABLE, EngineError, RemoteEngine
from dcae.engine.server import Server

KEY = b"secret"
LIMIT_S = 20


class Answers:
    """What the tests ask: echoes, errors, and work that can be held and given up."""

    def __init__(self) -> None:
        self.let_go, self.begun = threading.Event(), threading.Event()
        self.order: list[str] = []
        self.given_up = 0

    def echo(self, *values):
        self.order.append(str(values[0]))
        return list(values)

    def fail(self, kind: str):
        raise {"ours": BitstreamError, "closed": NotOpenError, "value": ValueError, "odd": _Odd}[kind]("the words")

    def hold(self):
        self.begun.set()
        try:
            while not self.let_go.wait(0.005):
                interruption_point()
        except BaseException:
            self.given_up += 1
            raise


class _Odd(Exception):
    """An error that no visitor knows."""


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def server(answers):
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "engine")
        server = Server({name: getattr(answers, name) for name in ("echo", "fail", "hold")}, path, KEY)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        answers.let_go.set()
        server.close()


@pytest.fixture
def address(server):
    return server._listener.address


def test_twenty_visitors_get_their_own_answers(address):
    wrong = []

    def visit(number: int) -> None:
        engine = RemoteEngine(address, KEY)
        for round_ in range(20):
            mine = np.full(1000, 100 * number + round_)
            found = engine.ask("echo", number, mine)
            if found[0] != number or (found[1] != mine).any():
                wrong.append((number, round_))

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    assert not wrong
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize(
    ("kind", "error"), [("ours", BitstreamError), ("closed", NotOpenError), ("value", ValueError), ("odd", EngineError)]
)
def test_errors_arrive_as_what_they_were(address, kind, error):
    with pytest.raises(error, match="the words"):
        RemoteEngine(address, KEY).ask("fail", kind)


def test_unknown_question_is_an_error_and_the_next_one_is_answered(address):
    engine = RemoteEngine(address, KEY)
    with pytest.raises(KeyError, match="open_file"):
        engine.ask("open_file", "/etc/passwd")
    assert engine.ask("echo", 1) == [1]


def test_question_that_is_taken_back_ends_in_the_middle(address, answers):
    engine = RemoteEngine(address, KEY)

    def enough() -> None:
        if answers.begun.is_set():
            raise TimeoutError("a newer one came")

    with pytest.raises(TimeoutError, match="a newer one came"), interruptible(enough):
        engine.ask("hold")
    assert answers.given_up == 1
    assert engine.ask("echo", "next") == ["next"]


def test_question_that_waits_is_taken_back_at_once(address, answers):
    first, second = RemoteEngine(address, KEY), RemoteEngine(address, KEY)
    holding = threading.Thread(target=first.ask, args=("hold",))
    holding.start()
    assert answers.begun.wait(LIMIT_S)
    asked = time.monotonic()

    def enough() -> None:
        if time.monotonic() > asked + 0.1:
            raise TimeoutError("a newer one came")

    with pytest.raises(TimeoutError, match="a newer one came"), interruptible(enough):
        second.ask("echo", "never")
    assert not answers.let_go.is_set(), "the other's work goes on"
    answers.let_go.set()
    holding.join(LIMIT_S)
    assert second.ask("echo", "next") == ["next"]
    assert answers.order == ["next"]


def test_question_of_a_visitor_who_is_gone_ends_in_the_middle(address, answers):
    visitor = Client(address, "AF_UNIX", authkey=KEY)
    visitor.send_bytes(bytes(4) + b'"gone"')
    visitor.send_bytes(bytes(4) + b'["list", ["hold", false]]')
    assert answers.begun.wait(LIMIT_S)
    visitor.close()
    assert RemoteEngine(address, KEY).ask("echo", "next") == ["next"]
    assert answers.given_up == 1


def test_what_can_wait_comes_after_what_another_waits_for(server, address, answers):
    first, patient, hand = (RemoteEngine(address, KEY) for _ in range(3))

    def wait() -> None:
        with unhurried():
            patient.ask("echo", "curve 1")
            patient.ask("echo", "curve 2")

    holding = threading.Thread(target=first.ask, args=("hold",))
    holding.start()
    assert answers.begun.wait(LIMIT_S)
    threads = [threading.Thread(target=wait), threading.Thread(target=hand.ask, args=("echo", "hand"))]
    for count, thread in enumerate(threads, start=1):
        thread.start()
        limit = time.monotonic() + LIMIT_S
        while len(server._turns._waiting) < count:
            assert time.monotonic() < limit, "the question has not come"
            time.sleep(0.005)
    answers.let_go.set()
    for thread in [holding, *threads]:
        thread.join(LIMIT_S)
    assert answers.order == ["hand", "curve 1", "curve 2"]


def test_who_does_not_know_the_key_is_not_heard(address):
    with pytest.raises(EngineError, match="no engine at"):
        RemoteEngine(address, b"wrong")
    assert RemoteEngine(address, KEY).ask("echo", 1) == [1]


@pytest.mark.parametrize("said", [b"", b"\x00", bytes(4) + b"{", bytes(4) + b"7", bytes(4) + b'["list", [1]]'])
def test_nonsense_ends_the_connection_and_nothing_else(address, said):
    visitor = Client(address, "AF_UNIX", authkey=KEY)
    visitor.send_bytes(bytes(4) + b'"odd"')
    visitor.send_bytes(said)
    with pytest.raises((EOFError, ConnectionError)):
        visitor.recv_bytes()
    assert RemoteEngine(address, KEY).ask("echo", 1) == [1]


def test_engine_that_ends_is_said_and_found_again(answers):
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "engine")

        def start() -> subprocess.Popen:
            child = subprocess.Popen(
                [sys.executable, "-c", SMALL_ENGINE, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            return child

        child = start()
        engine = RemoteEngine(path, KEY)
        assert engine.ask("echo", 1) == 1
        child.kill()
        child.communicate()
        with pytest.raises(EngineError, match="the engine is gone"):
            engine.ask("echo", 2)
        with pytest.raises(EngineError, match="no engine at"):
            engine.ask("echo", 2)
        os.unlink(path)
        child = start()
        assert engine.ask("echo", 3) == 3
        child.kill()
        child.communicate()


SMALL_ENGINE = """
import sys, threading
from dcae.engine.server import Server
server = Server({"echo": lambda value: value}, sys.argv[1], b"secret")
print("ready", flush=True)
server.serve()
"""


def test_page_without_an_engine_says_what_is_missing(monkeypatch):
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    with pytest.raises(EngineError, match="DCAE_ENGINE is not set"):
        RemoteEngine()


def test_a_visitor_whom_the_system_has_no_room_for_now_is_heard_later(answers, monkeypatch):
    accept, failed = Listener.accept, threading.Event()

    def full_once(listener):
        if not failed.is_set():
            failed.set()
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listener)

    monkeypatch.setattr(Listener, "accept", full_once)
    with tempfile.TemporaryDirectory() as folder:
        server = Server({"echo": answers.echo}, str(Path(folder) / "engine"), KEY)
        threading.Thread(target=server.serve, daemon=True).start()
        assert RemoteEngine(str(Path(folder) / "engine"), KEY).ask("echo", 1) == [1]
        assert failed.is_set()
        server.close()


def test_an_answer_that_is_cut_off_in_this_process_is_not_taken_for_the_next(address, monkeypatch):
    engine = RemoteEngine(address, KEY)
    assert engine.ask("echo", 1) == [1]

    def too_large(_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("dcae.engine.remote.receive", too_large)
        with pytest.raises(MemoryError):
            engine.ask("echo", 2)
    assert engine.ask("echo", 3) == [3]
