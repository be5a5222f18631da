"""Write what NumPy and Python say about the numbers that the scripts draw: ``python tests/js/fixtures.py FILE``.

The scripts' tests read it, so the two sides cannot drift: where Python has the same rule (a size in bytes, a colour, a
byte for a number), its own answer stands here; elsewhere NumPy's or the standard library's.
"""

from __future__ import annotations

import json
import re
import sys
from math import prod
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib import colormaps

from coursekit.facts.output.quantization import CURVES, quantize
from coursekit.views.page.colours import diverging, sequential
from coursekit.views.page.explorer import pack
from coursekit.views.page.pixels import colour_indices
from coursekit.views.page.units import bytes_text

HERE = Path(__file__).parent
random = np.random.default_rng(7)


def listed(array: Any) -> Any:
    """An array as JSON has it: what is not finite by its name."""
    flat = np.asarray(array, np.float64).ravel()
    return [float(one) if np.isfinite(one) else str(one) for one in flat]


def packed() -> dict[str, Any]:
    """Arrays of every dtype that a page may get, beside text and nothing."""
    dtypes = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
    arrays = {name: (np.arange(6) * 37 - (0 if name[0] == "u" else 90)).astype(name).reshape(2, 3) for name in dtypes}
    data = {
        **arrays,
        "empty": np.zeros((0, 3), np.uint8),
        "text": "Ġ ▁ 🤗 </script>",
        "nothing": None,
        "deep": [{"a": [1]}],
    }
    expected = {name: {"data": array.ravel().tolist(), "shape": list(array.shape)} for name, array in arrays.items()}
    return {"base64": pack(data), "arrays": expected, "text": data["text"], "deep": data["deep"]}


def quantized() -> list[dict[str, Any]]:
    """Each curve, with the values that were sent, the codes, what they decode to and how far that may be off."""
    cases = []
    for curve in CURVES:
        for scale in (1.0, 3.7, 0.0):
            values = np.concatenate(
                [[0.0, scale, scale / 3, -scale, 2 * scale], random.normal(0, 1, 40), [np.nan, np.inf]]
            )
            values = np.abs(values) if curve == "share" else values
            one = quantize(values, curve, scale)
            decoded = one.decode()
            cases.append(
                {
                    "curve": curve,
                    "scale": scale,
                    "values": listed(values),
                    "codes": one.codes.tolist(),
                    "decoded": listed(decoded),
                    "bounds": listed([one.bound(float(value)) for value in decoded]),
                }
            )
    return cases


def colours() -> dict[str, Any]:
    """Both scales, the index of many values, and what matplotlib paints for the sequential one."""
    values = np.concatenate([np.linspace(-2.5, 2.5, 41), [np.nan, np.inf, -np.inf, 0.0]])
    shares = np.linspace(0, 1, 9)
    painted = np.round(np.asarray(colormaps["cividis"](np.sqrt(shares)))[:, :3] * 255)
    return {
        "sequential": sequential().ravel().tolist(),
        "diverging": diverging().ravel().tolist(),
        "limit": 2.0,
        "values": listed(values),
        "signed": colour_indices(values, 2.0, signed=True).tolist(),
        "unsigned": colour_indices(values, 2.0, signed=False).tolist(),
        "shares": listed(shares),
        "cividis": painted.astype(int).tolist(),
    }


def histogram() -> dict[str, Any]:
    """Weights and their bars, and the densities from which initializers draw."""
    weights = random.normal(0.01, 0.02, 5000)
    low, high = -0.08, 0.1
    counts, _ = np.histogram(weights, bins=64, range=(low, high))
    bars = np.rint(counts * (65535 / counts.max())).astype(int)
    normal = NormalDist(0.01, 0.02)
    inside = NormalDist().cdf(2) - NormalDist().cdf(-2)
    at = np.linspace(-0.06, 0.08, 29)
    curves = [
        ({"kind": "normal", "center": 0.01, "spread": 0.02, "cut": None}, [normal.pdf(x) for x in at]),
        (
            {"kind": "normal", "center": 0.01, "spread": 0.02, "cut": 0.04},
            [normal.pdf(x) / inside if abs(x - 0.01) <= 0.04 else 0 for x in at],
        ),
        (
            {"kind": "uniform", "center": 0.01, "spread": 0.03, "cut": None},
            [1 / 0.06 if abs(x - 0.01) <= 0.03 else 0 for x in at],
        ),
    ]
    return {
        "low": low,
        "high": high,
        "bars": bars.tolist(),
        "highest": counts.max() / weights.size,
        "shares": listed(counts / weights.size),
        "at": listed(at),
        "curves": [{"curve": {**curve, "text": ""}, "density": listed(density)} for curve, density in curves],
        "erf": [[x, 2 * NormalDist().cdf(x * 2**0.5) - 1] for x in (0, 0.1, 0.5, 1, 1.5, 2, 3)],
    }


