"""What is true of a config, a model, a file, a batch, an output: plain functions and frozen dataclasses."""
