"""The whole network: sizes, bounds, gradients, devices, state, limits and cost."""

import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from dcae.config import PRESETS, DCAEConfig
from dcae.model.dcae import DCAE
from dcae.model.entropy import total_bits, y_likelihoods, z_medians

TINY = PRESETS["tiny"]
# The published choices at the widths of `tiny`: one fixed lambda, no linear path, every dense block.
PUBLISHED = replace(
    TINY,
    upsample="deconv",
    context="conv3x3",
    aggregation="dense",
    scale_activation="none",
    linear_path=False,
    gain_knots=0,
    depths=(1, 2, 2),
    coding_dtype="float32",
)
CONFIGS = pytest.mark.parametrize("config", [TINY, PUBLISHED], ids=["tiny", "published"])


def new_model(config: DCAEConfig) -> DCAE:
    """With noise added to every parameter, so that nothing hides behind a layer that starts at zero."""
    torch.manual_seed(0)
    model = DCAE(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return model


def lmbda_of(config: DCAEConfig, lmbda: Any = 0.013) -> Any:
    return lmbda if config.gain_knots else None


def pattern(kind: str) -> Tensor:
    """An extreme image, (1, 3, 64, 128)."""
    if kind == "alternating":
        return ((torch.arange(64)[:, None] + torch.arange(128)) % 2).float().expand(1, 3, 64, 128)
    return torch.full((1, 3, 64, 128), float(kind == "white"))


@CONFIGS
@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 192), (320, 192), (128, 64)])
@torch.inference_mode()
def test_any_multiple_of_64_is_legal_and_comes_back_in_its_size(config: DCAEConfig, height: int, width: int):
    model = new_model(config)
    output = model(torch.rand(2, 3, height, width), lmbda_of(config))
    assert set(output) == {"x_hat", "likelihoods"}
    assert set(output["likelihoods"]) == {"y", "z"}
    assert output["x_hat"].shape == (2, 3, height, width)
    assert output["likelihoods"]["y"].shape == (2, config.M, height // 16, width // 16)
    assert output["likelihoods"]["z"].shape == (2, config.N, height // 64, width // 64)
    assert bool(output["x_hat"].isfinite().all())


@CONFIGS
@pytest.mark.parametrize("kind", ["black", "white", "alternating"])
@torch.inference_mode()
def test_extreme_images_give_finite_pictures_and_likelihoods_in_0_to_1(config: DCAEConfig, kind: str):
    output = new_model(config)(pattern(kind), lmbda_of(config))
    assert bool(output["x_hat"].isfinite().all())
    for likelihoods in output["likelihoods"].values():
        assert 0 < float(likelihoods.min()) <= float(likelihoods.max()) <= 1


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 3, 63, 64), "images are 63 x 64 px; sides must be multiples of 64 px"),
        ((1, 3, 64, 96), "images are 64 x 96 px; sides must be multiples of 64 px"),
        ((3, 64, 64), "images have shape (3, 64, 64); must be (B, 3, H, W), none of them 0"),
        ((1, 4, 64, 64), "images have shape (1, 4, 64, 64); must be (B, 3, H, W)"),
        ((0, 3, 64, 64), "images have shape (0, 3, 64, 64); must be (B, 3, H, W), none of them 0"),
        ((1, 3, 0, 64), "images have shape (1, 3, 0, 64); must be (B, 3, H, W), none of them 0"),
    ],
)
def test_images_of_another_shape_are_refused_with_what_is_legal(shape: tuple[int, ...], message: str):
    with pytest.raises(ValueError, match=re.escape(message)):
        DCAE(TINY)(torch.zeros(shape), 0.013)


def test_images_of_integers_are_refused():
    with pytest.raises(TypeError, match=r"images are torch\.uint8; must be floating point"):
        DCAE(TINY)(torch.zeros(1, 3, 64, 64, dtype=torch.uint8), 0.013)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_single_value_that_is_not_finite_is_refused(value: float):
    x = torch.rand(2, 3, 64, 64)
    x[1, 2, 63, 63] = value
    with pytest.raises(ValueError, match="images hold NaN or infinite values; must be finite"):
        DCAE(TINY)(x, 0.013)


