"""The command line: equilab train RECIPE [--field.sub value ...], or --resume RUN."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import tyro

from equilab.data import Dataset
from equilab.errors import SettingError
from equilab.models import Model
from equilab.output import quiet_when_closed
from equilab.runs.checkpoint import describe_newest
from equilab.runs.command_lines import equilab, resume_command
from equilab.runs.commands.exit_status import exit_status
from equilab.runs.commands.show import in_words
from equilab.runs.commands.show_tables import one_run
from equilab.runs.compute import prepare
from equilab.runs.folder import environment, free_name, longer_run, read_run, refuse_taken
from equilab.runs.loop import NonFiniteLoss, train
from equilab.runs.near_options import check_options
from equilab.runs.options import registry
from equilab.runs.parts import exchange, with_defaults
from equilab.runs.recipes import find_recipe, method_names, recipe_file, recipe_names
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.seeds import seeded
from equilab.runs.serial import known_classes, modules_of, to_tree
from equilab.runs.stop import StoppedAtOnce
from equilab.runs.writing import WriteError

USAGE = "equilab train RECIPE [--PART NAME] [--field.sub value ...]   or   equilab train --resume RUN"
HELP = """{usage}

Recipes: {recipes}; without one, the values below are those of {first}. Methods, each the recipe dsprites with another
objective: {methods}. Or a .py file that defines `run`, a run.json, or a run folder, whose run is then repeated.
Parts are exchanged by name: --data {data}; --model {model}; --objective, --optimizer, --objective.sampler and
--evaluations likewise, a wrong name lists those there are."""
SAME_RESULT = (
    "equilab",
    "python",
    "torch",
    "numpy",
    "scikit-learn",
    "processor",
    "threads",
    "gpu",
)  # bit-identity needs these to agree


@dataclass(frozen=True)
class Start:
    """Options of a new run: the fields of the recipe, and where the run is kept."""

    run: Annotated[Run, tyro.conf.arg(name="")]
    folder: Path | None = None  # run folder, of several seeds the folder of their runs; None: runs/DATE_RECIPE_sSEED
    seeds: tuple[int, ...] = ()  # one training for each, into FOLDER/s0, FOLDER/s1 ...; none: that of --seed
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


@dataclass(frozen=True)
class Resume:
    """Options of a run that goes on; its settings come from its run.json."""

    resume: Path  # run folder
    steps: int | None = None  # updates of the model in all, to train longer; None: as in its run.json
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses its run.json may name; they are imported


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 finished, 1 failed, 2 wrong arguments, 128 + n stopped by signal n and resumable."""
    words = list(sys.argv[1:] if arguments is None else arguments)

    def work() -> int:
        if any(word.split("=")[0] == "--resume" for word in words):
            check_resume(words)
            return _resume(tyro.cli(Resume, args=words, prog="equilab train --resume RUN"))
        return _start(words)

    return exit_status(work, interrupted="stopped before a training began; no run was changed")


def _start(words: list[str]) -> int:
    """Parse the options over the recipe's own values, make the folder, train."""
    asks_help = not words or words[0] in ("-h", "--help")
    if not asks_help and words[0].startswith("-"):
        near = get_close_matches(words[0].split("=")[0], ["--resume", "--help"], n=1)
        hint = f"did you mean {near[0]}?" if near else USAGE
        raise SettingError("RECIPE", expected="a recipe first", got=f"the option {words[0]}", hint=hint)
    modules = _words_after("--modules", words)
    recipe, run = find_recipe(recipe_names()[0] if asks_help else words[0], modules)
    known_classes(modules)  # imports them, so that their classes are parts by name, too
    run, left = exchange(run, words[1:])
    check_options(left, run, further=("folder", "modules", "seeds"))
    check_seeds(left)
    options = tyro.cli(
        Start,
        default=Start(run),
        args=["--help"] if asks_help else left,
        prog=f"equilab train {'RECIPE' if asks_help else words[0]}",
        registry=registry(),
        description=HELP.format(
            usage=USAGE,
            first=recipe_names()[0],
            recipes=", ".join(recipe_names()),
            methods=", ".join(method_names()),
            data=", ".join(with_defaults(Dataset)),
            model=", ".join(with_defaults(Model)),
        ),
    )
    if "" in left:
        raise SettingError("options", expected="a value", got="an empty word", hint="a variable that is not set?")
    if options.seeds:
        return _train_seeds(options, recipe, words)
    folder = options.folder or free_name(Path("runs"), recipe, options.run.seed)
    refuse_taken(folder)
    return _train(options.run, folder, recipe_file(words[0]))


def check_seeds(words: list[str]) -> None:
    """Raises SettingError for --seeds without a number, and for --seed beside it."""
    given = [word.split("=")[0] for word in words]
    if "--seeds" in given and not _words_after("--seeds", words):
        raise SettingError("--seeds", expected="one or more different seeds", got="none", hint="--seeds 0 1 2")
    if joined := [word for word in _words_after("--seeds", words) if "," in word]:
        hint = f"--seeds {joined[0].replace(',', ' ')}"
        raise SettingError("--seeds", expected="numbers with blanks between them", got=joined[0], hint=hint)
    if "--seeds" in given and "--seed" in given:
        raise SettingError("--seed", expected="--seed or --seeds", got="both", hint="leave --seed out")


