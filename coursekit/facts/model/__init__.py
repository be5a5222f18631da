"""What a model is made of: its parameters, its modules, and what shapes each dimension."""
