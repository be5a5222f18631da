"""ConfigBrowser."""
