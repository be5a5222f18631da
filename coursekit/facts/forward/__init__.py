"""One real forward pass: recorded, read as steps, computed again in NumPy and compared."""
