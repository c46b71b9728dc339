// The colors of the book's figures: those of resnet_lab/figures/style.py. A test holds them equal.
// Each has at least 3:1 contrast on white and on #121212, so one picture serves both themes.
export const BLUE = "#4f8ff0"; // what is read
export const ORANGE = "#d9661f"; // what is marked, or lost
export const GREEN = "#118a68";
export const PURPLE = "#a83279";
export const GREY = "#8f959c";

/** For one line after another. */
export const SERIES = [BLUE, ORANGE, GREEN, PURPLE, GREY];
