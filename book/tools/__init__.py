"""Tools that build and show the book. Run from the root: ``python -m book.tools.NAME``."""
