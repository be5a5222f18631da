"""TensorFlow: what facts ask of it, one subject a file; :mod:`coursekit.frameworks.pytorch` has the same files."""

from coursekit.frameworks.tensorflow.framework import TensorFlow

__all__ = ["TensorFlow"]
