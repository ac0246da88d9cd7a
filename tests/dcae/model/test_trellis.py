"""The trellis: what symbols stand for, how states follow from them, and that no way through it is cheaper."""

import itertools

import pytest
import torch
from torch import Tensor

from dcae.model.trellis import NEXT_STATE, STATES, cheapest_way, quantisers_of, value_of

LONG = 6
ALL_WAYS = torch.tensor(list(itertools.product(range(-3, 4), repeat=LONG)), dtype=torch.float64).T  # (LONG, 7^LONG)


def bits(symbols: Tensor, quantiser: int) -> Tensor:
    """Costs that grow with size and differ by quantiser."""
    return 0.08 * (2 * symbols.abs() + 1 + 0.3 * quantiser)


def cost(residual: Tensor, symbols: Tensor, weight: float = 1) -> Tensor:
    """Error and costs of whole sequences: (C, P) -> (P,)."""
    quantiser = quantisers_of(symbols)
    costs = torch.where(quantiser == 0, bits(symbols, 0), bits(symbols, 1))
    return ((residual - value_of(symbols, quantiser)).square() + weight * costs).sum(0)


def drawn(long: int, count: int, size: float, seed: int = 0) -> Tensor:
    return size * torch.randn(long, count, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_quantisers_have_the_integers_and_the_halves_with_a_zero_each():
    symbols = torch.arange(-3.0, 4)
    assert value_of(symbols, 0).tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert value_of(symbols, 1).tolist() == [-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5]
    assert value_of(symbols, torch.tensor([1, 0, 1, 0, 1, 0, 1])).tolist() == [-2.5, -2, -0.5, 0, 0.5, 2, 2.5]


def test_each_state_is_reached_from_two_others_and_both_quantisers_follow_each_other():
    reached = sorted(after for afters in NEXT_STATE for after in afters)
    assert reached == sorted(2 * list(range(STATES)))
    assert all(even != odd and even % 2 == odd % 2 for even, odd in NEXT_STATE)


def test_states_follow_the_parity_of_what_came_before():
    symbols = torch.tensor([[0, 3, -1, 2], [0, 0, 5, -7], [4, 0, 1, 0], [0, 0, 0, 0]])
    expected = torch.empty_like(symbols)
    for place in range(4):
        state = 0
        for channel in range(4):
            expected[channel, place] = state % 2
            state = NEXT_STATE[state][int(symbols[channel, place]) % 2]
    assert torch.equal(quantisers_of(symbols), expected)
    assert torch.equal(quantisers_of(symbols.float().unsqueeze(2)), expected.unsqueeze(2))


@pytest.mark.parametrize("size", [0.3, 0.9, 1.8])
def test_no_other_way_costs_less(size: float):
    residual = drawn(LONG, 12, size).clamp(-2.4, 2.4)
    symbols, quantisers = cheapest_way(residual, bits)
    assert torch.equal(quantisers, quantisers_of(symbols))
    found = cost(residual, symbols)
    for place in range(residual.shape[1]):
        least = cost(residual[:, place : place + 1], ALL_WAYS).min()
        torch.testing.assert_close(found[place], least)


def test_places_do_not_depend_on_each_other():
    residual = drawn(20, 9, 1.2)
    together = cheapest_way(residual, bits)[0]
    alone = [cheapest_way(residual[:, [place]], bits)[0] for place in range(9)]
    assert torch.equal(together, torch.cat(alone, 1))


def test_what_lies_on_a_way_is_found_exactly_where_bits_are_free():
    symbols = drawn(30, 50, 2, seed=3).round()
    residual = value_of(symbols, quantisers_of(symbols))
    found, quantisers = cheapest_way(residual, lambda symbols, _: torch.zeros_like(symbols))
    assert torch.equal(value_of(found, quantisers), residual)


def test_it_is_nearer_than_one_quantiser_for_all():
    residual = drawn(64, 500, 3)
    symbols, quantisers = cheapest_way(residual, lambda symbols, _: torch.zeros_like(symbols))
    error = (residual - value_of(symbols, quantisers)).square().mean()
    assert 0.75 * float((residual - residual.round()).square().mean()) > float(error) > 1 / 12 / 4  # a step of a half


def test_at_equal_error_its_symbols_take_fewer_bits():
    """Against integers in wider steps, each with the ideal code of its own symbols."""
    residual = drawn(64, 4000, 1.5, seed=1)
    symbols, quantisers = cheapest_way(residual, lambda symbols, _: 0.05 * symbols.abs())
    error = (residual - value_of(symbols, quantisers)).square().mean()
    ours = sum(float((quantisers == q).double().mean()) * entropy(symbols[quantisers == q]) for q in (0, 1))
    step = float((12 * error).sqrt())
    assert ours < entropy((residual / step).round()) - 0.08


def entropy(symbols: Tensor) -> float:
    """Bits a symbol."""
    share = symbols.unique(return_counts=True)[1].double() / symbols.numel()
    return float(-(share * share.log2()).sum())
