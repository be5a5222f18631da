"""One tensor of several models as a matplotlib figure: histograms, the initializer's curve, pictures of the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.facts.weights.statistics import BINS
from coursekit.views.page.colours import colormap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coursekit.facts.weights.compare import ComparedTensor
    from coursekit.frameworks.initializers import Initializer


def draw(labels: Sequence[str], tensor: ComparedTensor) -> Any:
    """Return a matplotlib ``Figure`` of ``tensor`` in the models that ``labels`` name."""
    from matplotlib.figure import Figure

    labelled = zip(labels, tensor.statistics, strict=True)
    drawn = [(label, one.block_means) for label, one in labelled if one.block_means is not None]
    figure = Figure(figsize=(5 + 2.6 * len(drawn), 3.2), layout="constrained")
    axes = figure.subplots(1, 1 + len(drawn), width_ratios=[2, *[1] * len(drawn)], squeeze=False)[0]
    edges = np.linspace(tensor.low, tensor.high, BINS + 1)  # (BINS + 1,)
    for label, numbers in zip(labels, tensor.statistics, strict=True):
        axes[0].stairs(numbers.counts / max(tensor.count, 1), edges, label=label, fill=False, linewidth=1.5)
    middles = (edges[1:] + edges[:-1]) / 2
    for curve in dict.fromkeys(one for one in tensor.initializers if one is not None and one.kind != "constant"):
        share = np.asarray(curve.density(middles.tolist()), np.float64) * (edges[1] - edges[0])
        axes[0].plot(middles, share, "k--", linewidth=1, label=initializer_text(curve))
    axes[0].set(title=tensor.name, xlabel="value of a weight", ylabel="share of the weights")
    axes[0].legend(fontsize="small")
    limit = colour_limit(tensor)
    for axis, (label, picture) in zip(axes[1:], drawn, strict=True):
        shown = axis.imshow(picture, cmap=colormap("diverging"), vmin=-limit, vmax=limit, aspect="auto")
        axis.set(title=label, xticks=[], yticks=[])
    if drawn:
        figure.colorbar(shown, ax=list(axes[1:]), label="mean of a block")
    return figure


def colour_limit(tensor: ComparedTensor) -> float:
    """Return the end of the colour scale: what 99 of 100 blocks of all models stay below, in absolute value."""
    pictures = [one.block_means.ravel() for one in tensor.statistics if one.block_means is not None]
    blocks = np.concatenate(pictures) if pictures else np.zeros(1, np.float32)  # (blocks of all models,)
    sizes = np.abs(blocks[np.isfinite(blocks)])
    return float(np.percentile(sizes, 99)) if sizes.size and sizes.any() else 1.0


def initializer_text(initializer: Initializer) -> str:
    """Return an initializer as the field writes it: ``normal, σ = 0.02``."""
    center = f"mean {initializer.center:.4g}, " if initializer.center else ""
    spread = f"{initializer.spread:.4g}"
    if initializer.kind == "constant":
        return f"all {initializer.center:g}"
    if initializer.kind == "uniform":
        low, high = initializer.center - initializer.spread, initializer.center + initializer.spread
        return f"uniform from {low:.4g} to {high:.4g}"
    if initializer.kind == "truncated normal":
        return f"truncated normal, {center}σ = {spread}, cut at ±{initializer.cut:.4g}"
    return f"normal, {center}σ = {spread}"
