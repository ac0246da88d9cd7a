"""The last step of a run for y: its tables fitted to the symbols that the finished network makes.

The network learns with Gaussians, which have a slope everywhere. What an encoder codes is more peaked and has heavier
tails, all the more since it weighs bits against error; and a table may say anything, since it travels with the weights.
Knows symbols, levels and tables. Does not know photos or the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import torch
from compressai.entropy_models import GaussianConditional
from torch import Tensor

from dcae.model.dcae import DCAE
from dcae.model.entropy import z_likelihoods
from dcae.model.quantiser import Quantised, whole_choice
from dcae.model.symbol_costs import gaussian_with_tables

GAUSSIAN_SYMBOLS = 10
"""So many symbols an entry, as a Gaussian deals them out, stand beside those that were counted."""

TABLES = ("_quantized_cdf", "_cdf_length", "_offset")


@torch.no_grad()
def count_symbols(model: DCAE, y: Tensor, z: Tensor) -> Tensor:
    """How often an encoder codes each symbol by each table: (tables, 2 reach + 1), int64, from the symbol -reach on.

    Args:
        model: In eval mode; it chooses symbols by the tables that it has.
        y: Gained y of images at any lambdas, (B, M, H/16, W/16).
        z: Their z, (B, N, H/64, W/64).
    """
    chosen: list[Quantised] = []
    z_hat, _ = z_likelihoods(model.entropy_bottleneck, z)
    slices = model.predict(z_hat.to(y.dtype), model.quantiser(y, chosen))
    reach = _reach()
    coded, columns = whole_choice(chosen, model.config), 2 * reach + 1
    table = coded.first_table + model.symbol_costs.level_of(slices.sigma)
    places = table * columns + coded.symbols.long().clamp(-reach, reach) + reach
    return torch.bincount(places.flatten(), minlength=model.config.y_tables * columns).view(-1, columns)


@torch.no_grad()
def fit_tables(model: DCAE, counts: Tensor) -> None:
    """Gives a model the tables of the symbols that were counted, in place; each says the same of a symbol and its like.

    Args:
        model: Nothing but y's tables change.
        counts: As of `count_symbols`, of one or more calls together.
    """
    gaussian, reach = _gaussian(model.config.trellis), _reach()
    counts = counts.cpu().double()
    counts = counts + counts.flip(1)
    sizes = gaussian._cdf_length - 2  # without the escape
    most = int(sizes.max())
    likely, escapes = torch.zeros(len(counts), most), torch.zeros(len(counts), 1)
    for row, (size, offset) in enumerate(zip(sizes.tolist(), gaussian._offset.tolist(), strict=True)):
        inside = slice(reach + offset, reach + offset + size)
        seen = torch.cat([counts[row, inside], counts[row].sum()[None] - counts[row, inside].sum()])
        expected = gaussian._quantized_cdf[row, : size + 2].double().diff() / 2**gaussian.entropy_coder_precision
        weights = seen + GAUSSIAN_SYMBOLS * size * expected
        weights /= weights.sum()
        likely[row, :size], escapes[row] = weights[:-1], weights[-1]
    cdf = gaussian._pmf_to_cdf(likely, escapes, sizes, most)
    give_tables(model, {"_quantized_cdf": cdf, "_cdf_length": gaussian._cdf_length, "_offset": gaussian._offset})


def named_tables(model: DCAE) -> dict[str, Tensor]:
    """A model's tables of y by CompressAI's names, empty if it has none yet."""
    return {name: model.gaussian_conditional.get_buffer(name) for name in TABLES}


def give_tables(model: DCAE, tables: Mapping[str, Tensor]) -> None:
    """Gives a model a copy of tables, as of `named_tables`."""
    device = next(model.parameters()).device
    for name, table in tables.items():
        setattr(model.gaussian_conditional, name, table.to(device, copy=True))


@cache
def _gaussian(trellis: bool) -> GaussianConditional:
    """The Gaussians' tables, which are read alone: to make them takes longer than to count a batch."""
    return gaussian_with_tables(trellis)


def _reach() -> int:
    """The first symbol that is an escape in every table."""
    return int(_gaussian(False)._offset.abs().max()) + 1
