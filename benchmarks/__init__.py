"""Speed as ratios against named references, interleaved in one run."""
