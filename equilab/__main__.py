"""The command `equilab`, also `python -m equilab`: one word that says what to do, then its options."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

from equilab.output import quiet_when_closed

COMMANDS = {
    "train": "train a recipe, or go on with a run",
    "evaluate": "score a run, or codes of any framework",
    "compare": "compare finished runs over seeds, method by method",
    "study": "plan, run, and collect many runs as one",
    "show": "show the tables of one run, or of several side by side",
    "export": "write a model's weights, its ONNX networks and a model card",
    "upload": "send runs to a W&B server, or what it lacks of them",
    "keys": "list the keys that objectives and evaluations log",
    "demo": "train a FactorVAE on dSprites in minutes, and show it",
}
"""What there is, each a module of equilab.runs.commands with a function `main(arguments) -> exit status`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the command that the first word names; 2 for a word that names none."""
    status = 0
    with quiet_when_closed():
        status = _main(list(sys.argv[1:] if arguments is None else arguments))
    return status


def _main(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(usage())
        return 0 if words else 2
    if words[0] == "--version":
        from equilab import __version__

        print(__version__)
        return 0
    if words[0] not in COMMANDS:
        near = get_close_matches(words[0], COMMANDS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        print(f"equilab: there is no command {words[0]!r}.{hint}\n\n{usage()}", file=sys.stderr)
        return 2
    try:
        return import_module(f"equilab.runs.commands.{words[0]}").main(words[1:])
    except KeyboardInterrupt:  # before the command's own handling, such as while torch is imported
        print("stopped; nothing was written", file=sys.stderr)
        return 130


def usage() -> str:
    """The commands, one per line."""
    lines = (f"  {name:<9} {meaning}" for name, meaning in COMMANDS.items())
    return "\n".join(["equilab COMMAND [options]; `equilab COMMAND --help` lists the options.", "", *lines])


if __name__ == "__main__":
    sys.exit(main())
