"""One codec against several anchors, for print: the two chosen curves, and every percentage.

Knows records and matplotlib. Does not know widgets.
"""

from matplotlib.figure import Figure

from dcae.anchor_audit import AnchorAudit, AuditedRate
from dcae_widgets.figure_style import BLUE, INK, ORANGE, PAPER


def anchor_figure(audit: AnchorAudit, chosen: AuditedRate) -> Figure:
    """Curves on the left, a bar for each anchor on the right, the chosen one dark.

    Args:
        audit: all rates.
        chosen: the one whose curves are drawn.
    """
    figure = Figure(figsize=(10.5, 4.4), dpi=110, facecolor=PAPER, layout="constrained")
    left, right = figure.subplots(1, 2)
    for curves, name, colour in ((audit.codecs, chosen.codec, BLUE), (audit.anchors, chosen.anchor, ORANGE)):
        points = next(curve.points for curve in curves if curve.name == name)
        left.plot(*zip(*points, strict=True), "o-", color=colour, markersize=4, label=name)
    if chosen.psnr_interval_db is not None:
        left.axhspan(*chosen.psnr_interval_db, color=INK, alpha=0.06, label="PSNR compared")
    left.set(xlabel="bits a pixel", ylabel="PSNR (dB)", xscale="log")
    left.xaxis.set_major_formatter("{x:g}")
    left.legend(frameon=False, fontsize=9)
    rates = [audit.rate(chosen.codec, anchor.name, chosen.method, chosen.points_used) for anchor in audit.anchors]
    colours = [ORANGE if rate.anchor == chosen.anchor else "#c9ced6" for rate in rates]
    bars = right.barh([rate.anchor for rate in rates], [rate.percent or 0 for rate in rates], color=colours)
    labels = ["n/a" if rate.percent is None else f"{rate.percent:+.1f} %" for rate in rates]
    right.bar_label(bars, labels, padding=3, fontsize=9)
    right.margins(x=0.2)
    right.invert_yaxis()
    right.set(xlabel=f"BD-rate (%), {chosen.method}, {chosen.points_used}")
    figure.suptitle(chosen.words, fontsize=10, color=INK, wrap=True)
    return figure
