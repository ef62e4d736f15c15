"""python -m training.train ...: the same as `equilab train ...`."""

import sys

from equilab.runs.commands.train import main

if __name__ == "__main__":
    sys.exit(main())
