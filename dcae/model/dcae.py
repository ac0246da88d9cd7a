"""DCAE: the whole network, from image to latents to likelihoods and back.

Knows how the parts are joined. Does not know files, tables of a weights file or how symbols become bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from compressai.entropy_models import EntropyBottleneck, GaussianConditional
from torch import Tensor, nn

from dcae.config import LMBDA_HIGHEST, LMBDA_LOWEST, MULTIPLE_PX, DCAEConfig, scale_table
from dcae.model.entropy import Noise, at_least_float32, straight_through, y_likelihoods, z_likelihoods
from dcae.model.gain import Gain
from dcae.model.linear_path import AnalysisPath, SynthesisPath
from dcae.model.quantiser import (
    RATE_WEIGHT,
    Choice,
    Quantised,
    rounded,
    scalar_choice,
    trellis_choice,
    weighed,
    whole_choice,
)
from dcae.model.slices import Code, SliceLoop, Slices, parts_of
from dcae.model.symbol_costs import SymbolCosts, gaussian_with_tables
from dcae.model.transforms import analysis, hyper_analysis, hyper_synthesis, synthesis

_HIGHEST_FLOAT32 = torch.tensor(LMBDA_HIGHEST, dtype=torch.float32).item()
"""The highest lambda as a file holds it, a little above its decimal; the lowest one's float32 is above it as well."""


