"""Which component of a codec is at work: the time that passes is charged to one of them, so that all sum to the whole.

Classes and functions are wrapped while a run is watched, so the copies that a codec makes of its layers are seen too.
One watched run at a time, in one thread. A block in bfloat16 works in halves that hold their norm and their residual;
elsewhere those are in the rest. Knows the parts of the network and of the latent coder.
Does not know what is done with the time.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import nn

from dcae.codec import latent_coder
from dcae.codec.codec import Codec
from dcae.codec.entropy_coder import StreamDecoder, StreamEncoder
from dcae.model.attention import AttentionBlock, WindowAttention
from dcae.model.dcae import DCAE
from dcae.model.dictionary import DictionaryAttention
from dcae.model.float32_layers import FastPredictor
from dcae.model.layers import GatedMLP
from dcae.model.neighbours import Neighbours
from dcae.model.slices import SlicePredictor

WINDOWS, CONVOLUTIONS, MLPS = "window attention", "convolutions of g_a, g_s", "gated MLPs"
DICTIONARY, SLICES, HYPER = "dictionary cross-attention", "slice transforms", "hyper-transforms"
CODING, REST = "entropy coding", "rest"

COMPONENTS = (WINDOWS, CONVOLUTIONS, MLPS, DICTIONARY, SLICES, HYPER, CODING, REST)
_DEPTH = {REST: 0, WINDOWS: 1, CONVOLUTIONS: 1, MLPS: 1, SLICES: 2, HYPER: 2, DICTIONARY: 3, CODING: 4}
"""A component is entered from a shallower one alone: a convolution of the dictionary attention is part of that."""


class ComponentClock:
    """Seconds of each component, exclusive.

    Attributes:
        seconds: of each component, in the order of `COMPONENTS`.
        current: the component at work.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(COMPONENTS, 0.0)
        self.current = REST
        self._since = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time passes, until the end for what is left."""
        self._since = time.perf_counter()
        try:
            yield
        finally:
            self._charge()

    @contextmanager
    def inside(self, component: str) -> Iterator[None]:
        """This component works, unless one at work already contains it."""
        before = self.current
        if _DEPTH[component] <= _DEPTH[before]:
            yield
            return
        self._charge()
        self.current = component
        try:
            yield
        finally:
            self._charge()
            self.current = before

    def _charge(self) -> None:
        now = time.perf_counter()
        self.seconds[self.current] += now - self._since
        self._since = now


@contextmanager
def watched(subject: Codec | DCAE, clock: ComponentClock) -> Iterator[None]:
    """The clock is told which component of a codec, or of a network alone, is at work."""
    with ExitStack() as wrapped:
        for owner, name, component in _places(subject):
            wrapped.enter_context(_told(owner, name, component, clock))
        yield


def _places(subject: Codec | DCAE) -> Iterator[tuple[Any, str, str]]:
    """Where a component begins and ends: an owner, the name of its function, and the component."""
    model = subject if isinstance(subject, DCAE) else subject.model
    hyper = [model.h_a, model.h_mean_s, model.h_scale_s]
    if isinstance(subject, Codec):
        hyper += [subject.latent_coder.h_mean_s, subject.latent_coder.h_scale_s]
    yield from ((module, "forward", HYPER) for module in hyper)
    yield from ((WindowAttention, "forward", WINDOWS), (AttentionBlock, "_attended_by_windows", WINDOWS))
    yield from ((GatedMLP, "forward", MLPS), (AttentionBlock, "_mixed_by_rows", MLPS))
    yield from ((nn.Conv2d, "forward", CONVOLUTIONS), (nn.ConvTranspose2d, "forward", CONVOLUTIONS))
    yield (DictionaryAttention, "forward", DICTIONARY)
    yield from ((SlicePredictor, name, SLICES) for name in ("forward", "support", "sigma", "refine"))
    yield (Neighbours, "forward", SLICES)
    yield from ((FastPredictor, name, SLICES) for name in ("forward", "refine"))
    yield from ((StreamEncoder, name, CODING) for name in ("add", "stream"))
    yield from ((StreamDecoder, name, CODING) for name in ("read", "close"))
    yield (latent_coder, "levels", CODING)


@contextmanager
def _told(owner: Any, name: str, component: str, clock: ComponentClock) -> Iterator[None]:
    """A function that tells the clock, in the place of `owner.name`; afterwards all is as before."""
    function: Callable[..., Any] = getattr(owner, name)
    own = name in vars(owner)

    @functools.wraps(function)
    def telling(*args: Any, **kwargs: Any) -> Any:
        with clock.inside(component):
            return function(*args, **kwargs)

    setattr(owner, name, telling)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, function)
        else:
            delattr(owner, name)
