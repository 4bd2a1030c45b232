"""A Result as a page: figures for the eye, tables for the doubt."""
