"""Tools that keep the chapters in one form. Run from the root: ``python -m book.kit.NAME``."""
