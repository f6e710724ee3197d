"""Releases on disk: written whole or not at all, never changed, refused with a reason where they do not fit."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save_file as save_tensors

from bert4rec.config import Bert4RecConfig
from bert4rec.evidence import PairEvidence
from bert4rec.item_codes import ItemCodes
from bert4rec.model import Bert4Rec, ItemSizes, ItemTensors
from bert4rec.new_item_score import NewItemScore
from bert4rec.new_items import NewItemEvidence
from data.atomic import write_whole
from data.types import Item
from graphsage import TrainedGraphSage
from recsys import __version__
from recsys.engine.calibration import Calibration
from recsys.engine.catalogue import Catalogue
from recsys.engine.engine import EngineParts, OutfitEngine
from recsys.engine.index import SlotIndex
from recsys.engine.slots import SlotModel
from recsys.errors import ReleaseError
from recsys.pipeline.contents import ReleaseContents
from recsys.pipeline.features import ItemFeatures
from recsys.pipeline.indexes import FILES, MANIFEST, FaissIndexes, Published, ReleaseIndexes
from recsys.pipeline.visual import VisualSpace
from recsys.pipeline.vocabulary import Vocabulary
from recsys.workspace import Workspace

FORMAT = 6
NEW_ITEMS = "new_items.safetensors"
LIBRARIES = ("torch", "faiss-cpu", "numpy")


class ReleaseInfo(msgspec.Struct, frozen=True):
    """A release as lists show it; one of another ``format`` than this program's cannot answer."""

    name: str
    created: str
    items: int
    outfits: int
    current: bool
    format: int

    @property
    def readable(self) -> bool:
        return self.format == FORMAT


def write_release(contents: ReleaseContents, workspace: Workspace, settings: dict[str, Any]) -> str:
    """Write a release into the workspace, make it the current one, and return its name."""
    name = store_release(contents, workspace, settings)
    use_release(workspace, name)
    return name


def store_release(contents: ReleaseContents, workspace: Workspace, settings: dict[str, Any]) -> str:
    """Write a release into the workspace and return its name; the current one stays.

    It is built in a hidden folder and renamed when all of it, and last its manifest, is on disk.
    """
    created = datetime.now(UTC)
    name = _free_name(workspace, created.strftime("%Y%m%d-%H%M%S"))
    building = workspace.releases / f".{name}.{os.getpid()}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        _write_files(contents, building)
        manifest = {
            "format": FORMAT,
            "name": name,
            "created": created.isoformat(timespec="seconds"),
            "made_by": f"recsys {__version__}",
            "libraries": {library: version(library) for library in LIBRARIES},
            "items": len(contents.catalogue),
            "outfits": len(contents.outfits),
            "settings": settings,
            "files": {str(p.relative_to(building)): _sha256(p) for p in sorted(building.rglob("*")) if p.is_file()},
        }
        write_whole(building / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode())
        building.rename(workspace.releases / name)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return name


def list_releases(workspace: Workspace) -> list[ReleaseInfo]:
    """All whole releases, oldest first."""
    current = current_release(workspace)
    found = []
    for path in sorted(workspace.releases.iterdir()):
        if path.name.startswith(".") or not (path / MANIFEST).is_file():
            continue
        manifest = _described(path)
        told = (str(manifest.get("created", "")), int(manifest.get("items", 0)), int(manifest.get("outfits", 0)))
        found.append(ReleaseInfo(path.name, *told, path.name == current, int(manifest["format"])))
    return found


def current_release(workspace: Workspace) -> str | None:
    """Name of the release in use, None where there is none."""
    return workspace.in_use


def use_release(workspace: Workspace, name: str) -> None:
    """Make a release the current one; raises ReleaseError where it is not there."""
    _folder(workspace, name)
    write_whole(workspace.current, f"{name}\n".encode())


def remove_release(workspace: Workspace, name: str, indexes: ReleaseIndexes | None = None) -> None:
    """Delete a release and what was published of it.

    Its manifest, which says what was published, stays in a hidden folder until that is gone too.

    Raises
    ------
    ReleaseError
        It is in use, or there is nothing of it.
    IndexUnavailableError
        Its folder is deleted, but what was published cannot be reached; the same call can be made again.
    """
    if current_release(workspace) == name:
        raise ReleaseError(f"release {name!r}: is in use; `recsys releases use` another one first")
    hidden = workspace.releases / f".{Path(name).name}.removed"
    if Path(name).name != name or (workspace.releases / name).is_dir() or not (hidden / MANIFEST).is_file():
        folder = _folder(workspace, name)
        shutil.rmtree(hidden, ignore_errors=True)
        folder.rename(hidden)
    for path in hidden.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != MANIFEST:
            path.unlink()
    (indexes or FaissIndexes()).withdraw(name, (hidden / MANIFEST).read_bytes())
    shutil.rmtree(hidden)


