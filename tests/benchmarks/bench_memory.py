"""Peak resident memory of training FactorVAE on dSprites, in a process of its own (target: at most 1.5 GiB)."""

import resource
import subprocess
import sys
import tempfile

PROGRAM = """
import sys
from training.train import main
sys.exit(main(["factor_vae_dsprites", "--steps", "300", "--folder", sys.argv[1], "--log.checkpoint-every", "100"]))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", PROGRAM, f"{folder}/run"], check=True, capture_output=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"300 updates, checkpoints, evaluation and pictures: {peak:.2f} GiB at the peak (target <= 1.5)")


if __name__ == "__main__":
    main()