class DCAE(nn.Module):
    """Dictionary-based cross-attention entropy model in a transformer autoencoder (Lu et al., CVPR 2025).

                 +-----+ y    +---+ z   +-------+ z_hat  +----------+
        x ------>| g_a |--+-->|h_a|---->| EB, Q |------->| h_mean_s |--- latent means ---+
          |      +-----+  |   +---+     +-------+   |    +----------+                    |
          | linear  ^     |                         |    +-----------+                   |
          +--path---+     |                         +--->| h_scale_s |-- latent scales --+
                          |                              +-----------+                   v
                          |  y       +----------------------------------------------------------+
                          +--------->| slice loop: for each of `num_slices` groups of channels  |
                                     |   query = latent scales, latent means, y_hat so far      |
                                     |   support = query, dictionary attention(query)           |
                                     |   mu, sigma = transforms(support)                        |
                                     |   with neighbours: in quarters, each correcting the next |
                                     |   y_hat = Q(y - mu) + mu, refined; Q rounds, or takes    |
                                     |   the cheapest way through a trellis                     |
                                     +----------------------------------------------------------+
                 +-----+                      | y_hat
        x_hat <--| g_s |<---------------------+
             ^   +-----+                      |
             +-----------linear path----------+

    With gains, y is multiplied per channel by a gain of lambda right after g_a, and y_hat by the inverse gain right
    before g_s.

    Shapes: x (B, 3, H, W) in [0, 1], H and W multiples of 64; y (B, M, H/16, W/16); z (B, N, H/64, W/64).
    """

    def __init__(self, config: DCAEConfig) -> None:
        super().__init__()
        self.config = config
        self.g_a, self.g_s = analysis(config), synthesis(config)
        self.h_a = hyper_analysis(config)
        self.h_mean_s, self.h_scale_s = hyper_synthesis(config), hyper_synthesis(config)
        self.slice_loop = SliceLoop(config)
        self.entropy_bottleneck = EntropyBottleneck(config.N)
        self.gaussian_conditional = GaussianConditional(None)
        self._costs: tuple[Tensor, SymbolCosts] | None = None
        self.gain = Gain(config.gain_knots, config.M, +1) if config.gain_knots else None
        self.inverse_gain = Gain(config.gain_knots, config.M, -1) if config.gain_knots else None
        self.analysis_path = AnalysisPath(config.M) if config.linear_path else None
        self.synthesis_path = SynthesisPath(config.M) if config.linear_path else None
        if config.linear_path:
            self._start_as_linear_codec()

    def forward(self, x: Tensor, lmbda: float | Tensor | None = None, noise: Noise | None = None) -> dict[str, Any]:
        """The estimate of a whole coding: `{"x_hat": x_hat, "likelihoods": {"y": ..., "z": ...}}`.

        Args:
            x: Images (B, 3, H, W) in [0, 1].
            lmbda: The trade-off, 0.0005 to 0.15: one number or one for each image (B,); None for a model without
                gains, which has one fixed lambda.
            noise: In training, what stands for rounding in the likelihoods; drawn anew if it is not given.

        Raises:
            TypeError: for images that are not floating point.
            ValueError: for a shape or a lambda that is not legal, and images that hold NaN or infinity.
        """
        y_hat, likelihoods = self.estimate(self.analyse(x, lmbda), noise)
        return {"x_hat": self.synthesise(y_hat, lmbda), "likelihoods": likelihoods}

    def estimate(
        self, y: Tensor, noise: Noise | None = None, costs: SymbolCosts | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """What a decoder would get of gained y, and how likely each element of it and of z is.

        Args:
            y: What is coded.
            noise: As of `forward`.
            costs: In evaluation, how likely y's symbols are; by default as a Gaussian says that is continuous in sigma,
                or for a trellis as the tables say, on a line between two levels.

        Shapes: y (B, M, H/16, W/16) -> y_hat of that shape, likelihoods of y of that shape and of z (B, N, H/64, W/64).
        """
        noise_y, noise_z = noise if self.training and noise is not None else (None, None)
        z_hat, z_probabilities = z_likelihoods(self.entropy_bottleneck, self.h_a(y), noise_z)
        chosen: list[Quantised] = []
        slices = self.predict(z_hat.to(y.dtype), self.quantiser(y, chosen))
        if self.training:
            y_probabilities = y_likelihoods(self.gaussian_conditional, y, slices.mu, slices.sigma, noise_y)
            return slices.y_hat, {"y": y_probabilities, "z": z_probabilities}
        coded = whole_choice(chosen, self.config)
        if costs is not None:
            bits = costs.at_level(coded.symbols, coded.first_table + costs.level_of(slices.sigma))
            y_probabilities = torch.exp2(-bits)
        elif self.config.trellis:
            bits = self.symbol_costs.between_levels(coded.symbols, slices.sigma, coded.first_table)
            y_probabilities = torch.exp2(-bits)
        else:
            y = slices.mu + coded.values
            y_probabilities = y_likelihoods(self.gaussian_conditional, y, slices.mu, slices.sigma)
        return slices.y_hat, {"y": y_probabilities, "z": z_probabilities}

    def analyse(self, x: Tensor, lmbda: float | Tensor | None = None) -> Tensor:
        """Gained y of an image: (B, 3, H, W) in [0, 1] -> (B, M, H/16, W/16).

        Raises:
            TypeError, ValueError: as `forward`.
        """
        y = self.analyse_ungained(x)
        return self.apply_gain(y, lmbda)

    def analyse_ungained(self, x: Tensor) -> Tensor:
        """y before its gain, the part that does not depend on lambda: (B, 3, H, W) -> (B, M, H/16, W/16).

        Raises:
            TypeError, ValueError: for images that are not legal.
        """
        _check_images(x)
        if self.analysis_path is None:
            return self.g_a(x)
        return self.g_a(x - 0.5) + self.analysis_path(x - 0.5)

    def apply_gain(self, y: Tensor, lmbda: float | Tensor | None) -> Tensor:
        """y times the gain of lambda; y itself for a model of one fixed lambda.

        Raises:
            ValueError: as `check_lmbda`.
        """
        lmbdas = self.check_lmbda(lmbda, y)
        return y if self.gain is None else y * self.gain(lmbdas).to(y.dtype)

    def predict(self, z_hat: Tensor, code: Code) -> Slices:
        """The slice loop over what z says: z_hat (B, N, H/64, W/64); `code` as in `dcae.model.slices`."""
        return self.slice_loop(self.h_scale_s(z_hat), self.h_mean_s(z_hat), code)

    def synthesise(self, y_hat: Tensor, lmbda: float | Tensor | None = None) -> Tensor:
        """The image of y_hat, not clamped to [0, 1]: (B, M, H/16, W/16) -> (B, 3, H, W).

        Raises:
            ValueError: as `check_lmbda`.
        """
        lmbdas = self.check_lmbda(lmbda, y_hat)
        if self.inverse_gain is not None:
            y_hat = y_hat * self.inverse_gain(lmbdas).to(y_hat.dtype)
        if self.synthesis_path is None:
            return self.g_s(y_hat)
        return self.g_s(y_hat) + self.synthesis_path(y_hat) + 0.5

    def check_lmbda(self, lmbda: float | Tensor | None, like: Tensor) -> Tensor:
        """lambda for each image of `like` (B, ...), on its device: (B,), float32 or float64.

        A file holds lambda in float32, so the nearest float32 of a bound is legal too.

        Raises:
            ValueError: if it is out of [0.0005, 0.15], of another shape than one number or (B,), missing where there
                are gains, or given where there are none.
        """
        if self.gain is None:
            if lmbda is not None:
                raise ValueError(f"lmbda is {lmbda}, but these weights have one fixed lambda; pass None")
            return like.new_empty(0)
        if lmbda is None:
            raise ValueError(f"lmbda is missing; this model needs one of {LMBDA_LOWEST} to {LMBDA_HIGHEST}")
        dtype = torch.promote_types(like.dtype, torch.float32)
        lmbdas = torch.as_tensor(lmbda, dtype=dtype, device=like.device)
        if lmbdas.dim() > 1 or lmbdas.numel() not in (1, like.shape[0]):
            raise ValueError(f"lmbda has shape {tuple(lmbdas.shape)}; must be one number or ({like.shape[0]},)")
        lmbdas = lmbdas.expand(like.shape[0])
        if not bool(((lmbdas >= LMBDA_LOWEST) & (lmbdas <= _HIGHEST_FLOAT32)).all()):
            raise ValueError(f"lmbda is {lmbda}; must be {LMBDA_LOWEST} to {LMBDA_HIGHEST}")
        return lmbdas

    def aux_loss(self) -> Tensor:
        """What the quantiles of z's model are trained on, by an optimiser of their own: a scalar."""
        return cast(Tensor, self.entropy_bottleneck.loss())

    def update(self, find_quantiles: bool = True) -> None:
        """Computes the integer CDF tables of z from the weights, and those of y if there are none; before export.

        The tables are buffers: they travel with the weights. y's depend on no parameter: they are a Gaussian's for each
        level, or those that the end of a training has fitted. Needs finite parameters in float32.

        Args:
            find_quantiles: Finds z's quantiles anew first, since short runs leave stale ones. That moves the medians,
                which z is rounded around; without it the quantiles are used as they are.
        """
        if self.gaussian_conditional._quantized_cdf.numel() == 0:
            self.gaussian_conditional.update_scale_table(scale_table(), force=True)
            if self.config.trellis:
                ready = gaussian_with_tables(trellis=True)
                for name in ("_quantized_cdf", "_cdf_length", "_offset"):
                    table = ready.get_buffer(name).to(self.gaussian_conditional.scale_table.device)
                    setattr(self.gaussian_conditional, name, table)
        self.entropy_bottleneck.update(force=True, update_quantiles=find_quantiles)

    def quantiser(self, y: Tensor, chosen: list[Quantised]) -> Code:
        """`code` for a forward pass: y as symbols around mu, straight-through; keeps those of each part in `chosen`."""
        parts, choose = parts_of(y, self.config), self.choice()

        def code(part: int, mu: Tensor, sigma: Tensor) -> Tensor:
            mu = at_least_float32(mu)  # symbol + mu in bfloat16 would not say which symbol it was
            residual = parts[part] - mu
            chosen.append(choose(residual, sigma))
            return straight_through(residual, chosen[-1].values) + mu

        return code

    def choice(self, weighs: bool = True) -> Choice:
        """What an encoder codes of y - mu, made for the tables as they are now.

        In training, and without a trellis for a model of one fixed lambda, too, it is the nearest integers.

        Args:
            weighs: Whether bits are weighed against error; without, the symbols are the nearest ones.
        """
        if self.config.trellis and not self.training:
            return trellis_choice(self.symbol_costs, RATE_WEIGHT if weighs else 0.0)
        if self.training or self.gain is None or not weighs:
            return scalar_choice(lambda residual, sigma: rounded(residual))
        costs = self.symbol_costs
        return scalar_choice(lambda residual, sigma: weighed(residual, sigma, costs))

    @property
    def symbol_costs(self) -> SymbolCosts:
        """What symbols of y cost by the tables as they are now; made once for them."""
        tables = self.gaussian_conditional._quantized_cdf
        if self._costs is None or self._costs[0] is not tables:
            self._costs = tables, SymbolCosts(self.gaussian_conditional, self.config.trellis)
        return self._costs[1]

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """As of any module, with tables of whatever size the state has (none before `update`)."""
        self._costs = None  # the tables are to be the same tensors with other numbers
        for name, buffer in self.named_buffers():
            if name in state_dict:
                buffer.resize_(state_dict[name].shape)
        return super().load_state_dict(state_dict, strict, assign)

    def _start_as_linear_codec(self) -> None:
        """Zeroes what the learned parts add at first; sigma starts near 1.3, the size of a quantised coefficient."""
        ends = [self.g_a[-1], cast(Any, self.g_s[-1]).conv]
        scales = []
        for predictor in cast(Any, self.slice_loop.slices):
            ends += [predictor.mean_transform[-1], predictor.lrp_transform[-1]]
            scales.append(predictor.scale_transform[-1])
        for layer in ends + scales:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        for layer in scales:
            nn.init.ones_(layer.bias)


def _check_images(x: Tensor) -> None:
    if x.dim() != 4 or x.shape[1] != 3 or x.numel() == 0:
        raise ValueError(f"images have shape {tuple(x.shape)}; must be (B, 3, H, W), none of them 0")
    if not x.is_floating_point():
        raise TypeError(f"images are {x.dtype}; must be floating point in [0, 1]")
    height, width = x.shape[-2:]
    if height % MULTIPLE_PX or width % MULTIPLE_PX:
        raise ValueError(f"images are {height} x {width} px; sides must be multiples of {MULTIPLE_PX} px")
    if not bool(torch.stack(x.detach().aminmax()).isfinite().all()):
        raise ValueError("images hold NaN or infinite values; must be finite, in [0, 1]")
