"""python -m training.demo ...: the same as `equilab demo ...`."""

import sys

from equilab.runs.commands.demo import main

if __name__ == "__main__":
    sys.exit(main())
