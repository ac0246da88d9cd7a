"""A class visits the demo: `python run.py [--visitors N] [--seconds S] [--seed R]`.

Each visitor has photos of his own, moves lambda without a rest, and now and then lets go or drops another photo. In the
end each file's size must be that of his own photo at his own lambda: the answers of nobody else. Prints how long steps
took, for one visitor alone and for all at once, and the memory of all processes.
"""

import argparse
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
from visitor import Visitor

from dcae.codec.catalogue import open_codec
from dcae.images import png_bytes
from dcae.samples import sample, sample_images

UPLOAD_EVERY, REST_EVERY = 15, 6
"""In steps of lambda."""
THINK_S = 0.1


def photo(generator: np.random.Generator) -> np.ndarray:
    """A piece of a shipped photo, 512 x 384 px or less, mirrored or not, in colours that no other visitor has."""
    image = sample(str(generator.choice(list(sample_images()))))
    height, width = min(384, image.shape[0]), min(512, image.shape[1])
    top, left = (
        int(generator.integers(0, side - part + 1)) for side, part in zip(image.shape[:2], (height, width), strict=True)
    )
    piece = image[top : top + height, left : left + width, :: generator.choice([-1, 1])]
    return np.ascontiguousarray(piece // 2 + generator.integers(0, 128, 3, np.uint8))


class Visit(threading.Thread):
    """A visitor who stays for some seconds."""

    def __init__(self, url: str, seconds: float, seed: int) -> None:
        super().__init__()
        self.url, self.seconds, self.generator = url, seconds, np.random.default_rng(seed)
        self.steps_s: list[float] = []
        self.uploads_s: list[float] = []
        self.first_s = 0.0
        self.problems: list[str] = []
        self.last: tuple[np.ndarray, float, int] | None = None

    def run(self) -> None:
        try:
            self._visit()
        except Exception as error:
            self.problems.append(f"{type(error).__name__}: {error}")

    def _visit(self) -> None:
        visitor = Visitor(self.url)
        self.first_s = visitor.first_numbers_s
        end, steps = time.monotonic() + self.seconds, 0
        image = self._new_photo(visitor)
        while time.monotonic() < end:
            steps += 1
            self.steps_s.append(visitor.move(self._lmbda()))
            if steps % UPLOAD_EVERY == 0:
                image = self._new_photo(visitor)
            elif steps % REST_EVERY == 0:
                visitor.move(self._lmbda(), final=True)
            time.sleep(THINK_S)
        lmbda = self._lmbda()
        visitor.move(lmbda, final=True)
        self.last = image, lmbda, int(visitor.numbers["bytes"])
        self.problems += visitor.errors
        visitor.close()

    def _new_photo(self, visitor: Visitor) -> np.ndarray:
        image = photo(self.generator)
        self.uploads_s.append(visitor.upload(f"photo {len(self.uploads_s)}.png", png_bytes(image)))
        return image

    def _lmbda(self) -> float:
        return float(f"{np.exp(self.generator.uniform(np.log(0.0018), np.log(0.05))):.4g}")


def quantiles(seconds: list[float]) -> str:
    """Median, 95 % and the longest, in words."""
    if not seconds:
        return "none"
    middle, most = np.quantile(seconds, [0.5, 0.95])
    return f"median {middle:.2f} s, 95 % within {most:.2f} s, at most {max(seconds):.2f} s"


def memory_mb(process: psutil.Process) -> tuple[float, int]:
    """What all processes of the demo hold for themselves, and how many there are."""
    family = [process, *process.children(recursive=True)]
    return sum(each.memory_full_info().uss for each in family if each.is_running()) / 1e6, len(family)


def visits(url: str, count: int, seconds: float, seed: int, process: psutil.Process) -> list[Visit]:
    """So many at once; what they found is printed."""
    threads = [Visit(url, seconds, 1000 * seed + number) for number in range(count)]
    for thread in threads:
        thread.start()
    most = 0.0
    while any(thread.is_alive() for thread in threads):
        most = max(most, memory_mb(process)[0])
        time.sleep(5)
    for name in ("first_s", "steps_s", "uploads_s"):
        values = [getattr(thread, name) for thread in threads]
        flat = [value for each in values for value in (each if isinstance(each, list) else [each])]
        print(f"{count} visitors, {name.removesuffix('_s')}: {len(flat)}; {quantiles(flat)}", flush=True)
    print(f"{count} visitors: {most:.0f} MB in all at most", flush=True)
    return threads


def wrong(threads: list[Visit]) -> list[str]:
    """Problems, and files that are not of their visitor's own photo and lambda."""
    codec, found = open_codec("small"), [problem for thread in threads for problem in thread.problems]
    for number, thread in enumerate(threads):
        if thread.last is None:
            found.append(f"visitor {number} did not come to the end")
            continue
        image, lmbda, size = thread.last
        own = len(codec.open(image).encode(lmbda))
        if own != size:
            found.append(f"visitor {number} was shown {size} bytes; his own file has {own}")
    return found


def main(count: int, seconds: float, seed: int) -> int:
    """The exit status: 0 if nothing was wrong."""
    command = [sys.executable, "-m", "dcae.cli", "demo", "--port", "0", "--visitors", str(count + 2)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert demo.stdout is not None
        url = next(line.split()[-1] for line in demo.stdout if line.startswith("The page is at"))
        process, problems = psutil.Process(demo.pid), []
        for each, stay in ((1, min(seconds, 20.0)), (count, seconds)):
            problems += wrong(visits(url, each, stay, seed, process))
        print(f"{memory_mb(process)[0]:.0f} MB in {memory_mb(process)[1]} processes after they left")
        for problem in problems:
            print("WRONG", problem)
        return bool(problems)
    finally:
        demo.terminate()
        demo.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    sys.exit(main(asked.visitors, asked.seconds, asked.seed))
