"""Where the rows and findings of a training go: metrics.jsonl, which must not fail, and sinks that may."""

import json
import logging
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from equilab.errors import DataError
from equilab.runs.evaluations import Findings
from equilab.runs.folder import WriteError
from equilab.runs.pictures import FRAME_MILLISECONDS
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.serial import modules_of, to_tree
from equilab.runs.sinks.sink import Sink
from equilab.runs.sinks.wandb_plan import plan_training, wandb_mode

logger = logging.getLogger("equilab.training")


class JsonLines:
    """metrics.jsonl of a run folder, with its pictures and tables: the record, which must not fail.

    A row is {"step": step, key: value, ...}; a picture or table stands in it as {"picture": path} or {"table": path},
    paths within the folder. folder: of the run. position: the length of metrics.jsonl, bytes, that belongs to the
    checkpoint from which a run goes on; what a killed process wrote after it is cut off.
    Raises DataError for a file that is shorter than that, WriteError when the disk does not take something.
    """

    def __init__(self, folder: Path, position: int | None = None):
        self.folder, path = folder, folder / "metrics.jsonl"
        length = path.stat().st_size if path.exists() else 0
        if length < (position or 0):
            raise DataError(
                str(path),
                expected=f"at least {position} bytes, its length at the checkpoint",
                got=length,
                hint="rows are lost: restore the file, or train again in another folder",
            )
        self._file = open(path, "ab")  # noqa: SIM115 - close() closes it
        self._file.truncate(position or 0)
        self._file.seek(0, os.SEEK_END)  # truncating does not move the position, which sync() tells

    def log(self, step: int, findings: Findings) -> dict[str, Path]:
        """Writes one row, and the files of its tables and pictures; the paths of the pictures by key."""
        row: dict[str, Any] = {"step": step}
        row |= {key: value if math.isfinite(value) else None for key, value in findings.values.items()}
        paths: dict[str, Path] = {}
        for key, columns in findings.tables.items():
            path = self.folder / "tables" / f"{key.replace('/', '_')}_{step:09d}.json"
            content = json.dumps({"step": step, "columns": columns.header, "rows": columns.rows})
            with writing(path):
                path.parent.mkdir(exist_ok=True)
                path.write_text(content, encoding="utf-8")
            row[key] = {"table": path.relative_to(self.folder).as_posix()}
        for key, picture in findings.pictures.items():
            suffix = "gif" if isinstance(picture, list) else "png"
            path = paths[key] = self.folder / "pictures" / f"{key.split('/')[1]}_{step:09d}.{suffix}"
            with writing(path):
                path.parent.mkdir(exist_ok=True)
                save_picture(picture, path)
            row[key] = {"picture": path.relative_to(self.folder).as_posix()}
        with writing(self._file.name):
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()
        return paths

    def sync(self) -> int:
        """The length of metrics.jsonl in bytes, all of it on the disk."""
        with writing(self._file.name):
            self._file.flush()
            os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Closes the file."""
        with writing(self._file.name):
            self._file.close()


class Sinks:
    """The record of a run and the further sinks beside it; a context manager.

    record: written first. others: each is left out, with a warning, from its first failure on.
    """

    def __init__(self, record: JsonLines, others: list[Sink]):
        self.record, self._others = record, others

    def __enter__(self) -> "Sinks":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.record.close()
        finally:
            for sink in list(self._others):
                with self._lenient(sink):
                    sink.close(0 if kind is None else 1)

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


def open_sinks(run: Run, folder: Path, position: int | None, further: Sequence[Sink] = ()) -> Sinks:
    """The record of the folder, cut back to `position`, W&B where variables or settings say so, and further sinks."""
    lines, others, mode = JsonLines(folder, position), list(further), wandb_mode(run)
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


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """WriteError, naming the file, when the disk does not take something."""
    try:
        yield
    except OSError as error:
        raise WriteError(
            f"{path}: cannot be written ({error.strerror}); the checkpoints are intact. Make room and go on with the "
            "run"
        ) from error


def save_picture(picture: Image.Image | list[Image.Image], path: Path) -> None:
    """An image as a PNG, or frames as a GIF that repeats."""
    if isinstance(picture, Image.Image):
        picture.save(path)
    else:
        picture[0].save(path, save_all=True, append_images=picture[1:], duration=FRAME_MILLISECONDS, loop=0)
