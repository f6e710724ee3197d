"""Training speed beside RecTools: the same model size, sequences, batch and number of epochs, in one run.

    python -m benchmarks.sequence_speed --data beauty.txt.gz --peer /path/to/rectools/bin/python

``--peer`` is the interpreter of an environment with rectools and its torch extras; both train on the same file, one
after the other, one thread each. Seconds are of training alone, without reading, validating or importing; the
processor's seconds count where other work shares the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

MEASURED = {"threads": 1, "hidden": 64, "layers": 2, "heads": 2, "positions": 50, "batch_size": 128, "mask_share": 0.2}


def ours(size: dict[str, Any], actions: Path, epochs: int) -> dict[str, float | str]:
    """Seconds of ours for the Cloze task with the full softmax."""
    import torch

    from bert4rec import sequence_train
    from bert4rec.sequence_config import SequenceConfig
    from bert4rec.sequences import LeaveOneOut, Sequences

    torch.set_num_threads(int(size["threads"]))
    users, items = np.load(actions)
    sequences = Sequences.of(np.split(items, np.flatnonzero(np.diff(users)) + 1), int(items.max()) + 1)
    shape = {k: v for k, v in size.items() if k != "threads"}
    config = replace(SequenceConfig.from_dict(shape), mask_last=0.0, epochs=epochs, patience=epochs, dropout=0.2)
    nobody = np.zeros(0, np.int64)
    wall, cpu = time.perf_counter(), time.process_time()
    sequence_train.fit_sequences(LeaveOneOut(sequences, sequences, nobody, nobody, nobody), config)
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "versions": f"torch {torch.__version__}",
    }


PEER = """
import json, sys, time, warnings, logging
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, torch, rectools
from rectools.dataset import Dataset
from rectools.models import BERT4RecModel
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
size, actions, epochs = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
torch.set_num_threads(size["threads"])
users, items = np.load(actions)
when = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(users)), unit="s")
frame = pd.DataFrame({"user_id": users, "item_id": items, "weight": 1.0, "datetime": when})
dataset = Dataset.construct(frame)
model = BERT4RecModel(
    n_factors=size["hidden"], n_blocks=size["layers"], n_heads=size["heads"], session_max_len=size["positions"],
    batch_size=size["batch_size"], mask_prob=size["mask_share"], epochs=epochs, dropout_rate=0.2, loss="softmax",
    dataloader_num_workers=0, verbose=0,
)
wall, cpu = time.perf_counter(), time.process_time()
model.fit(dataset)
versions = f"rectools {rectools.__version__}, torch {torch.__version__}"
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "versions": versions}))
"""


def child(python: str, arguments: list[str], threads: int) -> dict[str, float | str]:
    """Run one side in a process of its own; its last line is what it measured."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([python, *arguments], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{python} failed:\n{done.stderr[-3000:]}")
    found: dict[str, float | str] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, help="beauty.txt.gz")
    options.add_argument("--peer", help="python of an environment with rectools[torch]; ours alone without")
    options.add_argument("--epochs", type=int, default=1)
    options.add_argument("--users", type=int, default=0, help="only the first so many users; 0 for all")
    options.add_argument("--hidden", type=int, default=MEASURED["hidden"])
    options.add_argument("--precision", default="bfloat16", choices=("bfloat16", "float32"), help="of our softmax")
    options.add_argument("--child", nargs=3, metavar=("SIZE", "ACTIONS", "EPOCHS"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        print(json.dumps(ours(json.loads(given.child[0]), Path(given.child[1]), int(given.child[2]))))
        return
    from benchmarks.beauty import read_actions
    from benchmarks.machine import describe
    from bert4rec.sequences import LeaveOneOut

    train = LeaveOneOut.split(read_actions(given.data)).train
    keep = train.starts[given.users or len(train)]
    size = MEASURED | {"hidden": given.hidden, "precision": given.precision}
    print(f"{describe()}\n{size}, {given.epochs} epochs, {keep} actions of {given.users or len(train)} users")
    with tempfile.TemporaryDirectory() as folder:
        actions = Path(folder) / "actions.npy"
        users = np.repeat(np.arange(len(train)), train.lengths)
        known, items = np.unique(train.items[:keep], return_inverse=True)
        np.save(actions, np.stack([users[:keep], items]))
        print(f"{len(known)} items")
        arguments = [json.dumps(size), str(actions), str(given.epochs)]
        mine = child(sys.executable, ["-m", "benchmarks.sequence_speed", "--child", *arguments], size["threads"])
        print(f"ours      {mine}", flush=True)
        if given.peer is None:
            return
        theirs = child(given.peer, ["-c", PEER, *arguments], size["threads"])
        print(f"RecTools  {theirs}")
    print(f"ratio     processor {theirs['cpu'] / mine['cpu']:.1f}, wall {theirs['wall'] / mine['wall']:.1f}")


if __name__ == "__main__":
    main()
