"""python -m training.export ...: the same as `equilab export ...`."""

import sys

from equilab.runs.commands.export import main

if __name__ == "__main__":
    sys.exit(main())
