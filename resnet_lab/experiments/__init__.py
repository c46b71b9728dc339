"""Many runs: the catalogue of experiments, what carries them out, and the command line."""
