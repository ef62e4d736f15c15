"""python -m training.show ...: the same as `equilab show ...`."""

import sys

from equilab.runs.commands.show import main

if __name__ == "__main__":
    sys.exit(main())
