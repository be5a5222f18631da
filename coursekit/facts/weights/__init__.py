"""How the weights of models compare, and how they are distributed."""
