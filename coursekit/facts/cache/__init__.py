"""What the Hugging Face cache holds."""
