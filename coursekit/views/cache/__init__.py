"""CacheBrowser."""
