"""The way of the data through a model, from one forward pass to the picture of it."""
