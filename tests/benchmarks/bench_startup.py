"""The start of `make demo` up to its first update, and the share of it that the trial takes (target: at most 5 %).

Five processes of one thread each; processor time, imports and W&B's start included. dSprites' cache is built before.
"""

import subprocess
import sys
from statistics import median

from equilab.data import DSprites

ROUNDS = 5
PROGRAM = """
import os, sys, tempfile, time
import equilab.runs.loop as loop
from equilab.runs.commands.train import main

tried, spent = loop.try_run, []


def timed(*arguments):
    start = time.process_time()
    tried(*arguments)
    spent.append(time.process_time() - start)


def first(*_):
    print("PARTS", time.process_time(), spent[0], flush=True)
    os._exit(0)


loop.try_run, loop.update = timed, first
main(["demo", "--folder", tempfile.mkdtemp() + "/run", "--compute.threads", "1"])
"""


def main() -> None:
    _ = DSprites().table
    found = []
    for _ in range(ROUNDS):
        shown = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout
        whole, trial = map(float, shown.split("PARTS")[1].split()[:2])
        found.append((whole, trial, trial / (whole - trial)))
    whole, trial, share = (median(column) for column in zip(*found, strict=True))
    print(f"to the first update: {whole:.2f} s, of which the trial {trial:.2f} s: {share:.1%} of the rest (target 5 %)")


if __name__ == "__main__":
    main()
