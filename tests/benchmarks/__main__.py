"""python -m tests.benchmarks [NAME ...]: every benchmark of this folder, or the named ones, with the machine above."""

import sys
from importlib import import_module
from pathlib import Path

from equilab.runs.folder import environment

names = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
chosen = sys.argv[1:] or names
if unknown := [name for name in chosen if name not in names]:
    sys.exit(f"there is no benchmark called {', '.join(unknown)}; there are {', '.join(names)}")
print("machine:", ", ".join(f"{key} {value}" for key, value in environment().items()))
for name in chosen:
    print(f"\n== {name}")
    import_module(f"tests.benchmarks.bench_{name}").main()