@pytest.mark.parametrize("lmbda", [0.00049, 0.151, 0.0, -1.0, torch.nan, torch.tensor([0.01, 0.2])])
def test_a_lambda_out_of_range_is_refused_with_the_range(lmbda: float | Tensor):
    with pytest.raises(ValueError, match=r"lmbda is .*; must be 0\.0005 to 0\.15"):
        DCAE(TINY)(torch.rand(2, 3, 64, 64), lmbda)


@pytest.mark.parametrize("lmbda", [torch.full((3,), 0.01), torch.full((2, 1), 0.01)])
def test_lambdas_that_are_not_one_for_each_image_are_refused(lmbda: Tensor):
    message = f"lmbda has shape {tuple(lmbda.shape)}; must be one number or (2,)"
    with pytest.raises(ValueError, match=re.escape(message)):
        DCAE(TINY)(torch.rand(2, 3, 64, 64), lmbda)


def test_a_model_with_gains_needs_a_lambda_and_one_without_takes_none():
    x = torch.rand(1, 3, 64, 64)
    with pytest.raises(ValueError, match=r"lmbda is missing; this model needs one of 0\.0005 to 0\.15"):
        DCAE(TINY)(x)
    with pytest.raises(ValueError, match=r"lmbda is 0\.01, but these weights have one fixed lambda; pass None"):
        DCAE(PUBLISHED)(x, 0.01)


@torch.inference_mode()
def test_each_image_of_a_batch_is_coded_at_its_own_lambda_as_if_alone():
    model = new_model(TINY).double()
    x, lmbdas = torch.rand(3, 3, 64, 128, dtype=torch.float64), [0.0005, 0.01, 0.15]
    together = model(x, torch.tensor(lmbdas))
    for index, lmbda in enumerate(lmbdas):
        alone = model(x[index : index + 1], torch.tensor(lmbda))
        torch.testing.assert_close(alone["x_hat"][0], together["x_hat"][index], rtol=0, atol=1e-10)
        for name in ("y", "z"):
            found = alone["likelihoods"][name][0], together["likelihoods"][name][index]
            torch.testing.assert_close(*found, rtol=1e-9, atol=1e-12)


@torch.inference_mode()
def test_a_higher_lambda_costs_more_bits_and_gives_a_closer_picture_from_the_start():
    torch.manual_seed(0)
    model = DCAE(TINY).eval()
    x = torch.nn.functional.interpolate(torch.rand(1, 3, 16, 16), (128, 128), mode="bicubic").clamp(0, 1)
    outputs = [model(x, lmbda) for lmbda in (0.0005, 0.0018, 0.013, 0.05, 0.15)]
    bits = [float(sum(total_bits(part) for part in output["likelihoods"].values())) for output in outputs]
    errors = [float((output["x_hat"] - x).square().mean()) for output in outputs]
    assert bits == sorted(bits)
    assert errors == sorted(errors, reverse=True)


@torch.inference_mode()
def test_a_new_small_is_a_linear_codec_of_more_than_30_db():
    torch.manual_seed(0)
    model = DCAE(PRESETS["small"]).eval()
    rows, columns = torch.meshgrid(torch.linspace(0, 6, 128), torch.linspace(0, 9, 192), indexing="ij")
    x = torch.stack([0.5 + 0.4 * torch.sin(rows + phase) * torch.cos(columns) for phase in (0, 1, 2)])[None]
    for lmbda in (0.0018, 0.013, 0.05):  # the inverse gain takes the gain back
        x_hat = model.synthesise(model.analyse(x, lmbda), lmbda)
        psnr_db = -10 * torch.log10((x_hat - x).square().mean())
        assert float(psnr_db) > 30


@torch.inference_mode()
def test_training_has_noise_in_the_likelihoods_alone_and_evaluation_has_none():
    model, x = new_model(TINY), torch.rand(1, 3, 64, 64)
    (trained, trained_again), (evaluated, again) = (
        [model.train(mode)(x, 0.01) for _ in range(2)] for mode in (True, False)
    )
    assert torch.equal(trained["x_hat"], trained_again["x_hat"])
    assert torch.equal(evaluated["x_hat"], again["x_hat"])
    for name in ("y", "z"):
        assert not torch.equal(trained["likelihoods"][name], trained_again["likelihoods"][name])
        assert torch.equal(evaluated["likelihoods"][name], again["likelihoods"][name])


