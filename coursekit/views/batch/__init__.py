"""TensorBuilder."""