def publish_release(
    workspace: Workspace, name: str | None, indexes: ReleaseIndexes, tell: Published = lambda done, total: None
) -> tuple[str, bool]:
    """Put the vectors of a release, by default the current one, where they are searched.

    Returns its name, and False where they were there already.

    Raises
    ------
    ReleaseError
        There is no such release, its format is another, a file is missing or was changed.
    IndexUnavailableError
        The server cannot be used; the same call goes on where this one ended.
    """
    chosen, folder = _whole(workspace, name)
    return chosen, indexes.publish(folder, _read_catalogue(folder), tell)


def require_published(workspace: Workspace, name: str, indexes: ReleaseIndexes) -> None:
    """See that a release's vectors can be searched; raises ReleaseError, IndexUnavailableError."""
    _, folder = _whole(workspace, name)
    indexes.open(folder, _read_catalogue(folder))


def load_release(
    workspace: Workspace, name: str | None = None, indexes: ReleaseIndexes | None = None
) -> tuple[str, ReleaseContents, OutfitEngine]:
    """Load a release, by default the current one, to be searched in its own files where no ``indexes`` are given.

    Raises
    ------
    ReleaseError
        There is none, its format is another, a file is missing or was changed, or its vectors are not published.
    IndexUnavailableError
        The server that holds its vectors cannot be used.
    """
    chosen, folder = _whole(workspace, name)
    try:
        contents = _read_files(folder)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError, msgspec.DecodeError) as error:
        raise ReleaseError(f"{folder}: cannot be read: {error}") from error
    parts = EngineParts(
        catalogue=contents.catalogue,
        scorer=contents.scorer,
        slots=contents.slots,
        index=(indexes or FaissIndexes()).open(folder, contents.catalogue),
        likeness=contents.likeness,
        calibration=contents.calibration,
        value_codes=contents.features.vocabulary.codes_of,
    )
    return chosen, contents, OutfitEngine(parts)


def _whole(workspace: Workspace, name: str | None) -> tuple[str, Path]:
    """Name and folder of a release, by default the current one, whose files are as they were written."""
    chosen = name or current_release(workspace)
    if chosen is None:
        raise ReleaseError(f"{workspace.root}: there is no release yet; `recsys train` makes one")
    folder = _folder(workspace, chosen)
    _verify(folder, _manifest(folder))
    return chosen, folder


def _free_name(workspace: Workspace, stamp: str) -> str:
    name, number = stamp, 1
    while (workspace.releases / name).exists():
        number += 1
        name = f"{stamp}-{number}"
    return name


def _folder(workspace: Workspace, name: str) -> Path:
    folder = workspace.releases / name
    if Path(name).name != name or name.startswith(".") or not (folder / MANIFEST).is_file():
        there = ", ".join(sorted(p.name for p in workspace.releases.iterdir() if not p.name.startswith("."))) or "none"
        raise ReleaseError(f"release {name!r}: is not in {workspace.root}; there: {there}")
    return folder


