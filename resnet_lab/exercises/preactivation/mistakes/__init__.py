"""Answers to the exercises of chapter 13: right ones, and mistakes with their reasons."""
