"""Where closes come from."""
