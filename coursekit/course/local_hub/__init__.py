"""A small Hugging Face Hub on this machine: the hub, the requests that it answers, and what it keeps."""
