"""Peak resident memory of training FactorVAE on dSprites, in a process of its own (target: at most 1.5 GiB)."""

import subprocess
import sys
import tempfile

PROGRAM = """
import resource, sys
from equilab.runs.commands.train import main
main(["factor_vae", "--steps", "100", "--folder", sys.argv[1], "--log.checkpoint-every", "50"])
print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", PROGRAM, f"{folder}/run"]
        shown = subprocess.run(command, check=True, capture_output=True, text=True)
    peak = float(shown.stdout.split("PEAK")[1])
    print(f"100 updates, checkpoints, evaluation of every image, pictures: {peak:.2f} GiB at the peak (target <= 1.5)")


if __name__ == "__main__":
    main()
