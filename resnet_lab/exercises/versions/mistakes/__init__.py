"""Answers to the exercises of chapter 12: right ones, and mistakes with their reasons."""
