"""Entry point of ``python -m resnet_lab``."""

import sys

from resnet_lab.experiments.cli import main

if __name__ == "__main__":
    sys.exit(main())
