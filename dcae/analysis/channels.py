"""What one channel of y draws: g_s's response to it alone, the linear path's part beside the learned one.

g_s is no linear map, so the responses of all channels do not add up to the picture; the linear path's do. Knows the
network's parts. Draws nothing.
Shapes: M channels of y; H, W image size in px.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dcae.codec.codec import Codec
from dcae.codec.exact_arithmetic import exact_arithmetic
from dcae.model.dcae import DCAE
from dcae.results import ChannelResponse
from dcae.traces import Trace


class ChannelResponses:
    """The responses to each channel of one coding, drawn when they are asked for; g_s runs once for each.

    Args:
        model: The model that the trace is of, or its codec.
        trace: What was coded.

    Raises:
        ValueError: the trace is of another kind of model: other channels, or a lambda that the model has not.
    """

    def __init__(self, model: DCAE | Codec, trace: Trace) -> None:
        self._model = (model.model if isinstance(model, Codec) else model).eval()
        self._height, self._width = trace.image.shape[:2]
        channels = self._model.config.M
        if len(trace.y_hat) != channels:
            raise ValueError(f"the trace has {len(trace.y_hat)} channels; this model has {channels}")
        like = next(self._model.parameters())
        y_hat = torch.from_numpy(trace.y_hat.copy())[None].to(like.device, like.dtype)
        lmbdas = self._model.check_lmbda(trace.file.lmbda, y_hat)
        with exact_arithmetic():
            gain = self._model.inverse_gain
            self._y_hat = y_hat if gain is None else y_hat * gain(lmbdas).to(y_hat.dtype)  # (1, M, H/16, W/16)
            nothing = torch.zeros_like(self._y_hat)
            parts = (self._model.g_s, self._model.synthesis_path)
            self._of_nothing: dict[nn.Module, Tensor] = {part: part(nothing) for part in parts if part is not None}

    def draw(self, channel: int) -> ChannelResponse:
        """What a channel adds to the picture of zeros, not clamped.

        Raises:
            ValueError: there is no such channel.
        """
        channels = self._y_hat.shape[1]
        if not 0 <= channel < channels:
            raise ValueError(f"channel is {channel}; must be 0 to {channels - 1}")
        with exact_arithmetic():
            alone = torch.zeros_like(self._y_hat)
            alone[:, channel] = self._y_hat[:, channel]
            learned, *linear = (self._added(part, alone) for part in self._of_nothing)
        return ChannelResponse(channel=channel, learned=learned, linear=linear[0] if linear else None)

    def _added(self, part: nn.Module, y_hat: Tensor) -> NDArray[np.float32]:
        """In levels, height x width x 3."""
        added = 255 * (part(y_hat) - self._of_nothing[part])[0, :, : self._height, : self._width].float()
        return added.permute(1, 2, 0).contiguous().cpu().numpy()
