"""Where the rows and findings of a training go: metrics.jsonl, which must not fail, and sinks that may."""

import io
import json
import logging
import math
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from equilab.files import append_to, make_folder, write_atomically
from equilab.runs.evaluations import Findings
from equilab.runs.folder import writing
from equilab.runs.pictures import FRAME_MILLISECONDS
from equilab.runs.record import Record
from equilab.runs.rows import hash_of_rows
from equilab.runs.run import Run
from equilab.runs.serial import modules_of, to_tree
from equilab.runs.sinks.sink import Sink
from equilab.runs.sinks.wandb_plan import plan_training, wandb_mode
from equilab.runs.writing import WriteError

logger = logging.getLogger("equilab.training")


class JsonLines:
    """metrics.jsonl of a run folder, with its pictures and tables: the record, which must not fail.

    A row is {"step": step, key: value, ...}; a picture or table stands in it as {"picture": path} or {"table": path},
    paths within the folder. folder: of the run. position: the length of metrics.jsonl, bytes, that belongs to the
    checkpoint from which a run goes on; what a killed process wrote after it is cut off.
    Raises DataError for a file that is shorter than that, WriteError when the disk does not take something.
    """

    def __init__(self, folder: Path, position: int | None = None):
        self.folder, self._path, self._length = folder, folder / "metrics.jsonl", position or 0
        self._digest = hash_of_rows(self._path, self._length)
        with writing(self._path):
            self._file = append_to(self._path)
            self._file.truncate(self._length)

    def log(self, step: int, findings: Findings) -> dict[str, Path]:
        """Writes one row, and the files of its tables and pictures; the paths of the pictures by key."""
        row: dict[str, Any] = {"step": step}
        row |= {key: value if math.isfinite(value) else None for key, value in findings.values.items()}
        paths: dict[str, Path] = {}
        for key, columns in findings.tables.items():
            path = self.folder / "tables" / f"{key.replace('/', '_')}_{step:09d}.json"
            write(path, json.dumps({"step": step, "columns": columns.header, "rows": columns.rows}).encode())
            row[key] = {"table": path.relative_to(self.folder).as_posix()}
        for key, picture in findings.pictures.items():
            suffix = "gif" if isinstance(picture, list) else "png"
            path = paths[key] = self.folder / "pictures" / f"{key.split('/')[1]}_{step:09d}.{suffix}"
            content = io.BytesIO()
            save_picture(picture, content)
            write(path, content.getvalue())
            row[key] = {"picture": path.relative_to(self.folder).as_posix()}
        line = json.dumps(row).encode() + b"\n"
        with writing(self._path, len(line)):
            self._file.write(line)
            self._file.flush()
        self._length += len(line)
        self._digest.update(line)
        return paths

    @property
    def digest(self) -> str:
        """The sha256 of metrics.jsonl as it was written."""
        return self._digest.hexdigest()

    def sync(self) -> int:
        """The length of metrics.jsonl in bytes, all of it on the disk.

        Raises WriteError when the file was removed, replaced, or written by somebody else.
        """
        with writing(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())
        written = os.fstat(self._file.fileno())
        there = self._path.is_file() and os.path.samestat(written, os.stat(self._path))
        if not there or written.st_size != self._length:
            got = "was removed or replaced" if not there else "was written"
            raise WriteError(
                f"{self._path}: {got} by somebody else while this process trained. The updates since the last "
                "checkpoint are not saved. Put the file back and go on with the run"
            )
        return self._length

    def close(self) -> None:
        """Closes the file."""
        with writing(self._path):
            self._file.close()


def write(path: Path, content: bytes) -> None:
    """The file with this content, in a folder of its own; WriteError when the disk does not take it."""
    with writing(path, len(content)):
        make_folder(path.parent)
        write_atomically(path, content)


class Sinks:
    """The record of a run and the further sinks beside it; a context manager.

    record: written first. others: each is left out, with a warning, from its first failure on.
    """

    def __init__(self, record: JsonLines, others: list[Sink]):
        self.record, self._others, self._exit_code = record, others, 0

    def stopped(self, number: signal.Signals) -> None:
        """Notes the signal that stops the training before its end, which is then not shown as finished anywhere."""
        self._exit_code = 128 + number

    def __enter__(self) -> "Sinks":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.record.close()
        except WriteError:
            if kind is None:  # else the error that came first is the one to be read
                raise
        finally:
            for sink in list(self._others):
                with self._lenient(sink):
                    sink.close(self._exit_code if kind is None else _exit_code(kind))

    def log(self, step: int, findings: Findings) -> None:
        """One row with the findings at a step, to every sink."""
        pictures = self.record.log(step, findings)
        for sink in list(self._others):
            with self._lenient(sink):
                sink.log(step, findings, pictures)

    @contextmanager
    def _lenient(self, sink: Sink) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # a sink of somebody else's must not cost a training
            logger.warning(
                "%s failed and is left out from here on (%s); metrics.jsonl goes on", type(sink).__name__, error
            )
            self._others.remove(sink)


def _exit_code(kind: type[BaseException]) -> int:
    """The exit status of a training that ends by an exception: as after Ctrl-C, or that of a failure."""
    return 128 + signal.SIGINT if issubclass(kind, KeyboardInterrupt) else 1


def open_sinks(run: Run, folder: Path, position: int | None, further: Sequence[Sink] = ()) -> Sinks:
    """The record of the folder, cut back to `position`, W&B where variables or settings say so, and further sinks."""
    mode, lines, others = wandb_mode(run), JsonLines(folder, position), list(further)
    if mode != "off":
        try:
            from equilab.runs.sinks.wandb_sink import WandbSink, is_logged_in  # a second that others do not wait for

            if mode == "online" and not is_logged_in():
                logger.warning("W&B: not logged in (wandb login), so this run is kept offline in %s", folder / "wandb")
                mode = "offline"
            record = Record.open(folder, modules=modules_of(to_tree(run)))
            others.append(sink := WandbSink(record, plan_training(record, mode)))
            if mode == "online":
                logger.info("W&B: %s", sink.url)
        except Exception as error:  # a sink of somebody else's must not cost a training
            logger.warning(
                "W&B failed and is left out (%s); metrics.jsonl goes on; later: equilab upload %s", error, folder
            )
    return Sinks(lines, others)


def save_picture(picture: Image.Image | list[Image.Image], file: BinaryIO) -> None:
    """Writes an image as a PNG, or frames as a GIF that repeats."""
    if isinstance(picture, Image.Image):
        picture.save(file, "PNG")
    else:
        picture[0].save(file, "GIF", save_all=True, append_images=picture[1:], duration=FRAME_MILLISECONDS, loop=0)
