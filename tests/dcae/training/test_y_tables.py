"""y's tables are fitted to symbols, stay legal whatever was counted, and cost less than a Gaussian's."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from dcae.codec.entropy_coder import cost_bits
from dcae.codec.latent_coder import LatentCoder, tables_of
from dcae.config import PRESETS, SCALE_LEVELS, scale_table
from dcae.model.dcae import DCAE
from dcae.training import y_tables
from dcae.training.network import take_over
from dcae.training.y_tables import count_symbols, fit_tables, give_tables


@pytest.fixture
def model() -> DCAE:
    torch.manual_seed(0)
    model = DCAE(PRESETS["tiny"]).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    model.update()
    return model


def with_trellis(model: DCAE) -> DCAE:
    """The same network, whose symbols are those of a trellis."""
    other = DCAE(replace(model.config, trellis=True)).eval()
    take_over(other, model)
    other.update()
    return other


def counts_of(symbols: np.ndarray, level: int) -> torch.Tensor:
    """Counts of one level, for a table of as many columns as the longest has."""
    reach = y_tables._reach()
    counts = torch.zeros(SCALE_LEVELS, 2 * reach + 1, dtype=torch.int64)
    values, number = np.unique(symbols.clip(-reach, reach), return_counts=True)
    counts[level, torch.from_numpy(values.astype(np.int64) + reach)] = torch.from_numpy(number)
    return counts


@pytest.mark.parametrize("trellis", [False, True])
def test_counts_are_those_of_the_symbols_that_an_encoder_codes(model: DCAE, trellis: bool):
    if trellis:
        model = with_trellis(model)
    generator = torch.Generator().manual_seed(1)
    y, z = 3 * torch.randn(1, 80, 8, 8, generator=generator), torch.randn(1, 24, 2, 2, generator=generator)
    parts = []
    LatentCoder(model).encode(y, z, record=parts)
    counts = count_symbols(model, y, z)
    reach = counts.shape[1] // 2
    expected = torch.zeros_like(counts)
    for part in parts[1:]:
        for level, symbol in zip(part.indexes, part.symbols.ravel(), strict=True):
            expected[level, symbol + reach] += 1
    assert len(counts) == model.config.y_tables
    assert int(counts.sum()) == y.numel()
    assert int((counts - expected).abs().sum()) <= 2 * 0.01 * y.numel()  # float32 here, float64 there


def test_fitted_tables_cost_about_the_entropy_of_the_symbols_and_less_than_a_gaussians(model: DCAE):
    level, rng = 20, np.random.default_rng(0)
    sigma = scale_table()[level]
    drawn = [np.round(rng.laplace(scale=sigma / np.sqrt(2), size=200_000)).astype(np.int32) for _ in range(2)]
    before = tables_of(model.gaussian_conditional)
    fit_tables(model, counts_of(drawn[0], level))
    after = tables_of(model.gaussian_conditional)
    shares = np.unique(drawn[1], return_counts=True)[1] / drawn[1].size
    entropy = -(shares * np.log2(shares)).sum()
    indexes = np.full(drawn[1].size, level)
    gaussian, fitted = (float(cost_bits(drawn[1], indexes, tables).mean()) for tables in (before, after))
    assert entropy < fitted < entropy + 0.005
    assert fitted < gaussian - 0.05
    others = np.delete(np.arange(SCALE_LEVELS), level)
    for index in others.tolist():
        ours, theirs = (tables.frequencies[tables.starts[index] :][: tables.sizes[index]] for tables in (after, before))
        assert np.abs(ours - theirs).max() <= 1, "nothing was counted there"


def test_a_symbol_and_its_like_cost_the_same(model: DCAE):
    fit_tables(model, counts_of(np.repeat([3, 0, -1], [1000, 5000, 300]), 25))
    symbols = np.arange(-20, 21, dtype=np.int32)
    bits = cost_bits(symbols, np.full(41, 25), tables_of(model.gaussian_conditional))
    frequent = bits < 12.5  # the least frequencies are made legal one by one
    np.testing.assert_allclose(bits[frequent], bits[::-1][frequent], atol=0.02)
    assert frequent.sum() > 6
    assert bits[20 + 3] < bits[20 + 2]


@pytest.mark.parametrize("symbol", [0, 5, 100, 5000])
def test_tables_are_legal_whatever_was_counted(model: DCAE, symbol: int):
    for level in (0, 30, SCALE_LEVELS - 1):
        fit_tables(model, counts_of(np.full(1_000_000, symbol), level))
        tables = tables_of(model.gaussian_conditional)  # which checks them
        sign_and_excess = 2 * 13 if symbol >= tables.sizes[level] // 2 else 0  # behind an escape
        assert float(cost_bits([symbol], [level], tables)[0]) < 1.1 + sign_and_excess


def test_nothing_but_ys_tables_changes(model: DCAE):
    before = copy.deepcopy(model.state_dict())
    fit_tables(model, counts_of(np.zeros(100_000, int), 30))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"gaussian_conditional._quantized_cdf"}


def test_given_tables_are_a_copy_and_stay_when_zs_are_made_anew(model: DCAE):
    other = DCAE(PRESETS["tiny"])
    fit_tables(model, counts_of(np.zeros(100_000, int), 30))
    tables = y_tables.named_tables(model)
    give_tables(other, tables)
    other.update()
    for name, table in tables.items():
        assert torch.equal(other.gaussian_conditional.get_buffer(name), table)
    other.gaussian_conditional._quantized_cdf.zero_()
    assert bool(tables["_quantized_cdf"].any())


def test_a_trellis_has_fitted_tables_for_each_of_its_quantisers(model: DCAE):
    model = with_trellis(model)
    generator = torch.Generator().manual_seed(1)
    y, z = 3 * torch.randn(1, 80, 16, 16, generator=generator), torch.randn(1, 24, 4, 4, generator=generator)
    counts, before = count_symbols(model, y, z), tables_of(model.gaussian_conditional)
    fit_tables(model, counts)
    after = tables_of(model.gaussian_conditional)
    assert len(after) == 2 * SCALE_LEVELS
    for quantiser in (0, 1):
        level = int(counts[64 * quantiser : 64 * (quantiser + 1)].sum(1).argmax()) + 64 * quantiser
        seen, offset = counts[level].numpy(), int(after.offsets[level])
        start, size = int(after.starts[level]), int(after.sizes[level]) - 1
        symbols = seen[len(seen) // 2 + offset : len(seen) // 2 + offset + size]
        assert symbols.sum() > 100
        bits = [float(symbols @ tables.bits[start : start + size]) for tables in (before, after)]
        assert bits[1] < bits[0]
