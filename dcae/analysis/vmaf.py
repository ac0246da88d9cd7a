"""VMAF of two pictures, by the libvmaf in an FFmpeg that runs as a program of its own.

The model is vmaf_v0.6.1, which was trained on video at 1080p seen from three heights away: on a single picture its
measure of motion is 0. It sees luma alone, in BT.709 and limited range with 8 bits, as video has it.
Shapes: H, W image size in pixels.
"""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcae.analysis.ffmpeg import ffmpeg_version, run_ffmpeg, why_not_filter
from dcae.images import check_image

TIME_LIMIT_S = 600.0
"""How long one call may take; 0.24 million pixels took 0.03 s."""
MIN_VMAF_SIDE_PX = 32
"""The shortest side: libvmaf in FFmpeg 9.0.2 crashes at 16 px and less, and this keeps some distance."""

_MODEL = "vmaf_v0.6.1"
_LUMA = "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,format=yuv444p"


def why_not_vmaf() -> str | None:
    """Why this machine cannot measure VMAF; None if it can."""
    return why_not_filter("libvmaf")


def vmaf_settings() -> str:
    """The model and FFmpeg's version, as they belong beside the numbers."""
    return f"{_MODEL}, luma of BT.709 in limited range, FFmpeg {ffmpeg_version()}"


def vmaf(picture: NDArray[np.uint8], original: NDArray[np.uint8]) -> float | None:
    """Return how good a picture looks beside its original, as people judged videos (Li et al., Netflix, 2016).

    Args:
        picture: uint8, H x W x 3, RGB.
        original: the same shape. The two are not interchangeable.

    Returns:
        0 to 100, the higher the better; identical pictures have about 97. None where a side is under 32 px.

    Raises:
        ValueError: not images, of different sizes, or FFmpeg gave up.
        TimeoutError: it takes longer than the limit.
    """
    if check_image(picture).shape != check_image(original).shape:
        raise ValueError(f"images have shapes {picture.shape} and {original.shape}; must be the same")
    height, width = picture.shape[:2]
    if min(height, width) < MIN_VMAF_SIDE_PX:
        return None
    # One pipe carries both, the original below the picture.
    halves = f"split[u][l];[u]{_half(width, height, 0)}[p];[l]{_half(width, height, height)}[o]"
    graph = f"{halves};[p][o]libvmaf=model=version={_MODEL}:log_path=/dev/stdout:log_fmt=json:n_threads=1"
    arguments = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{width}x{2 * height}", "-i", "pipe:0"]
    arguments += ["-frames:v", "1", "-filter_complex", graph, "-f", "null", "-"]
    log: Any = json.loads(run_ffmpeg(arguments, picture.tobytes() + original.tobytes(), TIME_LIMIT_S))
    return float(log["pooled_metrics"]["vmaf"]["mean"])


def _half(width: int, height: int, top: int) -> str:
    return f"crop={width}:{height}:0:{top},{_LUMA}"
