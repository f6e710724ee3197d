"""Whole jobs over a workspace: what commands call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

import graphsage
from bert4rec.config import Bert4RecConfig
from bert4rec.workers import Workers
from data.types import Problem
from recsys.bootstrap import open_encoders, open_indexes, open_store
from recsys.errors import IndexUnavailableError
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.corpus import Corpus, read_corpus
from recsys.pipeline.embedding import Rows, embed_all, item_vectors, lacking, photo_vectors
from recsys.pipeline.release import store_release, use_release
from recsys.pipeline.training import Tell, TrainingInputs, TrainingPlan, train
from recsys.pipeline.visual import NeededEncoder
from recsys.settings import Settings, section
from recsys.workspace import Workspace
from vision.connect import open_encoder
from vision.embeddings import EmbeddingStore
from vision.encoder import Encoder

if TYPE_CHECKING:
    from graph.tensors import BipartiteGraph

Failed = Callable[[Problem], None]
"""Called with each photo that could not be embedded."""


def train_release(  # noqa: PLR0913 - the shop, whom to tell what, and how to run
    workspace: Workspace,
    settings: Settings,
    tell: Tell,
    embedded: Callable[[int], None],
    *,
    resume: bool = False,
    failed: Failed = lambda problem: None,
    workers: Workers | None = None,
) -> tuple[str, ReleaseContents]:
    """Embed what is new, train on all that was imported, and write a release; returns its name and contents.

    Photos that cannot be embedded are left out, one call of ``failed`` for each. Of several ``workers`` this is to be
    the main one; the others :func:`bert4rec.sharing.assist`.

    Raises
    ------
    IndexUnavailableError
        The release is written, but its vectors could not be; the one before stays in use.
    """
    seed = settings.training.seed
    plan = TrainingPlan(
        graphsage=section("graphsage", {"seed": seed} | settings.graphsage, graphsage.GraphSageConfig),
        bert4rec=section("bert4rec", {"seed": seed} | settings.bert4rec, Bert4RecConfig),
        seed=seed,
        checkpoints=workspace.training,
        resume=resume,
        workers=workers or Workers(),
    )
    with tensor_threads(settings.training.threads):
        encoders = open_encoders(settings)
        inputs = read_inputs(workspace, settings, encoders, tell, embedded, failed)
        contents = train(inputs, plan, tell)
        needs = {
            e.name: NeededEncoder(spec, e.version, e.dim) for spec, e in zip(settings.encoders, encoders, strict=True)
        }
        visual = contents.features.visual.needing(needs)
        contents = replace(contents, features=replace(contents.features, visual=visual))
        described = {"seed": seed, "encoders": list(settings.encoders)}
        described |= {"graphsage": plan.graphsage.to_dict(), "bert4rec": plan.bert4rec.to_dict()}
        name = store_release(contents, workspace, described)
        _publish(workspace, settings, name, contents, tell)
        use_release(workspace, name)
        return name, contents


def _publish(workspace: Workspace, settings: Settings, name: str, contents: ReleaseContents, tell: Tell) -> None:
    """Put a new release's vectors where they are searched, before anybody is told to answer from it."""
    with closing(open_indexes(settings, workspace)) as indexes:
        try:
            published = indexes.publish(workspace.releases / name, contents.catalogue, lambda done, total: None)
        except IndexUnavailableError as error:
            raise IndexUnavailableError(
                f"release {name} is written but not in use: {error}; `recsys releases publish {name}` goes on, and "
                f"`recsys releases use {name}` makes it answer"
            ) from error
    if published:
        tell("publish", {"vectors": len(contents.catalogue)})


def read_inputs(
    workspace: Workspace,
    settings: Settings,
    encoders: Sequence[Encoder],
    tell: Tell,
    embedded: Callable[[int], None],
    failed: Failed,
) -> TrainingInputs:
    """Read the graph and embed what has no embedding yet."""
    with open_store(settings, workspace) as store:
        corpus = read_corpus(store)
        graph: BipartiteGraph = store.export()
        vectors = EmbeddingStore(workspace.embeddings)
        probe = open_encoder("backdrop")  # never a feature: only evaluation reads it
        photos, crops = lacking([*encoders, probe], corpus.images, corpus.catalogue.items, vectors)
        tell("embedding", {"photos to do": photos, "crops of them": crops, "encoders": len(encoders) + 1})
        problems = embed_all([*encoders, probe], corpus.images, corpus.catalogue.items, vectors, embedded)
        store.quarantine(problems)
    for problem in problems:
        failed(problem)
    tell("embed", {"encoders": len(encoders), "failed": len(problems)})
    return TrainingInputs(
        corpus=corpus,
        graph=graph,
        item_vectors={e.name: vectors_of(e, vectors, corpus) for e in encoders},
        photo_vectors={e.name: photo_vectors(e, vectors, corpus.images) for e in encoders},
    )


def vectors_of(encoder: Encoder, store: EmbeddingStore, corpus: Corpus) -> Rows:
    """One encoder's vectors of all items of a corpus."""
    return item_vectors(encoder, store, corpus.catalogue.items, corpus.images)


@contextmanager
def tensor_threads(count: int | None) -> Iterator[None]:
    """Limit the tensor library to ``count`` threads for a while; None leaves it alone."""
    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
