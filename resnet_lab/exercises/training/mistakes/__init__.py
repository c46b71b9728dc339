"""Answers to the exercises of chapter 17: right ones, and mistakes with their reasons."""
