"""What all targets of the fuzzer share: bytes that are changed at random, and refusals in words."""

import random
import re


def changed(data: bytes, random: random.Random) -> bytes:
    """Bytes with one to four places flipped, inserted, removed, doubled or cut off."""
    body = bytearray(data)
    for _ in range(random.randrange(1, 5)):
        place, kind = random.randrange(len(body) + 1), random.random()
        if kind < 0.6 and place < len(body):
            body[place] ^= 1 << random.randrange(8)
        elif kind < 0.75:
            body[place:place] = random.randbytes(random.randrange(1, 5))
        elif kind < 0.9:
            del body[place : place + random.randrange(1, 5)]
        elif kind < 0.95:
            body[place:place] = body[place : place + random.randrange(1, 200)]
        else:
            del body[place:]
    return bytes(body)


def refusal(error: Exception) -> str:
    """A refusal without its numbers, so that refusals can be counted; it must be one line.

    Raises:
        AssertionError: if it is more than one.
    """
    if "\n" in str(error):
        raise AssertionError(f"more than one line: {error}")
    return (
        "refused: " + re.sub(r"-?\b[\d.]+(e[+-]\d+)?\b|0x\w\w|b'.*?'|'.*?'|\b[0-9a-f]{8,16}\b", "#", str(error))[:150]
    )
