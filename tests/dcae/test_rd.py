"""PSNR, bpp and BD-rate: the definitions, published numbers, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcae.rd import bd_rate, bpp, psnr_db, psnr_y_db

# Kodak, 24 images, (bpp, RGB PSNR in dB), rounded to 6 decimals: facts from the sources named.
# CompressAI 869a9f5, results/image/kodak/vtm.json, points up to 1.5 bpp
VTM = [
    (0.048245, 26.144845),
    (0.112495, 28.493022),
    (0.245817, 31.199874),
    (0.490545, 34.261533),
    (0.87481, 37.419793),
    (1.43085, 40.424444),
]
# The test curves, up to 1.1 bpp.
CURVES = {
    # LabShuHangGU/DCAE bd00306, RD_data.json
    "dcae": [(0.109, 29.24), (0.175, 30.74), (0.292, 32.68), (0.426, 34.41), (0.593, 36.11), (0.811, 37.87)],
    # jmliu206/LIC_TCM, RD_data.md
    "tcm-small": [(0.161, 29.99), (0.198, 30.57), (0.306, 32.42), (0.455, 34.18), (0.628, 36.01), (0.899, 37.96)],
    # CompressAI 869a9f5, results/image/kodak/bpg_444_x265_ycbcr.json: 4 points, so another number than the anchor's
    "bpg": [(0.067768, 26.195128), (0.161023, 28.681549), (0.351554, 31.594657), (0.684697, 34.857474)],
}
# Computed from the unrounded points with bjontegaard 1.3.0.
BD_RATES = {
    "dcae": {"akima": -16.98, "pchip": -16.98, "cubic": -17.02},
    "tcm-small": {"akima": -6.82, "pchip": -6.69, "cubic": -6.84},
    "bpg": {"akima": 31.30, "pchip": 31.40, "cubic": 31.25},
}


def test_psnr_is_ten_log_of_peak_over_mean_squared_error():
    a = np.full((2, 2, 3), 100, np.uint8)
    b = a.copy()
    b[0, 0, 0] = 106  # MSE 36 / 12 = 3
    assert psnr_db(a, b) == pytest.approx(10 * np.log10(255**2 / 3), abs=1e-12)


def test_psnr_does_not_wrap_around_below_zero():
    black, white = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 255, np.uint8)
    assert psnr_db(black, white) == psnr_db(white, black) == 0


def test_identical_images_have_infinite_psnr():
    assert psnr_db(np.ones((2, 2, 3), np.uint8), np.ones((2, 2, 3), np.uint8)) == np.inf


def test_psnr_of_a_large_white_against_black_does_not_overflow():
    assert psnr_db(np.zeros((4000, 4000), np.uint8), np.full((4000, 4000), 255, np.uint8)) == 0


def test_psnr_refuses_floats_other_sizes_and_nothing():
    image = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(ValueError, match="images are uint8 and float64; both must be uint8"):
        psnr_db(image, image / 255)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"images have shapes \(2, 2, 3\) and \(1, 2, 3\); must be the same"):
        psnr_db(image, image[:1])
    with pytest.raises(ValueError, match=r"shapes \(0, 2, 3\) and \(0, 2, 3\); must be the same, and not empty"):
        psnr_db(image[:0], image[:0])


def test_bpp_counts_eight_bits_a_byte_over_the_images_own_pixels():
    assert bpp(1, 1, 1) == 8
    assert bpp(0, 3, 5) == 0
    assert bpp(15, width=3, height=5) == 8


@pytest.mark.parametrize("arguments", [(-1, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_bpp_refuses_fewer_than_no_bytes_and_less_than_a_pixel(arguments):
    with pytest.raises(ValueError, match=r"-?\d bytes for \d x \d px; must be 0 or more, sides 1 or more"):
        bpp(*arguments)


@pytest.mark.parametrize("method", ["akima", "pchip", "cubic"])
@pytest.mark.parametrize("name", CURVES)
def test_bd_rates_of_published_curves_are_the_published_ones(name: str, method: str):
    assert bd_rate(VTM, CURVES[name], method) == pytest.approx(BD_RATES[name][method], abs=0.0051)


def test_akima_is_the_default_method():
    assert bd_rate(VTM, CURVES["tcm-small"]) == bd_rate(VTM, CURVES["tcm-small"], "akima")


def test_the_order_of_the_points_does_not_matter():
    assert bd_rate(VTM[::-1], CURVES["dcae"][::-1]) == bd_rate(VTM, CURVES["dcae"])


@given(factor=st.floats(0.1, 10))
def test_a_curve_of_scaled_rates_has_that_bd_rate(factor: float):
    scaled = [(rate * factor, psnr) for rate, psnr in VTM]
    assert bd_rate(VTM, scaled) == pytest.approx(100 * (factor - 1), abs=1e-6)


def test_curves_that_share_no_psnr_have_no_bd_rate():
    worse = [(rate, psnr - 20) for rate, psnr in VTM]
    with pytest.raises(ValueError, match=r"anchor covers 26.14 to 40.42 dB, test 6.14 to 20.42 dB"):
        bd_rate(VTM, worse)


def test_curves_that_touch_in_one_psnr_have_no_bd_rate():
    height = VTM[-1][1] - VTM[0][1]
    with pytest.raises(ValueError, match="curves do not overlap"):
        bd_rate([(r, p - VTM[0][1]) for r, p in VTM], [(r, p - VTM[0][1] + height) for r, p in VTM])


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (VTM[:3], "test has 3 points; must be 4 or more"),
        ([], "test has 0 points; must be 4 or more"),
        ([(0.0, 20.0), *VTM], r"each must be \(bpp above 0, PSNR in dB\), finite"),
        ([*VTM, (9.0, np.inf)], r"each must be \(bpp above 0, PSNR in dB\), finite"),
        ([(rate, psnr, 1) for rate, psnr in VTM], r"each must be \(bpp above 0, PSNR in dB\), finite"),
        ([*VTM, (2.0, 39.0)], r"test goes from 1.43085 bpp, 40.42 dB to 2 bpp, 39.00 dB; both must rise"),
        ([*VTM, VTM[0]], r"test goes from 0.048245 bpp, 26.14 dB to 0.048245 bpp, 26.14 dB; both must rise"),
    ],
)
def test_a_curve_that_is_none_is_refused_by_name(points, message: str):
    with pytest.raises(ValueError, match=message):
        bd_rate(VTM, points)
    with pytest.raises(ValueError, match=message.replace("test", "anchor")):
        bd_rate(points, VTM)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method is 'spline'; must be one of akima, pchip, cubic"):
        bd_rate(VTM, VTM, "spline")


def test_importing_rd_brings_in_neither_torch_nor_matplotlib():
    code = "import sys, dcae.rd; sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_luma_is_bt_601_in_full_range_and_not_rounded():
    rng = np.random.default_rng(1)
    a, b = (rng.integers(0, 256, (7, 9, 3), dtype=np.uint8) for _ in range(2))
    y_a, y_b = (image.astype(float) @ [0.299, 0.587, 0.114] for image in (a, b))
    assert psnr_y_db(a, b) == pytest.approx(10 * np.log10(255**2 / np.mean((y_a - y_b) ** 2)), rel=1e-12)
    assert psnr_y_db(b, a) == psnr_y_db(a, b)


def test_psnr_of_luma_is_exact_where_sums_are_large():
    black, white = np.zeros((1000, 1500, 3), np.uint8), np.full((1000, 1500, 3), 255, np.uint8)
    assert psnr_y_db(black, white) == 0.0


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((2, 2, 3)), np.zeros((2, 2, 3), np.uint8), "images are float64 and uint8; both must be uint8"),
        (
            np.zeros((2, 2, 3), np.uint8),
            np.zeros((2, 3, 3), np.uint8),
            r"\(2, 2, 3\) and \(2, 3, 3\); must be the same",
        ),
        (np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8), r"must be the same, H x W x 3"),
        (np.zeros((0, 2, 3), np.uint8), np.zeros((0, 2, 3), np.uint8), "and not empty"),
    ],
)
def test_psnr_of_luma_refuses_what_is_no_pair_of_rgb_images(a: np.ndarray, b: np.ndarray, message: str):
    with pytest.raises(ValueError, match=message):
        psnr_y_db(a, b)