@torch.inference_mode()
def test_under_bfloat16_autocast_likelihoods_stay_float32():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = new_model(TINY)(torch.rand(1, 3, 64, 64), 0.01)
    assert {part.dtype for part in output["likelihoods"].values()} == {torch.float32}
    assert bool(output["x_hat"].isfinite().all())


def rate_distortion(model: DCAE, x: Tensor) -> Tensor:
    output = model(x, lmbda_of(model.config, torch.tensor([0.004, 0.03])))
    bits = sum(total_bits(part) for part in output["likelihoods"].values())
    return 0.01 * 255**2 * (output["x_hat"] - x).square().mean() + bits / (x.shape[-1] * x.shape[-2])


@CONFIGS
def test_after_two_steps_every_parameter_has_a_finite_gradient_that_is_not_zero(config: DCAEConfig):
    torch.manual_seed(0)
    model, x = DCAE(config).train(), torch.rand(2, 3, 128, 64)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(3):
        optimizer.zero_grad()
        (rate_distortion(model, x) + model.aux_loss()).backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert bool(parameter.grad.isfinite().all()), name
        if step < 2:
            optimizer.step()
    gradients = {name: float(p.grad.abs().max()) for name, p in model.named_parameters() if p.grad is not None}
    # A bias of all keys shifts all logits of a query alike, which a softmax does not see.
    unseen = {name: gradients.pop(name) for name in list(gradients) if name.endswith("dictionary_attention.key.bias")}
    assert len(unseen) == config.num_slices
    assert all(gradient < 1e-5 * gradients[name.replace("bias", "weight")] for name, gradient in unseen.items())
    assert [name for name, gradient in gradients.items() if gradient == 0] == []


@CONFIGS
def test_quantiles_get_their_gradient_from_the_auxiliary_loss_alone(config: DCAEConfig):
    model = DCAE(config).train()
    rate_distortion(model, torch.rand(2, 3, 64, 64)).backward()
    quantiles = model.entropy_bottleneck.quantiles
    assert quantiles.grad is None or not bool(quantiles.grad.any())
    model.zero_grad()
    model.aux_loss().backward()
    with_gradient = [name for name, p in model.named_parameters() if p.grad is not None and bool(p.grad.any())]
    assert with_gradient == ["entropy_bottleneck.quantiles"]


@torch.inference_mode()
def test_new_tensors_follow_the_parameters_device_not_the_default_one():
    model, x = new_model(TINY), torch.rand(1, 3, 64, 192)
    expected = model(x, 0.01)
    with torch.device("meta"):  # a tensor that is made without a device has no values
        found = model(x, 0.01)
    assert torch.equal(found["x_hat"], expected["x_hat"])
    assert torch.equal(found["likelihoods"]["y"], expected["likelihoods"]["y"])


@CONFIGS
def test_no_tensor_is_left_on_the_cpu_when_the_parameters_are_on_a_gpu(config: DCAEConfig):
    """With tensors that have a device and no values; two devices in one operation are an error there too.

    Without the checks of values, and without CompressAI's model of z, which reads a value.
    """
    with FakeTensorMode(), torch.no_grad():
        model = DCAE(config).train()  # the choice of symbols in eval mode has as many steps as there are values
        for module in model.modules():
            for name, parameter in module._parameters.items():
                module._parameters[name] = None if parameter is None else nn.Parameter(parameter.to("cuda"))
            for name, buffer in module._buffers.items():
                module._buffers[name] = None if buffer is None else buffer.to("cuda")
        x = torch.rand(1, 3, 64, 192, device="cuda")
        y = model.g_a(x)
        if model.analysis_path is not None and model.gain is not None:
            y = (y + model.analysis_path(x)) * model.gain(torch.full((1,), 0.01, device="cuda"))
        slices = model.predict(model.h_a(y) - z_medians(model.entropy_bottleneck), model.quantiser(y, []))
        likelihoods = y_likelihoods(model.gaussian_conditional, y, slices.mu, slices.sigma)
        x_hat = model.g_s(slices.y_hat)
        if model.synthesis_path is not None:
            x_hat = x_hat + model.synthesis_path(slices.y_hat)
    assert {tensor.device.type for tensor in (y, *slices, likelihoods, x_hat, model.aux_loss())} == {"cuda"}


