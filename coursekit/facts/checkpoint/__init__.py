"""What the files of one checkpoint say, and whether they go together."""
