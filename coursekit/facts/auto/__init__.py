"""How an auto class gets from a name to a model, step by step."""
