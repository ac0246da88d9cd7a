"""What a thread found out arrives in the event loop, in order, or where somebody waits for it."""

import asyncio
import gc
import threading
import weakref

from dcae_widgets.delivery import Delivery


class Reader:
    """Notes what it is told, and in which thread."""

    def __init__(self) -> None:
        self.read: list[tuple[object, threading.Thread]] = []
        self.delivery = Delivery(self.take, threading.RLock())

    def take(self, event: object) -> None:
        self.read.append((event, threading.current_thread()))

    @property
    def events(self) -> list[object]:
        return [event for event, _ in self.read]


def in_a_thread(*posted: object, to: Delivery) -> threading.Thread:
    thread = threading.Thread(target=lambda: [to.post(event) for event in posted])
    thread.start()
    thread.join()
    return thread


def test_without_an_event_loop_events_are_handled_at_once():
    reader = Reader()
    thread = in_a_thread(1, 2, to=reader.delivery)
    assert reader.read == [(1, thread), (2, thread)]


def test_events_are_handled_in_the_event_loops_thread_and_in_order():
    async def main():
        reader = Reader()
        in_a_thread(1, 2, 3, to=reader.delivery)
        assert reader.events == []
        await asyncio.sleep(0)
        assert reader.read == [(event, threading.current_thread()) for event in (1, 2, 3)]

    asyncio.run(main())


def test_who_keeps_the_event_loop_from_turning_can_take_events_itself():
    async def main():
        reader = Reader()
        in_a_thread(1, 2, to=reader.delivery)
        reader.delivery.drain()
        assert reader.events == [1, 2]
        await asyncio.sleep(0)
        assert reader.events == [1, 2]

    asyncio.run(main())


def test_events_of_a_thread_that_outlives_the_event_loop_go_nowhere():
    async def main():
        return Reader()

    reader = asyncio.run(main())
    in_a_thread(1, to=reader.delivery)
    assert reader.events == []


def test_reader_is_not_kept_alive():
    reader = Reader()
    delivery, gone = reader.delivery, weakref.ref(reader)
    del reader
    gc.collect()
    assert gone() is None
    delivery.post("nobody reads this")
