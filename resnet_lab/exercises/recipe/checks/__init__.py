"""The checks of chapter 16, one file an exercise."""