def attention() -> dict[str, Any]:
    """One head's weights, and its lines from the strongest to the weakest that can be seen."""
    scores = np.exp(random.normal(0, 2, (9, 9)))
    weights = scores / scores.sum(1, keepdims=True)
    weights[2, 3] = weights[5, 1] = 0.003
    order = np.argsort(-weights, axis=None)
    return {
        "weights": weights.tolist(),
        "lines": [[int(at // 9), int(at % 9)] for at in order if weights.ravel()[at] > 0.004],
    }


def places() -> dict[str, Any]:
    """Points of two runs, their extents, and where an affine map of NumPy puts them."""
    runs = [random.normal(3, 2, (12, 2)), random.normal(-1, 0.5, (12, 2))]
    runs[0][4] = np.nan
    spans = [np.nanmax(run, 0) - np.nanmin(run, 0) for run in runs]
    middles = [(np.nanmax(run, 0) + np.nanmin(run, 0)) / 2 for run in runs]
    scale = min(min(330 / span[0], 280 / span[1]) for span in spans)
    drawn = [
        np.array([200, 160]) + (run - middle) @ np.diag([scale, -scale])
        for run, middle in zip(runs, middles, strict=True)
    ]
    return {
        "runs": [[listed(point) for point in run] for run in runs],
        "spans": [listed(span) for span in spans],
        "middles": [listed(middle) for middle in middles],
        "scale": scale,
        "drawn": [[listed(point) for point in run] for run in drawn],
    }


def similar() -> dict[str, Any]:
    """A symmetric matrix, and the lower half that is sent of it."""
    square = random.normal(0, 1, (7, 7))
    square = square + square.T
    return {"square": square.tolist(), "lower": square[np.tril_indices(7)].tolist()}


def rows() -> dict[str, Any]:
    """Names and sizes, and how Python sorts them; digits inside of a name are numbers."""
    names = [f"encoder.layer.{at}.{part}" for at in (10, 2, 1, 11, 0) for part in ("weight", "bias")]
    sizes = [None if at % 4 == 3 else int(size) for at, size in enumerate(random.permutation(10))]
    table = [{"name": name, "size": size} for name, size in zip(names, sizes, strict=True)]

    def natural(row: dict[str, Any]) -> list[tuple[int, Any]]:
        return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", row["name"])]

    known = [row for row in table if row["size"] is not None]
    unknown = [row for row in table if row["size"] is None]
    return {
        "rows": table,
        "by name": [row["name"] for row in sorted(table, key=natural)],
        "by size": [row["name"] for row in sorted(known, key=lambda row: row["size"]) + unknown],
        "from largest": [row["name"] for row in sorted(known, key=lambda row: -row["size"]) + unknown],
    }


def figures() -> dict[str, Any]:
    """Numbers as Python writes them."""
    sizes = [0, 1, 2, 999, 1000, 9_999, 10_000, 466_247, 999_499, 1_000_000, 90_868_376, 2_500_000_000, 3.2e12, 3.2e15]
    whole = [0, 7, 999, 1000, 109_482_240]
    shares = [0, 0.0004, 0.0006, 0.1234, 1]
    values = [0.0, 0.0213, -0.0213, 12.3456, -99.99994, 100.04, -1234.56, 0.00051]
    shapes = [(2, 3, 4), (5,), (), (0, 7)]
    return {
        "bytes": [[size, bytes_text(size)] for size in sizes],
        "grouped": [[number, f"{number:,}"] for number in whole],
        "shares": [[share, "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"] for share in shares],
        "figures": [
            [value, "0" if value == 0 else f"{value:.{1 if abs(value) >= 100 else 4}f}".replace("-", "\N{MINUS SIGN}")]
            for value in values
        ],
        "decimals": [
            [value, f"{value:.2f}".replace("-", "\N{MINUS SIGN}")] for value in (0.123, -0.456, 1, -12.345678)
        ],
        "products": [[list(shape), prod(shape)] for shape in shapes],
    }


def fixtures() -> dict[str, Any]:
    """Return everything."""
    makers = (packed, quantized, colours, histogram, attention, places, similar, rows, figures)
    return {maker.__name__: maker() for maker in makers}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(fixtures(), allow_nan=False), "utf-8")
