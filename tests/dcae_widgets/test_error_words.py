"""Errors in words: what is raised is said, once, while the lock is held."""

import threading

import pytest

from dcae_widgets.error_words import error_words, said


@pytest.mark.parametrize("error", [ValueError(), OSError()])
def test_an_error_without_words_is_named(error: Exception):
    assert error_words(error) == f"{type(error).__name__}: "


def test_what_is_raised_is_said_under_the_lock():
    heard, lock = [], threading.Lock()
    with said(lambda error: heard.append((str(error), lock.locked())), lock):
        raise ValueError("no such photo")
    with said(heard.append, lock):
        pass
    assert (heard, lock.locked()) == ([("no such photo", True)], False)


def test_who_ends_the_program_is_not_held_up():
    heard: list[Exception] = []
    with pytest.raises(KeyboardInterrupt), said(heard.append, threading.Lock()):
        raise KeyboardInterrupt
    assert not heard
