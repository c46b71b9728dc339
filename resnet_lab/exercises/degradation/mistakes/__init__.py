"""Answers to the exercises of chapter 1: right ones, and mistakes with their reasons."""
