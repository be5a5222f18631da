"""OutputExplorer."""
