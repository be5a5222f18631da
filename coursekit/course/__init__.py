"""The course around the lessons: making a notebook ready."""
