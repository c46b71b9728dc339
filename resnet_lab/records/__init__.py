"""Package data that chapters show: figures of papers, and records of our own training runs."""

from resnet_lab.records.checkpoints import trained
from resnet_lab.records.papers import Column, PaperTable, paper
from resnet_lab.records.run_records import Runs, Summary, runs

__all__ = ["Column", "PaperTable", "Runs", "Summary", "paper", "runs", "trained"]
