"""PyTorch: what facts ask of it, one subject a file; :mod:`coursekit.frameworks.tensorflow` has the same files."""

from coursekit.frameworks.pytorch.framework import PyTorch

__all__ = ["PyTorch"]
