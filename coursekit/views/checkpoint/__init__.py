"""CheckpointInspector."""
