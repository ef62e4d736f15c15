"""The exit status of a command: what went wrong as one line on stderr, never a traceback for a person's mistake."""

import logging
import sys
from collections.abc import Callable

from equilab.errors import EquilabError
from equilab.output import quiet_when_closed
from equilab.runs.loop import NonFiniteLoss
from equilab.runs.writing import WriteError

INTERRUPTED = 130  # of a shell, for a command that Ctrl-C ended


def exit_status(work: Callable[[], int], *, interrupted: str = "stopped; nothing was written") -> int:
    """The status that `work` returns, or that of its failure.

    1 for a training or a disk that failed, 2 for wrong arguments and files, 130 after Ctrl-C, 0 when the reader of the
    output has gone away. work: the command. interrupted: what Ctrl-C leaves behind, in words.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        status = 0
        with quiet_when_closed():
            status = work()
        return status
    except EquilabError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    except (WriteError, NonFiniteLoss, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return INTERRUPTED