@pytest.mark.parametrize("updated", [False, True])
@torch.inference_mode()
def test_a_state_dict_makes_a_new_model_compute_the_same_with_tables_or_without(updated: bool):
    model, other = new_model(TINY), DCAE(TINY).eval()
    if updated:
        model.update()
    missing, unexpected = other.load_state_dict(model.state_dict())
    assert (missing, unexpected) == ([], [])
    for name, value in model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name
    x = torch.rand(1, 3, 64, 64)
    assert torch.equal(other(x, 0.01)["x_hat"], model(x, 0.01)["x_hat"])


def test_a_state_dict_of_another_network_is_refused():
    with pytest.raises(RuntimeError, match=r"size mismatch for g_a\.6\.weight"):
        DCAE(TINY).load_state_dict(DCAE(replace(TINY, M=40)).state_dict())


def test_tables_are_cumulative_and_end_at_65536_for_every_channel_and_level():
    model = new_model(TINY)
    model.update()
    for entropy_model, rows in ((model.entropy_bottleneck, TINY.N), (model.gaussian_conditional, 64)):
        cdfs, lengths = entropy_model._quantized_cdf, entropy_model._cdf_length
        assert (cdfs.dtype, cdfs.shape[0], lengths.shape) == (torch.int32, rows, (rows,))
        for cdf, length in zip(cdfs, lengths, strict=True):
            used = cdf[: int(length)]
            assert (int(used[0]), int(used[-1])) == (0, 65_536)
            assert int(used.diff().min()) >= 1


def test_an_update_finds_the_quantiles_of_z_unless_told_to_keep_them():
    model = new_model(TINY)
    before = model.entropy_bottleneck.quantiles.detach().clone()
    model.update(find_quantiles=False)
    assert torch.equal(model.entropy_bottleneck.quantiles, before)
    assert float(model.aux_loss().detach()) > 10
    model.update()
    assert float(model.aux_loss().detach()) < 1


def test_the_presets_have_the_parameters_that_they_promise():
    with torch.device("meta"):
        millions = {name: sum(p.numel() for p in DCAE(c).parameters()) / 1e6 for name, c in PRESETS.items()}
    assert round(millions["paper"], 1) == 119.4
    assert millions["small"] <= 7.5
    assert 0.8 <= millions["tiny"] <= 1.2


@torch.inference_mode()
def test_small_costs_at_most_45_thousand_multiplications_a_pixel():
    model, x = DCAE(PRESETS["small"]).eval(), torch.rand(1, 3, 128, 256)
    with FlopCounterMode(display=False) as counter:
        model(x, 0.013)
    kmac_per_px = counter.get_total_flops() / 2 / 1000 / (128 * 256)
    assert 30 < kmac_per_px <= 45  # far less would mean that something was not counted


PEAK_MIB = 200
"""Bound of what a forward pass of `small` at 768 x 512 px adds to the process; 96 to 129 on 1 to 4 threads here."""


@pytest.mark.slow
def test_a_forward_pass_of_small_at_768_x_512_px_takes_no_more_memory_than_stated():
    script = """
import resource, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import torch
from dcae.config import PRESETS
from dcae.model.dcae import DCAE
model = DCAE(PRESETS["small"]).eval()

def peak_mib():
    status = Path("/proc/self/status")  # Linux hands a parent's peak on to getrusage of its child
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

peaks = []
with torch.inference_mode():
    for height, width in ((64, 64), (512, 768)):
        model(torch.rand(1, 3, height, width), 0.013)
        peaks.append(peak_mib())
print(peaks[1] - peaks[0])
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert 10 < float(out) < PEAK_MIB
