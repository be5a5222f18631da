"""Arrays as small PNG pictures for static faces: one square of pixels for each number, in the scales of all views."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.views.page.colours import STEPS, diverging, sequential
from coursekit.views.page.view import text

if TYPE_CHECKING:
    import numpy.typing as npt

NOT_FINITE = (214, 0, 110)
"""The colour of NaN and of the infinities; it stands in neither scale. Its index is 255."""
FRAME = 254
"""The index of white, for lines between parts of a picture; it takes the place of the last colour of a scale."""


def colour_indices(values: npt.NDArray[Any], limit: float, *, signed: bool) -> npt.NDArray[np.uint8]:
    """Return the palette index of each value, of the same shape; 255 where a value is not finite.

    Parameters
    ----------
    limit
        The value at the end of the scale.
    signed
        Whether the scale goes from ``-limit`` to ``limit`` (diverging), or from 0 by square root (sequential).
    """
    finite = np.isfinite(values)
    share = np.clip(np.where(finite, values, 0) / (limit or 1), -1 if signed else 0, 1)
    middle = STEPS // 2
    index = middle + middle * share if signed else (STEPS - 1) * np.sqrt(share)
    # Halves go up, as in the scripts: the same value has the same colour in every face.
    return np.where(finite, np.minimum(np.floor(index + 0.5), FRAME - 1), 255).astype(np.uint8)


def image(indices: npt.NDArray[np.uint8], *, signed: bool, description: str, cell: tuple[int, int] = (1, 1)) -> str:
    """Return an ``<img>`` of palette indices ``(rows, columns)``.

    Parameters
    ----------
    description
        What the picture shows, for those who do not see it.
    cell
        Width and height of a number, in pixels; given in the picture itself, as styles may be stripped.
    """
    from PIL import Image

    palette = np.vstack([diverging() if signed else sequential(), NOT_FINITE]).astype(np.uint8)
    palette[FRAME] = 255
    wide = np.repeat(np.repeat(indices, cell[1], axis=0), cell[0], axis=1)
    picture = Image.fromarray(wide)
    picture.putpalette(palette.tobytes())
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=4)  # rows repeat: more effort finds nothing more
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{data}" width="{wide.shape[1]}" height="{wide.shape[0]}" '
        f'alt="{text(description)}">'
    )
