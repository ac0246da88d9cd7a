"""What a network costs on one machine, as records: seconds, operations and bytes of its parts, and how they grow.

Knows numbers, rooflines and slopes. Does not know torch, nor how anything was measured.
Sources: Williams et al., Roofline, Communications of the ACM 52(4), 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What one machine reaches at its best, in so many threads.

    Attributes:
        threads: of torch.
        peak_flops: FLOP/s of a large matrix product, by the name of its arithmetic.
        bandwidth: bytes/s read and written by a large copy.
    """

    threads: int
    peak_flops: dict[str, float]
    bandwidth: float


@dataclass(frozen=True, kw_only=True)
class ComponentCost:
    """What one component costs, without those inside it that are components themselves.

    Attributes:
        name: what it is.
        seconds: that passed while it worked.
        flop: of its products and convolutions; additions and roots are not counted.
        bytes: that its operations read and wrote, were none of it kept in a cache.
        dtype: the arithmetic that most of its FLOP are in, or that most bytes are of.
        peak_bytes: the most that tensors made by the run held while it worked.
    """

    name: str
    seconds: float
    flop: int
    bytes: int
    dtype: str
    peak_bytes: int

    @property
    def intensity(self) -> float:
        """FLOP for each byte read or written."""
        return self.flop / self.bytes if self.bytes else 0.0

    def bound(self, machine: Machine) -> str:
        """`arithmetic` or `memory`: what the roofline says it waits for; `neither` where no FLOP are counted.

        >>> machine = Machine(threads=1, peak_flops={"float32": 100.0}, bandwidth=10.0)
        >>> ComponentCost(name="a", seconds=1, flop=50, bytes=10, dtype="float32", peak_bytes=0).bound(machine)
        'memory'
        """
        if not self.flop or self.dtype not in machine.peak_flops:
            return "neither"
        return "arithmetic" if self.intensity >= machine.peak_flops[self.dtype] / machine.bandwidth else "memory"

    def peak_share(self, machine: Machine) -> float:
        """Its FLOP/s over the machine's in its arithmetic."""
        peak = machine.peak_flops.get(self.dtype)
        return self.flop / self.seconds / peak if peak and self.seconds else 0.0

    def bandwidth_share(self, machine: Machine) -> float:
        """Its bytes/s over the machine's; above 1 where caches serve it."""
        return self.bytes / self.seconds / machine.bandwidth if self.seconds else 0.0


@dataclass(frozen=True, kw_only=True)
class PartsCost:
    """An image to a file and back, by component.

    Attributes:
        network: its name.
        width: of the image, px.
        height: of the image, px.
        seconds: of the whole run; those of the components sum to it.
        components: in a fixed order, the last of them what is left.
        machine: what it was measured on.
        training_bytes: peak bytes of tensors in a step of training, by batch; empty if it was not asked for.
        crop_px: side of the training crops.
    """

    network: str
    width: int
    height: int
    seconds: float
    components: tuple[ComponentCost, ...]
    machine: Machine
    training_bytes: dict[int, int]
    crop_px: int

    def to_json_dict(self) -> dict[str, Any]:
        """The fields by name, with each component's shares and bound."""
        components = [
            asdict(part) | {
                "share": part.seconds / self.seconds,
                "intensity": part.intensity,
                "peak_share": part.peak_share(self.machine),
                "bandwidth_share": part.bandwidth_share(self.machine),
                "bound": part.bound(self.machine),
            }
            for part in self.components
        ]  # fmt: skip
        return asdict(self) | {"components": components}

    def table(self) -> str:
        """A line for each component, one for the whole, and one for each batch."""
        head = f"{'component':<30}{'ms':>8}{'%':>6}{'GFLOP':>8}{'GFLOP/s':>9}{'% peak':>8}{'FLOP/B':>8}{'MB':>7}  bound"
        lines = [head, *(self._line(part) for part in self.components)]
        flop = sum(part.flop for part in self.components) / 1e9
        whole = f"{'whole':<30}{1e3 * self.seconds:>8.1f}{100:>6}{flop:>8.2f}{flop / self.seconds:>9.1f}"
        peaks = ", ".join(f"{peak / 1e9:.0f} GFLOP/s in {name}" for name, peak in self.machine.peak_flops.items())
        threads = f"{self.machine.threads} thread{'' if self.machine.threads == 1 else 's'}"
        lines += [
            whole,
            f"{threads}; at its best {peaks}, {self.machine.bandwidth / 1e9:.1f} GB/s",
        ]
        lines += [
            f"a training step, {batch} x {self.crop_px} x {self.crop_px} px: {size / 1e6:.0f} MB"
            for batch, size in self.training_bytes.items()
        ]
        return "\n".join(lines)

    def _line(self, part: ComponentCost) -> str:
        return (
            f"{part.name:<30}{1e3 * part.seconds:>8.1f}{100 * part.seconds / self.seconds:>6.1f}{part.flop / 1e9:>8.2f}"
            f"{part.flop / 1e9 / part.seconds if part.seconds else 0:>9.1f}{100 * part.peak_share(self.machine):>8.1f}"
            f"{part.intensity:>8.1f}{part.peak_bytes / 1e6:>7.1f}  {part.bound(self.machine)}"
        )


@dataclass(frozen=True, kw_only=True)
class Change:
    """One optimisation, before and after, measured in turns.

    Attributes:
        name: of the optimisation.
        before: what runs without it.
        after: what runs with it.
        before_s: median seconds without it; None if it was skipped.
        after_s: median seconds with it; None if it was skipped.
        note: what it costs to start, or why it was skipped.
    """

    name: str
    before: str
    after: str
    before_s: float | None = None
    after_s: float | None = None
    note: str = ""

    def line(self) -> str:
        """In words.

        >>> Change(name="a", before="slow", after="fast", before_s=0.2, after_s=0.1).line()
        'a: slow 200.0 ms, fast 100.0 ms, 2.00 times as fast'
        """
        if self.before_s is None or self.after_s is None:
            return f"{self.name}: skipped, {self.note}"
        times = f"{self.before} {1e3 * self.before_s:.1f} ms, {self.after} {1e3 * self.after_s:.1f} ms"
        said = f"{self.name}: {times}, {self.before_s / self.after_s:.2f} times as fast"
        return f"{said} ({self.note})" if self.note else said


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Seconds and bytes over one size that was changed alone.

    Attributes:
        along: what was changed.
        unit: of it.
        sizes: its values, ascending.
        seconds: at each.
        peak_bytes: of tensors at each.
    """

    along: str
    unit: str
    sizes: tuple[float, ...]
    seconds: tuple[float, ...]
    peak_bytes: tuple[int, ...]

    def to_json_dict(self) -> dict[str, Any]:
        """The fields by name, and both slopes with their standard errors (null for fewer than three sizes)."""
        slopes = {"seconds": fitted_slope(self.sizes, self.seconds), "bytes": fitted_slope(self.sizes, self.peak_bytes)}
        fields = {f"slope_{name}": slope for name, (slope, _) in slopes.items()}
        return asdict(self) | fields | {f"slope_{name}_error": error for name, (_, error) in slopes.items()}

    def table(self) -> str:
        """A line for each size, then the slopes."""
        rows = zip(self.sizes, self.seconds, self.peak_bytes, strict=True)
        lines = [
            f"{self.along}, {self.unit}",
            *(f"{x:>12.6g}{1e3 * s:>12.1f} ms{b / 1e6:>10.1f} MB" for x, s, b in rows),
        ]
        slopes = (fitted_slope(self.sizes, self.seconds), fitted_slope(self.sizes, self.peak_bytes))
        return "\n".join([*lines, "     grow as size to the power {}, {}".format(*map(_said, slopes))])


def fitted_slope(x: Sequence[float], y: Sequence[float]) -> tuple[float, float | None]:
    """The power of x that y grows with, by least squares in logarithms, and its standard error.

    Args:
        x: two or more different sizes, above 0.
        y: what was measured at each, above 0.

    Returns:
        The slope, and its standard error; None for two sizes, which any line meets.

    Raises:
        ValueError: fewer than two sizes, or what has no logarithm.

    >>> fitted_slope([1, 2, 4], [3, 12, 48])[0].__round__(6)
    2.0
    """
    if len(x) < 2 or min(*x, *y) <= 0:
        raise ValueError(f"sizes {list(x)} and values {list(y)}; must be two or more, all above 0")
    log_x, log_y = np.log(x), np.log(y)
    slope, offset = np.polyfit(log_x, log_y, 1)
    if len(x) == 2:
        return float(slope), None
    residual = log_y - slope * log_x - offset
    spread = np.sum((log_x - log_x.mean()) ** 2)
    return float(slope), float(np.sqrt(np.sum(residual**2) / (len(x) - 2) / spread))


def _said(slope: tuple[float, float | None]) -> str:
    return f"{slope[0]:.2f}" + ("" if slope[1] is None else f" ± {slope[1]:.2f}")
