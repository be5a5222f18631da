"""The two colour scales of all pictures, perceptually uniform and safe for colour-blind readers.

Sequential values (attention, absolute sizes) use matplotlib's *cividis*. Signed values use a diverging scale that is
made here: blue to orange over a neutral middle, with lightness linear in OKLab on both sides, so equal steps of the
value look equally large. OKLab: B. Ottosson, "A perceptual color space for image processing", 2020.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

STEPS = 255
"""Odd, so that the diverging scale has a middle: index 127 is zero."""
_BLUE, _ORANGE = np.deg2rad(255), np.deg2rad(50)
_LIGHT, _DARK, _CHROMA = 0.97, 0.45, 0.125


@cache
def sequential() -> npt.NDArray[np.uint8]:
    """Return the scale for values from 0 to 1: ``(255, 3)`` red, green and blue."""
    from matplotlib import colormaps

    return _to_bytes(colormaps["cividis"](np.linspace(0, 1, STEPS))[:, :3])


@cache
def diverging() -> npt.NDArray[np.uint8]:
    """Return the scale for values from -1 (blue) over 0 (near white) to 1 (orange): ``(255, 3)``."""
    position = np.linspace(-1, 1, STEPS)
    distance = np.abs(position)
    lightness = _LIGHT - (_LIGHT - _DARK) * distance
    chroma = _CHROMA * np.minimum(distance * 1.6, 1)
    hue = np.where(position < 0, _BLUE, _ORANGE)
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)  # (steps, 3)
    return _to_bytes(_oklab_to_srgb(lab))


def colormap(name: str) -> Any:
    """Return ``"sequential"`` or ``"diverging"`` as a matplotlib colormap."""
    from matplotlib.colors import ListedColormap

    table = {"sequential": sequential, "diverging": diverging}[name]()
    return ListedColormap(table / 255, name=f"ck-{name}")


def _to_bytes(rgb: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
    table: npt.NDArray[np.uint8] = np.round(np.clip(rgb, 0, 1) * 255).astype(np.uint8)
    table.setflags(write=False)  # the cache hands the same array to everybody
    return table


def _oklab_to_srgb(lab: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Return OKLab colours ``(n, 3)`` as sRGB from 0 to 1 ``(n, 3)``; the matrices are those of the paper."""
    to_lms = np.array(
        [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.707614701],
        ]
    )
    linear = np.clip((lab @ to_lms.T) ** 3 @ to_linear.T, 0, 1)
    knee = 0.0031308  # where sRGB goes from a line to a power (IEC 61966-2-1)
    rgb: npt.NDArray[np.floating[Any]] = np.where(linear <= knee, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb
