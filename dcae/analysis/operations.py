"""Operations that a run asks of torch: their FLOP, the bytes they read and write, and the bytes that tensors hold.

FLOP are those of products and convolutions, a multiplication and an addition counted as two, by torch's own formulas;
what torch has no formula for (attention on CPUs, products in place, the sums of shifted images that stand for a
depthwise convolution in float64) is added. Bytes held are those of storages that an operation of the run has made and
that are not freed yet: neither weights, nor arrays of numpy, nor what a kernel needs inside.
"""

from __future__ import annotations

import weakref
from collections import Counter, defaultdict
from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry, sdpa_flop_count

_ATEN = torch.ops.aten


def _of_cpu_attention(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    return sdpa_flop_count(query.shape, key.shape, value.shape)


def _of_cpu_attention_backward(_: Tensor, query: Tensor, key: Tensor, value: Tensor, *__: Any, **___: Any) -> int:
    return 5 * sdpa_flop_count(query.shape, key.shape, value.shape) // 2  # five products where forward has two


def _of_product_in_place(_: Tensor, a: Tensor, b: Tensor, **__: Any) -> int:
    return 2 * prod(a.shape) * b.shape[-1]


def _of_shifted_sum(total: Tensor, *_: Any, **__: Any) -> int:
    return 2 * total.numel()


_ADDED: dict[Any, Callable[..., int]] = {
    _ATEN._scaled_dot_product_flash_attention_for_cpu: _of_cpu_attention,
    _ATEN._scaled_dot_product_flash_attention_for_cpu_backward: _of_cpu_attention_backward,
    _ATEN.addmm_: _of_product_in_place,
    _ATEN.baddbmm_: _of_product_in_place,
    _ATEN.addcmul_: _of_shifted_sum,
}


class OperationCount(TorchDispatchMode):
    """Counts what is asked for while it is entered, apart for each component that `component` names.

    Attributes:
        flop: by component.
        bytes: read and written, by component.
        peak_bytes: the most bytes that were held while a component worked, by component.
    """

    def __init__(self, component: Callable[[], str] = lambda: "whole") -> None:
        super().__init__()
        self.flop, self.bytes, self.peak_bytes = Counter[str](), Counter[str](), Counter[str]()
        self._component = component
        self._weights: dict[str, Counter[str]] = defaultdict(Counter)
        self._held: set[int] = set()
        self._held_bytes = 0

    def dtype(self, component: str) -> str:
        """The arithmetic of most of a component's FLOP, or else of most of its bytes; empty if it did nothing."""
        found = self._weights[component].most_common(1)
        return found[0][0] if found else ""

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        packet = func._overloadpacket
        if packet not in flop_registry and packet not in _ADDED:
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = func(*args, **kwargs)
        inputs, outputs = _tensors((args, kwargs)), _tensors(result)
        self._count(packet, args, kwargs, result, inputs, outputs, func._schema.is_mutable)
        return result

    def _count(
        self,
        packet: Any,
        args: Any,
        kwargs: Any,
        result: Any,
        inputs: list[Tensor],
        outputs: list[Tensor],
        writes: bool,
    ) -> None:
        component = self._component()
        known = {_key(tensor) for tensor in inputs}
        made = [tensor for tensor in outputs if _key(tensor) not in known]
        flop = 0
        if packet in _ADDED:
            flop = _ADDED[packet](*args, **kwargs)
        elif packet in flop_registry:
            flop = flop_registry[packet](*args, **kwargs, out_val=result)
        moved = sum(tensor.nbytes for tensor in (*inputs, *outputs)) if made or writes else 0  # a view moves nothing
        self.flop[component] += flop
        self.bytes[component] += moved
        if outputs:
            dtype = str(outputs[0].dtype).removeprefix("torch.")
            self._weights[component][dtype] += flop * 1_000_000 + moved
        for tensor in made:
            self._hold(tensor)
        self.peak_bytes[component] = max(self.peak_bytes[component], self._held_bytes)

    def _hold(self, tensor: Tensor) -> None:
        storage, key = tensor.untyped_storage(), _key(tensor)
        if key in self._held:
            return
        size = storage.nbytes()
        self._held.add(key)
        self._held_bytes += size
        weakref.finalize(storage, self._free, key, size)

    def _free(self, key: int, size: int) -> None:
        self._held.discard(key)
        self._held_bytes -= size


def _tensors(values: Any) -> list[Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, Tensor)]


def _key(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata
