"""ForwardPass."""
