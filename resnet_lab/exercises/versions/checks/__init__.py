"""The checks of chapter 12, one file an exercise."""