def check_resume(words: list[str]) -> None:
    """Raises SettingError for options that a resume does not take: its settings come from its run.json."""
    if not words[0].startswith("-"):
        raise SettingError("--resume", expected="no recipe beside it", got=words[0], hint=USAGE)
    for word in words:
        name = word.split("=")[0]
        if name.startswith("--") and name not in ("--resume", "--steps", "--modules", "--help"):
            raise SettingError(
                name,
                expected="--steps or --modules beside --resume",
                got=name,
                hint="a run keeps its settings; repeat it with others by `equilab train RUN/run.json --folder NEW ...`",
            )


def _train_seeds(options: Start, recipe: str, words: Sequence[str]) -> int:
    """One training for each seed, which goes on where it was stopped; the status of the first that failed."""
    parent = options.folder or Path("runs") / f"{date.today().isoformat()}_{recipe}"
    again = [*words, *([] if options.folder else ["--folder", str(parent)])]  # tomorrow's folder has another date
    statuses: dict[Path, int] = {}
    for folder, run in seeded(options.run, options.seeds, parent).items():
        statuses[folder] = _train(run, folder, recipe_file(words[0]), f"{equilab()} train {shlex.join(again)}")
        if statuses[folder] > 128:  # stopped by a signal
            return statuses[folder]
    finished = [str(folder) for folder, status in statuses.items() if not status]
    if len(finished) > 1:
        print(f"compare them:  {equilab()} compare {shlex.join(finished)}", file=sys.stderr)
    return next((status for status in statuses.values() if status), 0)


def _resume(options: Resume) -> int:
    """Go on with the run in a folder; warn where the machine differs from the one that started it."""
    folder = options.resume.parent if options.resume.name == "run.json" else options.resume
    saved = read_run(folder, options.modules)
    if options.steps is not None:
        saved = replace(saved, run=longer_run(saved.run, options.steps))
    prepare(saved.run.compute)
    now = environment()
    for key in SAME_RESULT:
        if saved.environment.get(key) != now[key]:
            print(
                f"warning: {key} was {saved.environment.get(key)} and is {now[key]}: the result may differ in the last "
                "bits from a run that was never stopped",
                file=sys.stderr,
            )
    return _train(saved.run, folder)


def _train(run: Run, folder: Path, recipe: Path | None = None, again: str = "") -> int:
    """Train, then print the tables of the run, or the command that goes on.

    run: its settings. folder: of the run. recipe: file of one's own that it comes from. again: the command that goes on
    with it, and with others; "": the one that resumes this run.
    """
    print(f"run folder: {folder}", file=sys.stderr)
    try:
        outcome = train(run, folder, recipe=recipe)
    except StoppedAtOnce:
        newest = describe_newest(folder / "checkpoints")
        print(
            f"stopped at once, by a second Ctrl-C; the updates since the newest checkpoint ({newest}) are lost. Go on "
            f"with:\n  {again or resume_command(folder, run)}",
            file=sys.stderr,
        )
        return 130
    except KeyboardInterrupt:
        print(f"stopped before an update was made; {folder} is as it was", file=sys.stderr)
        return 130
    except WriteError as error:
        more = f":\n  {again or resume_command(folder, run)}" if (folder / "run.json").exists() else ""
        print(f"{type(error).__name__}: {error}{more}", file=sys.stderr)
        return 1
    except NonFiniteLoss as error:
        newest = describe_newest(folder / "checkpoints")
        print(f"{type(error).__name__}: {error}; last good checkpoint: {newest}", file=sys.stderr)
        return 1
    if outcome.signal is not None:
        print(
            f"stopped by {outcome.signal.name} at step {outcome.step} of {run.steps}; everything is saved. Go on with:"
        )
        print(f"  {again or resume_command(folder, run)}")
        return 128 + outcome.signal
    try:
        with quiet_when_closed():  # further seeds are trained though nobody reads the tables
            record = Record.open(folder, modules=modules_of(to_tree(run)))
            print(in_words(one_run(record, latents=False)))
            if record.pictures:
                print(f"\npictures: {folder / 'pictures'}")
    except KeyboardInterrupt:
        print(f"the run is finished; its tables:\n  {equilab()} show {shlex.quote(str(folder))}", file=sys.stderr)
        return 130
    return 0


def _words_after(option: str, words: list[str]) -> list[str]:
    """The words between `option` and the next option, or the one behind its equals sign."""
    if joined := [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]:
        return joined
    if option not in words:
        return []
    after = words[words.index(option) + 1 :]
    end = next((index for index, word in enumerate(after) if word.startswith("-")), len(after))
    return after[:end]
