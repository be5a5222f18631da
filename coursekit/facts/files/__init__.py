"""The files of a checkpoint, read as data: where they are, their JSON, their weights, and what is wrong with them."""
