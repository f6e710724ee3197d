"""Sequences: what is held out, what is asked, and that batches lose and add nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bert4rec.config import ConfigError
from bert4rec.sequence_config import SequenceConfig
from bert4rec.sequences import LeaveOneOut, SequenceBatch, SequenceBatches, Sequences, questions

THREE = Sequences.of([[1, 2, 3, 4], [5, 6], [7, 8, 9]], 10)
CLOZE = SequenceConfig(positions=8, batch_size=4)
CAUSAL = replace(CLOZE, causal=True)


def rows_of(batch: SequenceBatch) -> list[list[int | None]]:
    """Rows without padding, None for what is hidden."""
    rows = zip(batch.tokens.tolist(), batch.present.tolist(), batch.masked.tolist(), strict=True)
    return [[None if m else t for t, p, m in zip(*row, strict=True) if p] for row in rows]


def random_sequences(n: int = 50) -> Sequences:
    rng = np.random.default_rng(0)
    return Sequences.of([rng.integers(30, size=size) for size in rng.integers(1, 12, n)], 30)


def test_leave_one_out_by_hand() -> None:
    data = LeaveOneOut.split(THREE)
    assert [data.train[u].tolist() for u in range(3)] == [[1, 2], [7], [5, 6]]  # the user of two items comes last
    assert [data.history[u].tolist() for u in range(2)] == [[1, 2, 3], [7, 8]]
    assert (data.users.tolist(), data.valid.tolist(), data.test.tolist()) == ([0, 1], [3, 8], [4, 9])


def test_questions_end_with_what_is_asked() -> None:
    users = np.array([0, 1])
    hidden = questions(THREE, users, CLOZE)
    assert rows_of(hidden) == [[1, 2, 3, 4, None], [5, 6, None]]
    assert hidden.columns.tolist() == [4, 2]
    following = questions(THREE, users, CAUSAL)
    assert rows_of(following) == [[1, 2, 3, 4], [5, 6]]
    assert following.columns.tolist() == [3, 1]


def test_questions_read_the_end_of_a_long_sequence() -> None:
    assert rows_of(questions(THREE, np.array([0]), replace(CLOZE, positions=3))) == [[3, 4, None]]
    assert rows_of(questions(THREE, np.array([0]), replace(CAUSAL, positions=3))) == [[2, 3, 4]]


def test_causal_training_asks_every_next_item_once() -> None:
    train = random_sequences()
    asked = []
    for batch in SequenceBatches(train, replace(CAUSAL, positions=20)).epoch(np.random.default_rng(1)):
        before = batch.tokens[batch.rows, batch.columns]
        asked += list(zip(before.tolist(), batch.targets.tolist(), strict=True))
    wanted = [(int(a), int(b)) for u in range(len(train)) for a, b in zip(train[u], train[u][1:], strict=False)]
    assert sorted(asked) == sorted(wanted)


def test_cloze_hides_what_it_asks_and_shows_the_rest() -> None:
    train, seen = random_sequences(), []
    for batch in SequenceBatches(train, replace(CLOZE, positions=20)).epoch(np.random.default_rng(1)):
        assert batch.masked.any(1).all()
        assert batch.masked[batch.rows, batch.columns].all() and int(batch.masked.sum()) == len(batch.targets)
        assert batch.tokens[batch.rows, batch.columns].tolist() == batch.targets.tolist()
        whole = [t[p].tolist() for t, p in zip(batch.tokens, batch.present, strict=True)]
        seen += whole
    assert sorted(seen) == sorted(train[u].tolist() for u in range(len(train)) if len(train[u]) > 1)


def test_the_last_item_alone_is_hidden_where_asked() -> None:
    batches = SequenceBatches(random_sequences(), replace(CLOZE, positions=20, mask_last=1.0))
    for batch in batches.epoch(np.random.default_rng(1)):
        assert batch.columns.tolist() == (batch.present.sum(1) - 1).tolist()


def test_batches_hold_like_lengths_and_as_many_tokens() -> None:
    train = random_sequences(400)
    batches = list(SequenceBatches(train, replace(CLOZE, positions=20, batch_size=32)).epoch(np.random.default_rng(1)))
    present = sum(int(b.present.sum()) for b in batches)
    assert present / sum(b.present.numel() for b in batches) > 0.9
    sizes = [int(b.present.sum()) for b in batches]
    assert max(sizes) < 1.3 * np.mean(sizes)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 2"):
        Sequences.of([[3]], 3)
    with pytest.raises(ValueError, match="no training sequence"):
        SequenceBatches(Sequences.of([[1], [2]], 3), CLOZE)
    for wrong in ({"hidden": 5}, {"loss": "hinge"}, {"mask_share": 1.0}, {"lr": 0.0}, {"nonsense": 1}):
        with pytest.raises(ConfigError, match=r"sequence\."):
            SequenceConfig.from_dict(wrong)
