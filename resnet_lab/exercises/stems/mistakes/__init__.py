"""Answers to the exercises of chapter 3: right ones, and mistakes with their reasons."""
