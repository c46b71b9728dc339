"""What a claim can be compared with."""

from fractions import Fraction

Value = int | Fraction | tuple[int | Fraction, ...]
"""Exact: an integer, a fraction, or several of them."""
