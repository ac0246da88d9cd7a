"""Nobody waits for another's pile of work; what can wait gets little while hands wait, but something."""

import threading
import time
from collections import Counter

from dcae.engine.turns import SHARES, Line, Turns


def served(turns: Turns, jobs: int, seconds) -> list[Line]:
    """The lines of the next jobs, each of which takes as long as `seconds` says of its line."""
    lines = []
    for _ in range(jobs):
        line, _ = turns.take()
        turns.took(line, seconds(line))
        lines.append(line)
    return lines


def test_one_question_waits_for_at_most_one_of_each_other():
    turns: Turns = Turns()
    for number in range(100):
        turns.put("greedy", number)
    served(turns, 5, lambda line: 0.1)
    turns.put("modest", "one")
    assert ("modest", "work") in served(turns, 2, lambda line: 0.1)


def test_seconds_count_and_not_questions():
    turns: Turns = Turns()
    for number in range(300):
        turns.put("quick", number)
        turns.put("slow", number)
    lines = Counter(visitor for visitor, _ in served(turns, 200, lambda line: 1.0 if line[0] == "slow" else 0.1))
    assert 8 <= lines["quick"] / lines["slow"] <= 12


def test_what_can_wait_gets_its_share_and_no_more():
    turns: Turns = Turns()
    for number in range(300):
        turns.put("hand", number)
        turns.put("curve", number, "unhurried")
    lines = Counter(served(turns, 200, lambda line: 0.1))
    share = lines["curve", "unhurried"] / lines["hand", "work"]
    assert abs(share - SHARES["unhurried"]) < 0.03


def test_own_curve_comes_after_own_hand():
    turns: Turns = Turns()
    turns.put("ann", "curve", "unhurried")
    turns.put("ann", "hand")
    assert [turns.take()[1], turns.take()[1]] == ["hand", "curve"]


def test_step_does_not_pay_for_the_photo_that_was_opened_before():
    turns: Turns = Turns()
    for visitor in ("opener", "ann", "bob"):
        turns.put(visitor, "open")
    served(turns, 3, lambda line: 5.0 if line[0] == "opener" else 0.1)
    for visitor in ("ann", "bob"):
        for number in range(10):
            turns.put(visitor, number, "step")
    turns.put("opener", "step", "step")
    assert ("opener", "step") in served(turns, 3, lambda line: 0.1)


def test_who_was_away_saves_nothing_up():
    turns: Turns = Turns()
    turns.put("old", 0)
    served(turns, 1, lambda line: 0.1)
    for number in range(100):
        turns.put("busy", number)
    served(turns, 50, lambda line: 1.0)
    for number in range(50):
        turns.put("old", number)
    lines = Counter(visitor for visitor, _ in served(turns, 20, lambda line: 1.0))
    assert abs(lines["old"] - lines["busy"]) <= 2


def test_who_was_alone_pays_for_nothing():
    turns: Turns = Turns()
    for number in range(100):
        turns.put("alone", number)
    served(turns, 50, lambda line: 1.0)
    turns.put("new", "first")
    for number in range(9):
        turns.put("new", number)
    lines = Counter(visitor for visitor, _ in served(turns, 10, lambda line: 1.0))
    assert lines["alone"] >= 4


def test_what_waits_of_a_visitor_who_left_is_dropped():
    turns: Turns = Turns()
    turns.put("gone", "a")
    turns.put("gone", "b", "unhurried")
    turns.put("here", "c")
    turns.leave("gone")
    line, job = turns.take()
    assert job == "c"
    turns.leave("here")
    turns.took(line, 1.0)
    assert not turns._times


def test_worker_waits_for_the_first_question():
    turns: Turns = Turns()
    began = time.monotonic()
    threading.Timer(0.05, turns.put, ("late", "job")).start()
    assert turns.take()[1] == "job"
    assert time.monotonic() - began > 0.03


def test_what_is_taken_back_before_its_turn_is_gone():
    turns: Turns = Turns()
    for job in ("one", "two"):
        turns.put("ann", job)
    assert turns.drop(("ann", "work"), "one")
    assert not turns.drop(("ann", "work"), "one")
    assert not turns.drop(("bob", "work"), "two")
    assert turns.take()[1] == "two"
    assert not turns.drop(("ann", "work"), "two")


def test_one_long_job_is_soon_forgiven():
    turns: Turns = Turns()
    turns.put("slow", "long", "step")
    served(turns, 1, lambda line: 60.0)
    for number in range(100):
        turns.put("ann", number, "step")
    turns.put("slow", "next", "step")
    assert ("slow", "step") in served(turns, 6, lambda line: 0.1)
