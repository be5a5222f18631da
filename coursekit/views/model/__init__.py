"""ModelMap."""
