"""AutoModelTrace."""
