"""Where closes come from, and what is wrong with them."""
