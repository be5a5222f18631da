"""What the lessons ask, and how an answer is read, judged and remembered."""
