"""What a model returned: its fields, its tokens, and the numbers behind every picture of them."""
