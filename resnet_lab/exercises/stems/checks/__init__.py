"""The checks of chapter 3, one file an exercise."""
