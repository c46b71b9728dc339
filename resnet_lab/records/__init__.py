"""Package data that chapters show: figures of papers (run records of our own come later)."""

from resnet_lab.records.papers import Column, PaperTable, paper

__all__ = ["Column", "PaperTable", "paper"]
