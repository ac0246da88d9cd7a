"""The engine's process: hears visitors, lets one question at a time have the processor, and answers.

A thread for each connection hears and answers; one thread computes, in the order of `Turns`. A question that its
visitor takes back, or whose visitor is gone, ends between two steps of its work. Knows connections and turns. Does not
know what a question means.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from typing import Any

from dcae.codec.interruption import interruptible
from dcae.engine.turns import Kind, Turns
from dcae.engine.wire import receive, send

LISTENING_S = 0.02
"""So often a visitor is heard while his question waits or is being answered."""


RETRY_S = 0.2
"""So long nobody new is heard where the system can open no more connections."""


class TakenBack(Exception):  # no error: nobody waits for the answer
    """The question's visitor does not wait for the answer any more."""


@dataclass(eq=False)
class _Question:
    """Something asked, and in the end what became of it."""

    name: str
    arguments: Sequence[Any]
    done: threading.Event = field(default_factory=threading.Event)
    taken_back: bool = False
    answer: Any = None

    def check(self) -> None:
        if self.taken_back:
            raise TakenBack


class Server:
    """Serves what can be asked to whoever connects and knows the key.

    Args:
        answers: What can be asked, by name.
        address: A path for the socket, which only this user can open.
        key: What visitors have to know.
        steps: Which answers a moving hand waits for.
    """

    def __init__(
        self, answers: Mapping[str, Callable[..., Any]], address: str, key: bytes, steps: Collection[str] = ()
    ) -> None:
        self._answers, self._steps = answers, frozenset(steps)
        self._listener = Listener(address, "AF_UNIX", backlog=64, authkey=key)
        self._turns: Turns[_Question] = Turns()
        self._visits: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._is_closed = False

    def serve(self) -> None:
        """Serves until the listener is closed."""
        threading.Thread(target=self._compute, name="engine", daemon=True).start()
        while True:
            try:
                connection = self._listener.accept()
            except (AuthenticationError, EOFError, ConnectionError):
                continue  # somebody who does not know the key, or left at once
            except OSError:
                if self._is_closed:
                    return
                time.sleep(RETRY_S)  # too many files are open, for now
                continue
            try:
                threading.Thread(target=self._hear, args=(connection,), daemon=True).start()
            except RuntimeError:  # so many threads as there may be
                connection.close()

    def close(self) -> None:
        """Hears no new visitors."""
        self._is_closed = True
        self._listener.close()

    def _hear(self, connection: Connection) -> None:
        visitor = ""
        try:
            visitor = str(receive(connection))
            with self._lock:
                self._visits[visitor] += 1
            while True:
                asked = receive(connection)
                if asked is not None:  # else it took back what is answered already
                    self._answer(connection, visitor, asked)
        except (EOFError, OSError, ValueError, TypeError):
            pass  # he is gone, or speaks no language of ours
        finally:
            connection.close()
            with self._lock:
                self._visits[visitor] -= 1
                if not +self._visits[visitor]:
                    del self._visits[visitor]
                    self._turns.leave(visitor)

    def _answer(self, connection: Connection, visitor: str, asked: Any) -> None:
        name, unhurried, *arguments = asked
        question = _Question(str(name), arguments)
        kind: Kind = "unhurried" if unhurried else "step" if question.name in self._steps else "work"
        self._turns.put(visitor, question, kind)
        try:
            while not question.done.wait(LISTENING_S):
                if connection.poll():
                    receive(connection)  # whatever is said before the answer came takes the question back
                    question.taken_back = True
                    if self._turns.drop((visitor, kind), question):
                        question.answer = ["failed", TakenBack.__name__, "it was taken back before its turn"]
                        break
                    question.done.wait()
        except BaseException:
            question.taken_back = True
            raise
        send(connection, question.answer)

    def _compute(self) -> None:
        while True:
            line, question = self._turns.take()
            began = time.perf_counter()
            question.answer = self._found(question)
            self._turns.took(line, time.perf_counter() - began)
            question.done.set()

    def _found(self, question: _Question) -> Any:
        """The answer, or the error as its type's name and its words."""
        try:
            with interruptible(question.check):
                question.check()
                return ["found", self._answers[question.name](*question.arguments)]
        except Exception as error:  # whatever it is, it is the visitor's to see
            return ["failed", type(error).__name__, str(error)]
