"""python -m training.evaluate ...: the same as `equilab evaluate ...`."""

import sys

from equilab.runs.commands.evaluate import main

if __name__ == "__main__":
    sys.exit(main())
