"""FFmpeg as a program of its own: found by the package imageio-ffmpeg, run with a time limit, and nothing left behind.

Knows where the program is, what is built into it, and how it is run. Knows no codec's options.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec

PROBE_LIMIT_S = 30.0
"""How long the program may take to say what is built into it."""


def why_not_ffmpeg(codec: str, encoder: str) -> str | None:
    """Why this machine cannot encode and decode with FFmpeg; None if it can.

    Args:
        codec: FFmpeg's name of the format, which it must decode.
        encoder: FFmpeg's name of the encoder.
    """
    known, why_not = _built_in("-codecs")
    if why_not:
        return why_not
    flags, _, words = known.get(codec, "").partition(" ")
    if encoder not in words.replace(")", " ").split():
        return f"this FFmpeg {ffmpeg_version()} was built without {encoder}"
    return None if flags.startswith("D") else f"this FFmpeg {ffmpeg_version()} does not decode {codec}"


def why_not_filter(name: str) -> str | None:
    """Why this machine has no FFmpeg with this filter; None if it has."""
    known, why_not = _built_in("-filters")
    return why_not or (None if name in known else f"this FFmpeg {ffmpeg_version()} was built without {name}")


def ffmpeg_version() -> str:
    """The program's own version."""
    return _first_line(_program()).removeprefix("ffmpeg version ").partition(" ")[0]


def run_ffmpeg(arguments: Sequence[str], data: bytes, time_limit_s: float) -> bytes:
    """What FFmpeg writes to its standard output.

    It runs in an empty folder of its own, which is removed with all that it may have left there.

    Args:
        arguments: from the input's options to the output, which are `pipe:0` and `pipe:1`.
        data: what it reads from its standard input.
        time_limit_s: after so many seconds it is killed.

    Raises:
        TimeoutError: it was.
        ValueError: it gave up; the message ends in its own last words.
    """
    return _run(_program(), ("-loglevel", "error", *arguments), data, time_limit_s)


def _run(program: str, arguments: Sequence[str], data: bytes, time_limit_s: float) -> bytes:
    command = [program, "-hide_banner", *arguments]
    with tempfile.TemporaryDirectory(prefix="dcae-ffmpeg-") as folder:
        try:
            result = subprocess.run(command, input=data, capture_output=True, cwd=folder, timeout=time_limit_s)
        except subprocess.TimeoutExpired as error:  # `run` has killed it and waited for its end
            raise TimeoutError(f"FFmpeg was stopped: it took longer than its limit of {time_limit_s:g} s") from error
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise ValueError(f"FFmpeg gave up with exit code {result.returncode}: {'; '.join(lines[:2])}")
    return result.stdout


def _program() -> str:
    import imageio_ffmpeg

    return imageio_ffmpeg.get_ffmpeg_exe()


def _built_in(option: str) -> tuple[dict[str, str], str | None]:
    """What an option lists; or nothing, and why the program cannot be asked."""
    if find_spec("imageio_ffmpeg") is None:
        return {}, "the package imageio-ffmpeg is not installed"
    try:
        return _listed(_program(), option), None
    except (OSError, RuntimeError, ValueError) as error:
        return {}, f"imageio-ffmpeg has no FFmpeg that runs here ({error})"


@cache
def _listed(program: str, option: str) -> dict[str, str]:
    """By the name of each thing listed: its flags, a space, and the words about it."""
    listing = _run(program, (option,), b"", PROBE_LIMIT_S).decode(errors="replace")
    rows = [line.split(maxsplit=2) for line in listing.splitlines()]
    return {row[1]: f"{row[0]} {row[2]}" for row in rows if len(row) == 3}


@cache
def _first_line(program: str) -> str:
    return _run(program, ("-version",), b"", PROBE_LIMIT_S).decode(errors="replace").partition("\n")[0]
