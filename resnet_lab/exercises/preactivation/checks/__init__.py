"""The checks of chapter 13, one file an exercise."""
