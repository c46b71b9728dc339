"""The checks of chapter 4, one file an exercise."""
