"""How a fact is shown: one class for each view, its script and style beside it."""
