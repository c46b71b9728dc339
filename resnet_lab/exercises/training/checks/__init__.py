"""The checks of chapter 17, one file an exercise."""
