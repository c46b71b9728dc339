"""Answers to the exercises of chapter 16: right ones, and mistakes with their reasons."""
