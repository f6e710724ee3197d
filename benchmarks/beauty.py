"""The published sequence model on Amazon Beauty: leave-one-out, full ranking, beside the figures of its peers.

    python -m benchmarks.beauty --data beauty.txt.gz [--only cloze-softmax] [--checkpoints DIR]

The file has ``user item`` lines in time order. The last item of a user tests, the one before validates (it chooses the
epoch), the rest is learned from; the test reads the validation item too. A model is then trained anew with the
validation items among the rest, to the end of its schedule, and tested again; both are given. Items of a user's
history are left out of the ranking, as RecTools does. One seed, one thread unless ``--threads``. Training seconds
include validation.
"""

from __future__ import annotations

import argparse
import gzip
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from benchmarks.machine import describe
from bert4rec.sequence_config import SequenceConfig
from bert4rec.sequence_train import SequenceFit, fit_sequences, places_of
from bert4rec.sequences import LeaveOneOut, Sequences
from evaluation.bootstrap import Interval
from evaluation.full_ranking import full_places, rank
from evaluation.metrics import Places

BASE = SequenceConfig(batch_size=128, valid_users=5000, patience=2)
CAUSAL = replace(BASE, causal=True, hidden=128, widening=1, dropout=0.4, table_lr=8e-3, epochs=12)
CLOZE = replace(BASE, mask_share=0.3, mask_last=0.2, lr=2e-3, table_lr=3e-3, epochs=12)
RUNS = {
    "cloze-softmax": CLOZE,
    "cloze-softmax-fast": replace(CLOZE, table_lr=6e-3),
    "cloze-softmax-long": replace(CLOZE, epochs=40, patience=5),
    "causal-sampled": replace(CAUSAL, loss="sampled", negatives=1024),
    "causal-sampled-long": replace(CAUSAL, loss="sampled", negatives=2048, epochs=20),
    "causal-gbce": replace(CAUSAL, loss="gbce", negatives=256, popular=0.0),
}
"""What is measured: the published loss first."""

PUBLISHED = (
    ("RecTools BERT4Rec, softmax", ".0434", ".0242"),
    ("RecTools SASRec, softmax", ".0595", ".0359"),
    ("RecBole BERT4Rec", ".0158", ".0079"),
)


def read_actions(file: Path) -> Sequences:
    """Users' sequences in time order, items numbered by their ids."""
    with gzip.open(file, "rt", encoding="ascii") as lines:
        users, items = np.loadtxt(lines, dtype=np.int64).T
    known, items = np.unique(items, return_inverse=True)
    order = np.argsort(users, kind="stable")
    cuts = np.flatnonzero(np.diff(users[order])) + 1
    return Sequences.of(np.split(items[order], cuts), len(known))


def measure(name: str, data: LeaveOneOut, config: SequenceConfig, checkpoints: Path | None) -> list[str]:
    """Train one and rank the test items; then train anew on the validation items too, to the end of the schedule, and
    rank them again: two lines of the table."""
    rng = np.random.default_rng([config.seed, 3])
    fitted, spent = trained(name, data, config, checkpoints)
    best = 1 + int(np.argmin([h["valid_loss"] for h in fitted.history]))
    valid = rank(places_of(fitted.model, data.train, data.users, data.valid), 10, rng, resamples=0)
    held = f"{valid.recall.value:.4f} {valid.ndcg.value:.4f}"
    first = f"{name:28} {held}  {tested(fitted, data, rng)}  {best:3} of {len(fitted.history):3} {spent}"
    print(first, flush=True)
    nobody = data.users[:0]
    whole = replace(data, train=data.history, users=nobody, valid=nobody, test=nobody)
    refitted, spent = trained(f"{name}, again", whole, config, checkpoints)
    second = f"{name + ', validation learned':28} {'':13}  {tested(refitted, data, rng)}  {'all':10} {spent}"
    print(second, flush=True)
    return [first, second]


def trained(name: str, data: LeaveOneOut, config: SequenceConfig, checkpoints: Path | None) -> tuple[SequenceFit, str]:
    """A trained model, with the seconds that it took: of the clock and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()

    def progress(at: dict[str, float]) -> None:
        spent = f"{time.perf_counter() - wall:.0f} s, {time.process_time() - cpu:.0f} s of processor"
        told = f", valid NDCG {at['ndcg']:.4f}" if "ndcg" in at else ""
        print(f"  {name} {at['epoch']:.0f}: loss {at['loss']:.3f}{told}, {spent}", flush=True)

    folder = checkpoints / name if checkpoints else None
    fitted = fit_sequences(data, config, progress=progress, checkpoint=folder, resume=folder is not None)
    return fitted, f"{time.perf_counter() - wall:6.0f} {time.process_time() - cpu:6.0f}"


def tested(fitted: SequenceFit, data: LeaveOneOut, rng: np.random.Generator) -> str:
    """Recall and NDCG of the test items."""
    test = rank(places_of(fitted.model, data.history, data.users, data.test), 10, rng)
    return f"{shown(test.recall)}  {shown(test.ndcg)}"


def count(name: str, data: LeaveOneOut, train: Sequences) -> str:
    """What counting over ``train`` gives: items by how often they are in one sequence with those read, the latest
    counting most. Its three constants were set by hand."""
    start = time.process_time()
    shape = (len(train), train.n_items)
    there = sp.csr_matrix((np.ones(len(train.items), np.float32), train.items, train.starts), shape)
    often = sp.diags(np.maximum(1.0, train.popularity()).astype(np.float32))
    pairs = (often.power(-0.5) @ (there.T @ there) @ often.power(-0.3)).tocsr()

    def ranked(read: Sequences, targets: NDArray[np.int64]) -> Places:
        age = np.concatenate([np.arange(n)[::-1] for n in read.lengths])
        fading = sp.csr_matrix((0.7**age, read.items, read.starts), (len(read), read.n_items)).astype(np.float32)
        expected = (fading[data.users] @ pairs).tocsr()
        viewed = [read[u] for u in data.users.tolist()]
        return full_places(lambda asked: expected[asked].toarray(), targets, viewed)

    held = rank(ranked(data.train, data.valid), 10, np.random.default_rng(0), resamples=0)
    test = rank(ranked(data.history, data.test), 10, np.random.default_rng(0))
    seen = "" if train is data.history else f"{held.recall.value:.4f} {held.ndcg.value:.4f}"
    figures = f"{seen:13}  {shown(test.recall)}  {shown(test.ndcg)}"
    return f"{name:28} {figures}  {'-':10} {time.process_time() - start:13.0f}"


def shown(value: Interval) -> str:
    return f"{value.value:.4f} ({value.low:.4f} to {value.high:.4f})"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True, help="beauty.txt.gz")
    options.add_argument("--only", nargs="*", choices=sorted(RUNS), default=list(RUNS), help="none: counting alone")
    options.add_argument("--checkpoints", type=Path, help="folder; an interrupted run goes on from it")
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    data = LeaveOneOut.split(read_actions(given.data))
    print(f"{describe()}, {given.threads} threads")
    print(f"{len(data.users)} users, {data.train.n_items} items, {len(data.train.items)} training actions")
    rows = [count("counted pairs", data, data.train)]
    rows.append(count("counted pairs, again", data, data.history))
    for name in given.only:
        rows += measure(name, data, RUNS[name], given.checkpoints)
    print(
        f"\n{'loss':28} validation     test recall@10             test NDCG@10               best epoch   wall s  cpu s"
    )
    print("\n".join(rows))
    for name, found, gain in PUBLISHED:
        print(f"published: {name:30} recall@10 {found}, NDCG@10 {gain}")


if __name__ == "__main__":
    main()
