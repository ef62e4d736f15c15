"""Whole-process time of `import equilab` over that of `import torch` (target: at most 1.15)."""

import subprocess
import sys

from tests.benchmarks.side_by_side import compare


def process(statement: str):
    return lambda: subprocess.run([sys.executable, "-c", statement], check=True)


def main() -> None:
    for statement in ("import equilab", "import equilab.data, equilab.models, equilab.objectives, equilab.metrics"):
        result = compare(process(statement), process("import torch"), rounds=7)
        print(
            f"{statement:75s} {result.first:6.2f} s   import torch {result.second:6.2f} s   "
            f"ratio {result.ratio:.2f} ({result.least:.2f} to {result.largest:.2f})"
        )


if __name__ == "__main__":
    main()