def _described(folder: Path) -> dict[str, Any]:
    """The manifest of a release of any format."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        int(manifest["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{folder / MANIFEST}: cannot be read: {error}") from error
    return manifest


def _manifest(folder: Path) -> dict[str, Any]:
    manifest = _described(folder)
    if manifest["format"] != FORMAT:
        raise ReleaseError(
            f"{folder}: format {manifest['format']!r}; this program (recsys {__version__}) reads {FORMAT}; "
            "`recsys train` makes a release of that format"
        )
    return manifest


def _verify(folder: Path, manifest: dict[str, Any]) -> None:
    for file, wanted in manifest["files"].items():
        path = folder / file
        if not path.is_file():
            raise ReleaseError(f"{path}: is missing from the release")
        if _sha256(path) != wanted:
            raise ReleaseError(f"{path}: was changed since the release was made; its hash differs from the manifest's")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_files(contents: ReleaseContents, folder: Path) -> None:
    encoder = msgspec.json.Encoder()
    features, codes = contents.features, contents.features.codes
    (folder / "catalogue.jsonl").write_bytes(b"".join(encoder.encode(i) + b"\n" for i in contents.catalogue.items))
    (folder / "vocabulary.json").write_bytes(encoder.encode(features.vocabulary))
    description = {
        "visual": features.visual.description(),
        "styles": contents.styles,
        "slots": contents.slots,
        "calibration": contents.calibration,
        "popularity_discount": contents.popularity_discount,
        "outfit_discount": contents.outfit_discount,
        "bert4rec": contents.model.config.to_dict(),
        "codes": {"n_categories": codes.n_categories, "n_values": codes.n_values},
    }
    (folder / "description.json").write_bytes(msgspec.json.format(encoder.encode(description)))
    (folder / "metrics.json").write_bytes(msgspec.json.format(encoder.encode(contents.metrics)))
    save_tensors({k: v.contiguous() for k, v in contents.model.state_dict().items()}, folder / "bert4rec.safetensors")
    items = {name: getattr(contents.items, name) for name in ItemTensors.__slots__}
    items |= {"codes.values": torch.from_numpy(codes.values), "dense_known": torch.from_numpy(features.dense_known)}
    save_tensors({name: tensor.contiguous() for name, tensor in items.items()}, folder / "items.safetensors")
    _save(folder / "visual.safetensors", features.visual.arrays())
    _save(folder / "evidence.safetensors", contents.evidence.arrays())
    new_items = contents.evidence.new_items
    if new_items is not None:
        _save(folder / NEW_ITEMS, new_items.tables.arrays() | {"fitted": new_items.weight.numpy()})
    sizes = np.array([len(o) for o in contents.outfits])
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    _save(folder / "outfits.safetensors", {"indptr": indptr, "items": np.concatenate(contents.outfits)})
    contents.graphsage.save(folder / "graphsage")
    SlotIndex.build(contents.scorer.vectors(), contents.catalogue.slots()).save(folder / FILES)


def _save(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _read_catalogue(folder: Path) -> Catalogue:
    decoder = msgspec.json.Decoder(Item)
    with (folder / "catalogue.jsonl").open("rb") as file:
        return Catalogue(decoder.decode(line) for line in file)


def _read_files(folder: Path) -> ReleaseContents:
    catalogue = _read_catalogue(folder)
    described = json.loads((folder / "description.json").read_text(encoding="utf-8"))
    tensors = load_tensors(folder / "items.safetensors")
    values, known = tensors.pop("codes.values").numpy(), tensors.pop("dense_known").numpy()
    vocabulary = msgspec.json.decode((folder / "vocabulary.json").read_bytes(), type=Vocabulary)
    codes = ItemCodes(tensors["category"].numpy(), values, **described["codes"], field=vocabulary.field_numbers())
    items = ItemTensors(**tensors)
    visual = VisualSpace.from_arrays(described["visual"], load_file(folder / "visual.safetensors"))
    evidence = PairEvidence.from_arrays(load_file(folder / "evidence.safetensors"), codes)
    if (folder / NEW_ITEMS).is_file():
        arrays = load_file(folder / NEW_ITEMS)
        tables = NewItemEvidence.from_arrays(arrays, evidence.counts, items.appearance(codes))
        evidence.new_items = NewItemScore(tables, torch.from_numpy(arrays["fitted"]))
    config = Bert4RecConfig.from_dict(described["bert4rec"])
    model = Bert4Rec(ItemSizes.of(codes, items), config, evidence.n_fields)
    model.load_state_dict(load_tensors(folder / "bert4rec.safetensors"))
    outfits = load_file(folder / "outfits.safetensors")
    return ReleaseContents(
        catalogue=catalogue,
        features=ItemFeatures(vocabulary, visual, codes, items.dense.numpy(), known),
        styles=described["styles"],
        graphsage=TrainedGraphSage.load(folder / "graphsage"),
        model=model.eval(),
        items=items,
        evidence=evidence,
        popularity_discount=described["popularity_discount"],
        outfit_discount=described["outfit_discount"],
        slots=msgspec.convert(described["slots"], SlotModel),
        calibration=msgspec.convert(described["calibration"], Calibration),
        outfits=np.split(outfits["items"], outfits["indptr"][1:-1]),
        metrics=json.loads((folder / "metrics.json").read_text(encoding="utf-8")),
    )
