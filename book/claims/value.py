"""What a claim can be compared with."""

from fractions import Fraction

Value = int | Fraction | tuple[int, ...]
"""Exact: an integer, a fraction, or several integers."""
