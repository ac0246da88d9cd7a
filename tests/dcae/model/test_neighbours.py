"""What neighbours say: of which quarters, for each channel by itself, nothing at first and nothing without bounds."""

import pytest
import torch
from torch import Tensor

from dcae.config import SCALE_MIN
from dcae.model.neighbours import Neighbours, at_least_smallest, expected_size, joined, quarters

CHANNELS = 3


@pytest.fixture(params=[1, 2, 3])
def known(request: pytest.FixtureRequest) -> int:
    return request.param


def awake(known: int) -> Neighbours:
    """One that changes something."""
    torch.manual_seed(known)
    net = Neighbours(CHANNELS, 8, known).double()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return net


def drawn(seed: int = 0) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Symbols, mu and sigma of four quarters, each (2, 3, 4, 6)."""
    torch.manual_seed(seed)
    symbols, mus, sigmas = (
        2 * torch.randn(2, 3, 8, 12).double().round(),
        torch.randn(2, 3, 8, 12),
        torch.rand(2, 3, 8, 12),
    )
    return quarters(symbols), quarters(mus.double()), quarters(3 * sigmas.double())


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_quarters_are_joined_again_in_any_layout(layout: torch.memory_format):
    x = torch.randn(2, 5, 8, 12).contiguous(memory_format=layout)
    assert torch.equal(joined(quarters(x)), x)


def test_the_first_two_quarters_touch_every_other_place_of_a_chessboard():
    rows, columns = torch.meshgrid(torch.arange(4), torch.arange(6), indexing="ij")
    white = ((rows + columns) % 2 == 0).float()[None, None]
    assert [float(part.mean()) for part in quarters(white)] == [1, 1, 0, 0]


def test_it_starts_as_what_changes_nothing(known: int):
    symbols, mus, sigmas = drawn()
    mu, sigma = Neighbours(CHANNELS, 8, known).double()(symbols[:known], mus, sigmas)
    assert torch.equal(mu, mus[known])
    assert torch.equal(sigma, sigmas[known].clamp_min(SCALE_MIN))


def test_a_symbol_moves_its_own_channel_and_picture_alone(known: int):
    symbols, mus, sigmas = drawn()
    net, changed = awake(known), [part.clone() for part in symbols]
    changed[0][1, 2, 0, 0] += 5
    before, after = (net(each[:known], mus, sigmas) for each in (symbols, changed))
    for was, now in zip(before, after, strict=True):
        moved = (was != now).flatten(2).any(2)
        assert moved.tolist() == [[False] * 3, [False, False, True]]


def test_whatever_a_damaged_file_holds_the_scale_is_a_number_above_0(known: int):
    symbols, mus, sigmas = drawn()
    wild = [part + sign * 2.0**23 for part, sign in zip(symbols, (1, -1, 1, 1), strict=True)]
    mu, sigma = awake(known)(wild[:known], mus, sigmas)
    assert bool(mu.isfinite().all())
    assert bool((sigma > 0).all() and sigma.isfinite().all())


def test_its_gradient_reaches_mu_sigma_and_symbols(known: int):
    symbols, mus, sigmas = ([part.clone().requires_grad_() for part in parts] for parts in drawn())
    mu, sigma = awake(known)(symbols[:known], mus, sigmas)
    (mu.sum() + sigma.sum()).backward()
    for part in (*symbols[:known], mus[known], *sigmas):
        assert part.grad is not None
        assert bool(part.grad.abs().max() > 0)


def test_the_smallest_scale_does_not_stop_a_gradient():
    sigma = torch.tensor([0.01, 1.0], requires_grad=True)
    bounded = at_least_smallest(sigma)
    assert bounded.tolist() == pytest.approx([SCALE_MIN, 1.0])
    assert torch.autograd.grad(bounded.sum(), sigma)[0].tolist() == [1, 1]


@pytest.mark.parametrize("sigma", [0.2, 0.5, 1.0, 3.0, 20.0])
def test_the_expected_size_is_that_of_rounded_gaussians_within_a_tenth(sigma: float):
    generator = torch.Generator().manual_seed(0)
    drawn = (sigma * torch.randn(400_000, generator=generator)).round().abs().mean()
    assert float(expected_size(torch.tensor(sigma))) == pytest.approx(float(drawn), rel=0.1, abs=1e-3)
