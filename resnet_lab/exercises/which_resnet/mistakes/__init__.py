"""Answers to the exercises of chapter 15: right ones, and mistakes with their reasons."""
