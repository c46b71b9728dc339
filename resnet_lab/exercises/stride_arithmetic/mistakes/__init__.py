"""Answers to the exercises of chapter 4: right ones, and mistakes with their reasons."""
