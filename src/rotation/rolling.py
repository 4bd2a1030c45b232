"""Statistics over the newest rows, by algorithms that forget."""
