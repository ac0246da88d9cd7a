"""Interruption points before each layer of a network, so that the network need not know that it can be interrupted."""

from torch import nn

from dcae.codec.interruption import interruption_point


def add_points(network: nn.Module) -> None:
    """Lets the work of a network end before any of its layers (see `dcae.codec.interruption`).

    Deep copies of the network keep the points. A second call changes nothing.
    """
    for layer in network.modules():
        if _before_layer not in layer._forward_pre_hooks.values():
            layer.register_forward_pre_hook(_before_layer)


def _before_layer(_layer: nn.Module, _inputs: object) -> None:
    interruption_point()
