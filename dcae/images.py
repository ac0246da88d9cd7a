"""Images as arrays: read from any common file, checked, turned into floats and back, padded and cropped.

An image is uint8, H x W x 3, RGB, sides from 1 to 65535 px; networks see float32, 3 x H x W, in [0, 1].

Deliberately knows nothing of torch, of models and of bitstreams. Colour profiles are not applied: the numbers in the
file are the numbers in the array. Shapes: H, W image size in pixels.
"""

import io
import math
import os
from contextlib import nullcontext
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from dcae.files import atomic_file
from dcae.pixel_limit import check_pixels, pixel_limit

MAX_PIXELS = 128_000_000
"""The most pixels that :func:`load_image` decodes unless it is told otherwise."""
MAX_SIDE_PX = 65535
"""The longest legal side."""
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "PPM", "JPEG2000")
"""The file formats that are read. Pillow knows more, some of which run other programs (EPS) or are not pictures."""

ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image

_EIGHT_BIT_MODES = ("1", "L", "P", "PA", "LA", "RGB", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr")
_BYTES = (bytes, bytearray, memoryview)
_WHITE = (255, 255, 255, 255)
_STRIP_ROWS = 256


def load_image(source: ImageSource, max_pixels: int = MAX_PIXELS, fit_pixels: int | None = None) -> NDArray[np.uint8]:
    """Read a picture as 8-bit RGB, upright.

    Grey, palette and CMYK become RGB. Transparent parts are composited over white. 16 bits become 8 by rounding (in
    colour files Pillow hands out the high bytes alone, so there they are cut). The EXIF orientation is applied. Of an
    animation or of several pages the first is read. The pixel count is checked from the header, before any decoding,
    against `max_pixels` and nothing else: Pillow's own limit does not apply (see :mod:`dcae.pixel_limit`).

    Args:
        source: a path, the bytes of a file, a binary file object or a Pillow image.
        max_pixels: the most pixels that are decoded.
        fit_pixels: a picture of more is scaled down to at most so many, in its proportions (Lanczos); None for never.

    Returns:
        uint8, H x W x 3, RGB, the caller's own to write to.

    Raises:
        ValueError: not a picture in one of :data:`FORMATS`, damaged or cut, of a pixel format without a meaning here
            (float, 32 bit, Lab), or too large. The message begins with the file's name.
        OSError: the file cannot be opened (missing, a folder, no permission).
        MemoryError: this machine has no room for the picture.
        TypeError: `source` is something else.
    """
    name = _name(source)
    with _opened(source) as file_or_image, pixel_limit(max_pixels):
        try:
            image = file_or_image if isinstance(file_or_image, Image.Image) else Image.open(file_or_image, "r", FORMATS)
            check_pixels(image.size, max_pixels)
            _check_sides(*image.size)
            return _fitted(_to_rgb(image), fit_pixels)
        except UnidentifiedImageError as error:
            raise ValueError(f"{name}: not a picture that can be read (legal: {', '.join(FORMATS)})") from error
        except MemoryError:  # says nothing of the file
            raise
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        # A damaged file can surface as almost anything from Pillow's plugins: OSError, SyntaxError, EOFError, KeyError,
        # struct.error ... What it is called there is of no use to the caller, who needs to know which file it was.
        except Exception as error:
            raise ValueError(f"{name}: damaged or cut ({type(error).__name__}: {error})") from error


def _fitted(image: NDArray[np.uint8], fit_pixels: int | None) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    if fit_pixels is None or height * width <= fit_pixels:
        return image
    scale = math.sqrt(fit_pixels / (height * width))
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return np.array(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def check_image(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the array if it is a legal image, else say what is wrong and what would be legal.

    Args:
        image: must be uint8, H x W x 3, sides from 1 to 65535 px. Floats are refused rather than guessed at (0 to 1 or
            0 to 255?): :func:`to_uint8` turns those in [0, 1] into an image.

    Raises:
        TypeError: not a numpy array.
        ValueError: wrong dtype (NaN and infinity are named), wrong rank or number of channels, empty, or too long.

    >>> check_image(np.zeros((2, 3, 3), np.uint8)).shape
    (2, 3, 3)
    >>> check_image(np.zeros((2, 3), np.uint8))
    Traceback (most recent call last):
    ValueError: image has shape (2, 3); must be (H, W, 3)
    """
    if not isinstance(image, np.ndarray):
        raise TypeError(f"image is a {type(image).__name__}; must be a numpy array, uint8, H x W x 3")
    if image.dtype != np.uint8:
        raise ValueError(f"image is {image.dtype}{_not_finite(image)}; must be uint8, 0 to 255, H x W x 3")
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"image has shape {image.shape}; must be (H, W, 3)")
    _check_sides(width=image.shape[1], height=image.shape[0])
    return image


def to_float(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn an image into what a network sees: v / 255, channels first.

    Args:
        image: uint8, H x W x 3.

    Returns:
        float32, 3 x H x W, in [0, 1], contiguous.

    Raises:
        ValueError: as :func:`check_image`.

    >>> to_float(np.array([[[0, 51, 255]]], np.uint8)).ravel().tolist()
    [0.0, 0.20000000298023224, 1.0]
    """
    planes = np.ascontiguousarray(check_image(image).transpose(2, 0, 1), dtype=np.float32)  # 3 x H x W
    planes /= np.float32(255)
    return planes


def to_uint8(planes: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Turn a network's output into an image: clip to [0, 1], then floor(255 v + 1/2), so halves are rounded up.

    Args:
        planes: float, 3 x H x W, finite; what lies outside [0, 1] is clipped.

    Returns:
        uint8, H x W x 3, contiguous.

    Raises:
        TypeError: not a numpy array of floats.
        ValueError: not of shape (3, H, W), or NaN or infinity in it.

    >>> to_uint8(np.array([-1, 0.5, 2], np.float32).reshape(3, 1, 1)).ravel().tolist()
    [0, 128, 255]
    """
    if not isinstance(planes, np.ndarray) or not np.issubdtype(planes.dtype, np.floating):
        given = getattr(planes, "dtype", type(planes).__name__)
        raise TypeError(f"planes are {given}; must be a numpy array of floats")
    if planes.ndim != 3 or planes.shape[0] != 3:
        raise ValueError(f"planes have shape {planes.shape}; must be (3, H, W)")
    if wrong := _not_finite(planes):
        raise ValueError(f"planes are {planes.dtype}{wrong}; must all be finite")
    levels = np.floor(planes.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(1, 2, 0))  # H x W x 3


def padded_size(height: int, width: int, multiple: int = 64) -> tuple[int, int]:
    """Return the smallest height and width that are multiples of `multiple` and hold the image.

    Raises:
        ValueError: a side or the multiple is below 1.

    >>> padded_size(1, 427), padded_size(64, 65), padded_size(64, 65, multiple=128)
    ((64, 448), (64, 128), (128, 128))
    """
    if min(height, width, multiple) < 1:
        raise ValueError(f"size is {width} x {height} px, multiple {multiple}; each must be 1 or more")
    return -(-height // multiple) * multiple, -(-width // multiple) * multiple


def pad(array: NDArray[Any], multiple: int = 64, axes: tuple[int, int] = (0, 1)) -> NDArray[Any]:
    """Extend an image to legal sides by reflection, at the bottom and the right.

    There, and not around it, because :func:`crop` then needs the image's size alone, which the file holds anyway. The
    edge pixel is the mirror and is not repeated; a side too short for one reflection is reflected again and again, as
    between two mirrors (from 1 px, which is repeated), so no size needs another rule and no edge appears that costs
    bits.

    Args:
        array: an image of any dtype, H x W x 3 unless `axes` says otherwise.
        multiple: what each side must be a multiple of, px.
        axes: where the height and the width are: (1, 2) for 3 x H x W.

    Returns:
        An array with the sides that :func:`padded_size` gives; the same array where they are legal already.

    Raises:
        ValueError: a side or the multiple is below 1.

    >>> pad(np.arange(3).reshape(1, 3), multiple=8)[0].tolist()
    [0, 1, 2, 1, 0, 1, 2, 1]
    """
    padded_sides = padded_size(array.shape[axes[0]], array.shape[axes[1]], multiple)
    for axis, padded in zip(axes, padded_sides, strict=True):
        if padded != array.shape[axis]:
            array = array.take(_reflected_indices(array.shape[axis], padded), axis)
    return array


def padded_part(image: NDArray[np.uint8], top: int, left: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return a part of :func:`pad` of an image, without the memory of all of it: a copy.

    Args:
        image: H x W x 3.
        top: of the part in the padded image, px.
        left: likewise.
        height: of the part, px.
        width: likewise.

    >>> image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    >>> np.array_equal(padded_part(image, 1, 2, 4, 3), pad(image)[1:5, 2:5])
    True
    """
    padded = padded_size(*image.shape[:2])
    rows, columns = (_reflected_indices(side, all_) for side, all_ in zip(image.shape[:2], padded, strict=True))
    return image[np.ix_(rows[top : top + height], columns[left : left + width])]


def crop(array: NDArray[Any], height: int, width: int, axes: tuple[int, int] = (0, 1)) -> NDArray[Any]:
    """Return the top left part: the exact inverse of :func:`pad`. A view, not a copy.

    Args:
        array: an image of any dtype, H x W x 3 unless `axes` says otherwise.
        height: of the part, px.
        width: of the part, px.
        axes: where the height and the width are: (1, 2) for 3 x H x W.

    Raises:
        ValueError: the part is empty or larger than the array.

    >>> image = np.arange(15, dtype=np.uint8).reshape(5, 1, 3)
    >>> np.array_equal(crop(pad(image), 5, 1), image)
    True
    """
    have = tuple(array.shape[axis] for axis in axes)
    if not (1 <= height <= have[0] and 1 <= width <= have[1]):
        raise ValueError(f"cannot crop {width} x {height} px out of {have[1]} x {have[0]} px")
    part = [slice(None)] * array.ndim
    part[axes[0]], part[axes[1]] = slice(height), slice(width)
    return array[tuple(part)]


def png_bytes(image: NDArray[np.uint8]) -> bytes:
    r"""Return the image as the bytes of a PNG file (8-bit RGB).

    Raises:
        ValueError: as :func:`check_image`.

    >>> png_bytes(np.zeros((1, 1, 3), np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(check_image(image))).save(buffer, "PNG")
    return buffer.getvalue()


def save_png(path: str | os.PathLike[str], image: NDArray[np.uint8]) -> None:
    """Write the image as a PNG file, whole or not at all (see :func:`dcae.files.atomic_file`).

    Raises:
        ValueError: as :func:`check_image`, or `path` is not a file's.
        OSError: the file cannot be written.
    """
    picture = Image.fromarray(np.ascontiguousarray(check_image(image)))
    with atomic_file(path) as file:
        picture.save(file, "PNG")


def _name(source: ImageSource) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    if isinstance(source, _BYTES):
        return f"image of {len(source)} bytes"
    if isinstance(source, Image.Image):
        return str(getattr(source, "filename", "") or f"{source.mode} image")
    if hasattr(source, "read"):
        return str(getattr(source, "name", "image file"))
    raise TypeError(f"cannot load an image from {type(source).__name__}; legal: path, bytes, binary file, Pillow image")


def _opened(source: ImageSource) -> Any:
    if isinstance(source, str | os.PathLike):
        return open(source, "rb")
    return nullcontext(io.BytesIO(source) if isinstance(source, _BYTES) else source)


def _check_sides(width: int, height: int) -> None:
    if not (1 <= min(width, height) and max(width, height) <= MAX_SIDE_PX):
        raise ValueError(f"image is {width} x {height} px; sides must be 1 to {MAX_SIDE_PX} px")


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    lies = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
    upright = ImageOps.exif_transpose(image) if lies else image  # which would copy it in any case
    # Pillow reads a PGM of more than 8 bits as mode "I", scaled to 16. Any other "I" has no stated white.
    if upright.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        grey, white, key = np.asarray(upright), _white(image), image.info.get("transparency")
        return _sixteen_bit_grey_to_rgb(white - grey if _is_negative(image) else grey, white, key)
    if upright.mode not in _EIGHT_BIT_MODES:
        raise ValueError(f"pixels of mode {upright.mode}; legal: {', '.join(_EIGHT_BIT_MODES)}, I;16")
    if upright.has_transparency_data:
        rgba = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", rgba.size, _WHITE), rgba)
    return _rgb_of(upright)


def _rgb_of(image: Image.Image) -> NDArray[np.uint8]:
    """Its pixels, H x W x 3, in strips: all at once, Pillow would hold three copies more of a large picture."""
    width, height = image.size
    rgb = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _STRIP_ROWS):
        bottom = min(height, top + _STRIP_ROWS)
        rgb[top:bottom] = np.asarray(image.crop((0, top, width, bottom)).convert("RGB"))
    return rgb


def _white(image: Image.Image) -> int:
    # 12-bit TIFFs are in mode I;16 too, unscaled.
    bits_per_sample = getattr(image, "tag_v2", {}).get(ExifTags.Base.BitsPerSample, (16,))[0]
    return 2**bits_per_sample - 1


def _is_negative(image: Image.Image) -> bool:
    # Pillow turns TIFFs of 8 bits whose 0 is white, those of 16 it leaves as they are.
    return getattr(image, "tag_v2", {}).get(ExifTags.Base.PhotometricInterpretation) == 0


def _sixteen_bit_grey_to_rgb(grey: NDArray[Any], white: int, key: int | None) -> NDArray[np.uint8]:
    levels = ((grey.astype(np.uint32) * 255 + white // 2) // white).astype(np.uint8)  # to nearest
    if key is not None:
        levels[grey == key] = 255  # the PNG's one transparent grey, over white
    return np.repeat(levels[:, :, None], 3, axis=2)  # H x W x 3


def _not_finite(array: NDArray[Any]) -> str:
    if not np.issubdtype(array.dtype, np.inexact):
        return ""
    bad = array.size - int(np.isfinite(array).sum())
    return f" with {bad} NaN or infinite of {array.size} values" if bad else ""


def _reflected_indices(side: int, padded: int) -> NDArray[np.intp]:
    period = max(2 * (side - 1), 1)
    position = np.arange(padded) % period
    return np.minimum(position, period - position) if side > 1 else position
