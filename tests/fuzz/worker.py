"""A process that tries mutants: `python worker.py TARGET SEED`, then numbers on stdin, and fates on stdout.

It is persistent, since the import of torch takes seconds, and it may die: whoever started it knows the number that it
was given, and with it the mutant.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def target_of(name: str, seed: int) -> Any:
    """The target by its name; only its own imports are paid for."""
    if name == "files":
        from files import Files as Target
    elif name == "images":
        from images import Images as Target
    elif name == "weights":
        from weights import Weights as Target
    else:
        import texts

        Target = {"configs": texts.Configs, "logs": texts.Logs, "votes": texts.Votes}[name]
    return Target(seed)


def kilobytes(field: str) -> int:
    """A field of this process's memory; 0 where the system does not say."""
    if not STATUS.exists():
        return 0
    return next(int(line.split()[1]) for line in STATUS.read_text().splitlines() if line.startswith(field))


def main(name: str, seed: int) -> None:
    """Answers every number with the fate of its mutant, the processor's seconds and the memory at its highest."""
    torch.set_num_threads(1)  # threads that wait for each other on a busy machine would count as processor time
    warnings.simplefilter("ignore")
    target = target_of(name, seed)
    print("ready", flush=True)
    for line in sys.stdin:
        data = target.mutant(seed * 1_000_003 + int(line))
        if CLEAR.exists():
            CLEAR.write_text("5")  # the highest memory so far is forgotten
        began, before = time.process_time(), kilobytes("VmRSS")
        try:
            fate, failed = target.fate(data), False
        except BaseException as error:  # whatever it is, it is the finding
            fate, failed = f"{type(error).__name__}: {error}"[:300], True
        spent, grown = time.process_time() - began, kilobytes("VmHWM") - before
        answer = {"fate": fate, "failed": failed, "seconds": spent, "grown_mb": grown / 1000, "bytes": len(data)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
