"""python -m training.upload ...: the same as `equilab upload ...`."""

import sys

from equilab.runs.commands.upload import main

if __name__ == "__main__":
    sys.exit(main())
