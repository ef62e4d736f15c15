"""python -m training.study ...: the same as `equilab study ...`."""

import sys

from equilab.runs.commands.study import main

if __name__ == "__main__":
    sys.exit(main())
