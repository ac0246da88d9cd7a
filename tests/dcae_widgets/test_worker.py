"""The newest job is done and no other; the background waits for hands to rest; no thread is left behind."""

import threading

import pytest

from dcae_widgets.worker import Superseded, Worker

from .fake_codec import LIMIT_S, until


class Bench:
    """A worker whose jobs are callables, with a note of what happened."""

    def __init__(self, steps: int = 0, **options: float) -> None:
        self.done: list[str] = []
        self.errors: list[Exception] = []
        self.steps_left = steps
        self.in_step = lambda: None
        self.worker: Worker = Worker(self._work, self._step, self.errors.append, **options)

    def _work(self, job) -> None:
        name, action = job if isinstance(job, tuple) else (job, lambda: None)
        action()
        self.done.append(name)

    def _step(self) -> bool:
        if self.steps_left:
            self.in_step()
            self.steps_left -= 1
            self.done.append("step")
            return True
        return False


@pytest.fixture
def gate():
    event = threading.Event()
    yield event
    event.set()


def test_only_the_newest_of_the_waiting_jobs_is_done(gate):
    bench, begun = Bench(), threading.Event()

    def hold():
        begun.set()
        assert gate.wait(LIMIT_S)

    bench.worker.submit(("first", hold))
    assert begun.wait(LIMIT_S)
    for name in ("second", "third", "fourth"):
        bench.worker.submit(name)
    assert bench.worker.waiting == "fourth"
    gate.set()
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == ["first", "fourth"]


def test_work_gives_up_for_a_newer_job_and_for_nothing_else(gate):
    bench, begun = Bench(), threading.Event()

    def give_up_when_told():
        bench.worker.give_up()  # nothing waits yet
        begun.set()
        assert gate.wait(LIMIT_S)
        bench.worker.give_up()

    bench.worker.submit(("old", give_up_when_told))
    assert begun.wait(LIMIT_S)
    bench.worker.submit("new")
    gate.set()
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == ["new"]
    assert not bench.errors


def test_background_steps_are_done_after_the_job_until_there_are_none():
    bench = Bench(steps=3)
    bench.worker.submit("job")
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == ["job", "step", "step", "step"]


def test_no_background_step_begins_while_a_hand_is_moving():
    bench = Bench(steps=1, quiet_s=3600.0)
    bench.worker.submit("drag", moving=True)
    until(lambda: bench.done == ["drag"])
    assert not bench.worker.wait(0.2)
    assert bench.done == ["drag"]
    bench.worker.submit("release")
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == ["drag", "release", "step"]


def test_step_that_gave_up_is_done_again_after_the_job():
    bench, begun = Bench(steps=1), threading.Event()

    def until_a_job_comes():
        begun.set()
        until(lambda: bench.worker.waiting is not None)
        bench.worker.give_up()

    bench.in_step = until_a_job_comes
    bench.worker.submit("first")
    assert begun.wait(LIMIT_S)
    bench.in_step = lambda: None
    bench.worker.submit("second")
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == ["first", "second", "step"]


def test_worker_goes_on_after_a_job_that_failed():
    bench = Bench()
    error = ValueError("no such photo")

    def fail():
        raise error

    bench.worker.submit(("bad", fail))
    assert bench.worker.wait(LIMIT_S)
    bench.worker.submit("good")
    assert bench.worker.wait(LIMIT_S)
    assert bench.errors == [error]
    assert bench.done == ["good"]


def test_failed_step_is_not_repeated_for_ever():
    bench = Bench(steps=5)

    def fail():
        raise OSError("disk")

    bench.in_step = fail
    bench.worker.submit("job")
    assert bench.worker.wait(LIMIT_S)
    assert len(bench.errors) == 1


def test_thread_without_work_ends_and_the_next_job_starts_another():
    before = set(threading.enumerate())
    bench = Bench(linger_s=0.01)
    bench.worker.submit("one")
    until(lambda: bench.done == ["one"] and not set(threading.enumerate()) - before, "the thread's end")
    bench.worker.submit("two")
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == ["one", "two"]


def test_closed_worker_drops_what_waits_and_ends(gate):
    before = set(threading.enumerate())
    bench, begun = Bench(), threading.Event()

    def hold():
        begun.set()
        assert gate.wait(LIMIT_S)
        bench.worker.give_up()

    bench.worker.submit(("running", hold))
    assert begun.wait(LIMIT_S)
    bench.worker.submit("waiting")
    bench.worker.close()
    gate.set()
    until(lambda: not set(threading.enumerate()) - before, "the thread's end")
    assert bench.done == []
    with pytest.raises(Superseded):
        bench.worker.give_up()
    with pytest.raises(RuntimeError, match="worker is closed"):
        bench.worker.submit("late")


def test_waiting_has_a_limit(gate):
    bench = Bench()
    bench.worker.submit(("long", lambda: gate.wait(LIMIT_S)))
    assert not bench.worker.wait(0.01)
    gate.set()
    assert bench.worker.wait(LIMIT_S)


def test_a_worker_that_is_woken_finds_new_steps_even_those_that_come_during_the_last_one(gate):
    bench, begun = Bench(), threading.Event()
    bench.worker.wake()
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == []
    bench.steps_left = 1

    def hold():
        begun.set()
        assert gate.wait(LIMIT_S)
        bench.in_step = lambda: None

    bench.in_step = hold
    bench.worker.wake()
    assert begun.wait(LIMIT_S)
    bench.steps_left += 1
    bench.worker.wake()
    gate.set()
    assert bench.worker.wait(LIMIT_S)
    assert bench.done == ["step", "step"]
    bench.worker.close()
    bench.steps_left = 1
    bench.worker.wake()
    assert bench.done == ["step", "step"]
