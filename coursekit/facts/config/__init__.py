"""What a config says: attributes, groups, documentation, warnings, and what other values would mean."""
