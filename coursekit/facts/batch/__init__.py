"""From sequences to a tensor: rows of ids, their positions, and whether a model could take them."""
