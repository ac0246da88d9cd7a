"""A made-up trace, what its channels draw, and a file seen slice by slice, for tests of what shows them."""

import numpy as np
from numpy.typing import NDArray

from dcae.results import ChannelResponse, FileInfo, PartialPicture
from dcae.traces import Trace

HEIGHT, WIDTH = 90, 150
ROWS, COLUMNS, SLICES, CHANNELS = 6, 10, 3, 6
PADDED_ROWS, PADDED_COLUMNS = 8, 12


def image() -> NDArray[np.uint8]:
    """Uint8, 90 x 150 x 3."""
    return np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def trace() -> Trace:
    """Of two channels a slice, the first the loudest; beyond the photo all are louder, which shows if it is used."""
    random = np.random.default_rng(5)
    loudness = np.array([8, 4, 3, 2, 1, 0.5])[:, None, None]
    shape = (CHANNELS, PADDED_ROWS, PADDED_COLUMNS)
    mu, residual, refined = (random.normal(0, 1, (3, *shape)) * loudness).astype(np.float32)
    sigma, y_bits = (random.gamma(2, 1, (2, *shape)) * loudness).astype(np.float32)
    for array in (mu, residual, sigma):
        array[:, ROWS:] = array[:, :, COLUMNS:] = 1000
    z = np.zeros((2, PADDED_ROWS // 4, PADDED_COLUMNS // 4), np.float32)
    sizes = tuple(int(np.ceil(bits.sum() / 8)) for bits in np.split(y_bits, SLICES))
    total = 60 + sum(sizes)
    file = FileInfo(
        width=WIDTH, height=HEIGHT, lmbda=0.01, model="m", header_bytes=40, z_bytes=20, slice_bytes=sizes,
        other_bytes=0, total_bytes=total, bpp=8 * total / (WIDTH * HEIGHT),
    )  # fmt: skip
    return Trace(
        image=image(), x_hat=np.invert(image()), file=file, y=mu + residual, z=z, y_hat=mu + refined, z_hat=z, mu=mu,
        sigma=sigma, symbols=np.rint(residual).astype(np.int32), values=np.rint(residual),
        z_symbols=z.astype(np.int32), y_bits=y_bits, z_bits=z,
        dictionary_attention=np.zeros((SLICES, 1, PADDED_ROWS, PADDED_COLUMNS, 0), np.float32), gain=None,
        inverse_gain=None, num_slices=SLICES, window_attention={},
    )  # fmt: skip


def draw(channel: int) -> ChannelResponse:
    """Stripes of a width of the channel's own: faint ones of the learned part, strong ones of the linear path."""
    stripes = np.where(np.arange(WIDTH) // (channel + 2) % 2, 1, -1)[None, :, None] * np.ones((HEIGHT, 1, 3))
    learned, linear = (stripes * level for level in (channel + 1.5, 10.0 * (channel + 1)))
    return ChannelResponse(channel=channel, learned=learned.astype("f4"), linear=linear.astype("f4"))


def draw_learned(channel: int) -> ChannelResponse:
    """The same of a network without a linear path."""
    return ChannelResponse(channel=channel, learned=draw(channel).learned, linear=None)


def steps(noise: float) -> tuple[PartialPicture, ...]:
    """The photo after 0 to 3 slices, each with less noise; the last is without."""
    random = np.random.default_rng(9)
    levels = [noise * random.normal(0, 1, image().shape) for _ in range(SLICES + 1)]
    pictures = [np.clip(image() + noise / 4**k, 0, 255).astype(np.uint8) for k, noise in enumerate(levels)]
    pictures[-1] = np.clip(image() + np.sign(levels[0]), 0, 255).astype(np.uint8)
    sizes = (60, 1060, 1400, 1500)
    return tuple(
        PartialPicture(num_slices=count, bytes=size, picture=picture)
        for count, (size, picture) in enumerate(zip(sizes, pictures, strict=True))
    )
