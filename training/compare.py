"""python -m training.compare ...: the same as `equilab compare ...`."""

import sys

from equilab.runs.commands.compare import main

if __name__ == "__main__":
    sys.exit(main())
