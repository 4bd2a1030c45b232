"""Doctest the pages, not the configuration nor what Sphinx writes beside them."""

collect_ignore_glob = ["conf.py", "gallery/*", "reference/generated/*"]
