"""What keeps torch itself from saving, where it is not torch's fault."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import transformers

needs_torchvision = pytest.mark.skipif(
    transformers.__version__ >= "5" and find_spec("torchvision") is None,
    reason="pickle looks for a function in every module, and transformers 5 then imports torchvision",
)
"""For tests in which torch saves quantized tensors."""
