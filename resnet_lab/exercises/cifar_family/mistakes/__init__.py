"""Answers to the exercises of chapter 14: right ones, and mistakes with their reasons."""
