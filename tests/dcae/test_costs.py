"""What records of cost say is what their numbers mean: rooflines, shares and slopes."""

import pytest

from dcae.costs import Change, ComponentCost, Growth, Machine, PartsCost, fitted_slope

MACHINE = Machine(threads=1, peak_flops={"float32": 100.0}, bandwidth=10.0)


def component(flop: int, moved: int, seconds: float = 2.0, dtype: str = "float32") -> ComponentCost:
    return ComponentCost(name="a", seconds=seconds, flop=flop, bytes=moved, dtype=dtype, peak_bytes=7)


def test_a_component_is_bound_by_what_the_roofline_says():
    assert component(100, 9).bound(MACHINE) == "arithmetic"
    assert component(100, 11).bound(MACHINE) == "memory"
    assert component(0, 11).bound(MACHINE) == "neither"
    assert component(1, 1, dtype="float64").bound(MACHINE) == "neither"


def test_shares_are_of_the_machines_own_peak_and_bandwidth():
    assert component(100, 10).peak_share(MACHINE) == 0.5
    assert component(100, 10).bandwidth_share(MACHINE) == 0.5
    assert component(100, 0, seconds=0.0).intensity == component(1, 1, seconds=0.0).peak_share(MACHINE) == 0


def test_json_and_table_name_every_component():
    parts = PartsCost(
        network="tiny", width=3, height=2, seconds=4.0, components=(component(10, 10), component(0, 1)),
        machine=MACHINE, training_bytes={2: 5_000_000}, crop_px=64,
    )  # fmt: skip
    fields = parts.to_json_dict()
    assert [each["share"] for each in fields["components"]] == [0.5, 0.5]
    assert {"intensity", "peak_share", "bandwidth_share", "bound"} < set(fields["components"][0])
    assert "a training step, 2 x 64 x 64 px: 5 MB" in parts.table()


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_slopes_of_powers_are_found(power: float):
    slope, error = fitted_slope([1, 2, 4, 8], [3 * x**power for x in (1, 2, 4, 8)])
    assert slope == pytest.approx(power)
    assert error == pytest.approx(0, abs=1e-9)


def test_a_slopes_error_is_that_of_least_squares():
    # By hand: logarithms to base 2 are 0, 1, 2 and 0, 2, 1; slope 1/2, residuals -1/2, 1, -1/2, so 3/2 / 1 / 2.
    slope, error = fitted_slope([1, 2, 4], [1, 4, 2])
    assert (slope, error) == pytest.approx((0.5, 0.75**0.5))


def test_two_sizes_have_no_error():
    assert fitted_slope([1, 2], [1, 2])[1] is None


@pytest.mark.parametrize(("x", "y"), [([1], [1]), ([1, 2], [0, 1]), ([0, 1], [1, 1])])
def test_what_has_no_slope_is_refused(x: list[float], y: list[float]):
    with pytest.raises(ValueError, match="must be two or more, all above 0"):
        fitted_slope(x, y)


def test_growth_says_both_slopes():
    growth = Growth(along="pixels", unit="Mpx", sizes=(1, 2, 4), seconds=(1.0, 4.0, 16.0), peak_bytes=(1, 2, 4))
    fields = growth.to_json_dict()
    assert (fields["slope_seconds"], fields["slope_bytes"]) == pytest.approx((2, 1))
    assert growth.table().endswith("power 2.00 ± 0.00, 1.00 ± 0.00")


def test_a_change_that_was_skipped_says_why():
    assert Change(name="compile", before="a", after="b", note="no compiler").line() == "compile: skipped, no compiler"
