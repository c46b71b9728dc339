"""The checks of chapter 15, one file an exercise."""
