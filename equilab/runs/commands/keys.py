"""equilab keys: the keys that every objective and evaluation logs, as the Markdown table of docs/logging.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import tyro

from equilab.runs.commands.exit_status import exit_status
from equilab.runs.keys import keys_table


@dataclass(frozen=True)
class Options:
    """None."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status. The command has no options."""
    tyro.cli(Options, args=arguments, prog="equilab keys", description=__doc__)

    def work() -> int:
        print(keys_table().to_markdown())
        return 0

    return exit_status(work)
