"""HEVC and VVC for single pictures: the intra coding of x265 and VVenC, in an FFmpeg that runs as a program of its own.

A file is the picture's width and height, two bytes each, and the encoder's bare stream. The stream's own picture may be
larger: sides are at least 64 px, as x265 needs them beside long ones, and even where colours are halved; edge pixels
are repeated at the bottom and the right, and cut off again.

Colours are coded as BT.709 in limited range with 10 bits, which costs fewer bytes than 8 do. All runs in one thread: so
a file does not depend on how many cores a machine has. Shapes: H, W image size in pixels.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcae.analysis.baseline_codec import Baseline
from dcae.analysis.ffmpeg import ffmpeg_version, run_ffmpeg, why_not_ffmpeg
from dcae.images import crop

TIME_LIMIT_S = 600.0
"""How long one call may take. VVenC took 8 to 33 s a megapixel on a busy core: a huge photo may be too large."""
MIN_SIDE_PX = 64
"""The shortest side of a stream's picture."""

_SIZE = struct.Struct("<HH")
_SCALER = "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoIntraCodec(Baseline):
    """The intra coding of a video codec; its quality is the quantisation parameter QP, and less is better.

    Attributes:
        stream: FFmpeg's name of the format.
        encoder: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of how colours are sampled, and with how many bits.
        options: FFmpeg's options for the encoder, in which {qp} stands for the quality.
        multiple_px: what the stream's sides are a multiple of.
        time_limit_s: how long one call may take.
    """

    stream: str
    encoder: str
    pixel_format: str
    options: tuple[str, ...]
    multiple_px: int
    time_limit_s: float = TIME_LIMIT_S

    @property
    def settings(self) -> str:
        """FFmpeg, its version and its options in one line."""
        options = " ".join(self.options).format(qp="QP")
        return f"{self.label}, FFmpeg {ffmpeg_version()}, {self.encoder} {options} {self.pixel_format}"

    @property
    def missing(self) -> str | None:
        """Why this machine lacks the codec; None if it does not."""
        return why_not_ffmpeg(self.stream, self.encoder)

    def encode(self, image: NDArray[np.uint8], quality: float | None) -> bytes:
        """The whole file.

        Raises:
            ValueError: the quality is not legal.
            TimeoutError: it takes longer than the limit.
        """
        qp = int(self.check_quality(quality))
        height, width = image.shape[:2]
        stream_height, stream_width = self._stream_size(height, width)
        edges = ((0, stream_height - height), (0, stream_width - width), (0, 0))
        arguments = [*_raw_rgb(stream_height, stream_width), "-i", "pipe:0", "-frames:v", "1"]
        arguments += ["-vf", f"scale=out_color_matrix=bt709:out_range=tv:{_SCALER}", "-pix_fmt", self.pixel_format]
        arguments += ["-c:v", self.encoder, *(option.format(qp=qp) for option in self.options)]
        arguments += ["-threads", "1", "-f", self.stream, "pipe:1"]
        pixels = np.pad(image, edges, mode="edge").tobytes()
        return _SIZE.pack(width, height) + run_ffmpeg(arguments, pixels, self.time_limit_s)

    def decode(self, data: bytes) -> NDArray[np.uint8]:
        """The image of a file, uint8, H x W x 3, RGB.

        Raises:
            ValueError: it is no such file.
            TimeoutError: it takes longer than the limit.
        """
        if len(data) <= _SIZE.size:
            raise ValueError(f"{len(data)} bytes are no {self.name} file of ours")
        width, height = _SIZE.unpack_from(data)
        stream_height, stream_width = self._stream_size(height, width)
        # FFmpeg's VVC decoder spoils tall pictures in more than one thread: another part of them each time.
        arguments = ["-threads", "1", "-f", self.stream, "-i", "pipe:0", "-frames:v", "1"]
        arguments += ["-vf", f"scale=in_color_matrix=bt709:in_range=tv:{_SCALER},format=rgb24"]
        pixels = run_ffmpeg([*arguments, "-f", "rawvideo", "pipe:1"], data[_SIZE.size :], self.time_limit_s)
        if len(pixels) != 3 * stream_height * stream_width or not 1 <= min(width, height):
            raise ValueError(
                f"no {self.name} file of ours: {width} x {height} px need {3 * stream_height * stream_width} bytes "
                f"of pixels, and its stream holds {len(pixels)}"
            )
        picture = np.frombuffer(pixels, np.uint8).reshape(stream_height, stream_width, 3)
        return crop(picture, height, width).copy()

    def _stream_size(self, height: int, width: int) -> tuple[int, int]:
        tall, wide = (-(-max(side, MIN_SIDE_PX) // self.multiple_px) * self.multiple_px for side in (height, width))
        return tall, wide


def _raw_rgb(height: int, width: int) -> list[str]:
    return ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{width}x{height}"]


HEVC = VideoIntraCodec(
    name="hevc",
    label="HEVC intra 4:4:4, 10 bits (x265)",
    stream="hevc",
    encoder="libx265",
    pixel_format="yuv444p10le",
    # Without info=0 each file carries 2 kB of words about x265.
    options=(
        *("-preset", "veryslow", "-tune", "psnr"),
        *("-x265-params", "qp={qp}:keyint=1:info=0:pools=none:frame-threads=1"),
    ),
    multiple_px=1,
    qualities=range(1, 52),
    curve=(47, 42, 37, 32, 27, 22, 17),
    max_side_px=8192,
)

VVENC = VideoIntraCodec(
    name="vvenc",
    label="VVenC 4:2:0, 10 bits (VVC intra)",
    stream="vvc",
    encoder="libvvenc",
    pixel_format="yuv420p10le",
    options=("-preset", "medium", "-qp", "{qp}", "-qpa", "0"),  # qpa spends bits where eyes look, and PSNR falls
    multiple_px=2,
    qualities=range(64),
    curve=(47, 42, 37, 32, 27, 22, 17),
    max_side_px=8192,
)
