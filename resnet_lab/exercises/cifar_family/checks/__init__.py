"""The checks of chapter 14, one file an exercise."""
