"""Files for ``neo4j-admin database import full``: the fastest way to fill an empty database, while its server is down.

A CSV file each for nodes and relationships of a kind, with its header in a file of its own. Texts are always quoted, so
that an empty text is one and nothing is nothing; nodes are joined by numbers. What is written is what the store itself
would write (:mod:`graph.neo4j.schema`); constraints and indexes are made when the store is opened for the first time.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO, TypeVar

from data.types import ImageRecord, Item, ItemLink, Outfit
from graph.bodies import attributes_of, image_texts, item_texts, styles_of
from graph.neo4j.names import indexed
from graph.store import GraphError, InvalidRecordError, UnknownNodeError

Record = TypeVar("Record")

CHUNK = 1_000

_ID = "full_id,source,full_source"
_REGION = "region,full_region,n:int,source,confidence:double"
HEADERS = {
    "Item": f":ID(Item){{id-type: long}},id,{_ID},category,slot,body",
    "Image": f":ID(Image){{id-type: long}},id,{_ID},kind,shoot,created,full_created,body,:LABEL",
    "Outfit": f":ID(Outfit){{id-type: long}},id,{_ID}",
    "Shoot": ":ID(Shoot){id-type: long},id,full_id",
    "Category": ":ID(Category){id-type: long},name,full_name",
    "Style": ":ID(Style){id-type: long},name,full_name",
    "Attribute": ":ID(Attribute){id-type: long},name,full_name,value,full_value",
    "CONTAINS": f":START_ID(Image),:END_ID(Item),{_REGION}",
    "CONTAINS.unknown": f":START_ID(Image),:END_ID(Image),{_REGION}",
    "IN_CATEGORY": ":START_ID(Item),:END_ID(Category)",
    "HAS_ATTRIBUTE": ":START_ID(Item),:END_ID(Attribute)",
    "HAS_STYLE": ":START_ID(Image),:END_ID(Style)",
    "IN_SHOOT": ":START_ID(Image),:END_ID(Shoot)",
    "STYLED_IN": ":START_ID(Item),:END_ID(Outfit)",
    "READ_FROM": ":START_ID(Outfit),:END_ID(Image)",
}
"""First lines of the files of labels and relationship types."""

LABELS = {"photo": "", "look": "Look"}
"""Second labels of images, by kind."""

COMMAND = "import.sh"


class Numbers(dict[str, int]):
    """Names to numbers, given out as names are asked for."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number


class ImportFiles:
    """Writes the files of one graph into a folder; items first, then images, then outfits.

    Parameters
    ----------
    folder
        Where the files go; made where it is missing.
    links
        How regions were linked to their items, by region id; others were named by their source (``product_id``).

    Raises
    ------
    GraphError
        The import could not name files in this folder.
    """

    def __init__(self, folder: Path, links: Mapping[str, ItemLink] | None = None) -> None:
        require_nameable(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / COMMAND).unlink(missing_ok=True)
        self.folder = folder
        self._links = links or {}
        self._files: dict[str, TextIO] = {}
        for name, header in HEADERS.items():
            (folder / f"{name}.header.csv").write_text(f"{header}\n", encoding="utf-8")
            self._files[name] = (folder / f"{name}.csv").open("w", encoding="utf-8", newline="")
        self._items, self._images, self._outfits = Numbers(), Numbers(), Numbers()
        self._categories, self._styles, self._shoots = Numbers(), Numbers(), Numbers()
        self._attributes: dict[tuple[str, str], int] = {}

    def items(self, items: Iterable[Item]) -> int:
        """Write items with categories and attributes; returns how many."""
        return self._in_chunks(items, self._write_items)

    def images(self, images: Iterable[ImageRecord]) -> int:
        """Write images with regions, styles and shoots; returns how many.

        Raises
        ------
        UnknownNodeError
            A region names an item that was not written.
        """
        return self._in_chunks(images, self._write_images)

    def outfits(self, outfits: Iterable[Outfit]) -> int:
        """Write outfits; returns how many."""
        return self._in_chunks(outfits, self._write_outfits)

    def finish(self) -> None:
        """Write the small nodes and the command that imports everything."""
        for name, names in (("Category", self._categories), ("Style", self._styles), ("Shoot", self._shoots)):
            self._write(name, (f"{number},{_texts(text)}" for text, number in names.items()))
        self._write("Attribute", (f"{k},{_texts(*pair)}" for pair, k in self._attributes.items()))
        self._close()
        (self.folder / COMMAND).write_text(f"{command(self.folder)}\n", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish()
        self._close()

    def _close(self) -> None:
        for file in self._files.values():
            file.close()

    def _in_chunks(self, records: Iterable[Record], write: Callable[[Sequence[Record]], None]) -> int:
        number, iterator = 0, iter(records)
        while chunk := list(islice(iterator, CHUNK)):
            write(chunk)
            number += len(chunk)
        return number

    def _write(self, name: str, lines: Iterable[str]) -> None:
        text = "\n".join(lines)
        if text:
            self._files[name].write(f"{text}\n")

    def _write_items(self, items: Sequence[Item]) -> None:
        rows, categories, attributes = [], [], []
        for item, body in zip(items, item_texts(items), strict=True):
            number = _new(self._items, item.item_id, "item")
            texts = _texts(item.item_id, item.source)
            rows.append(f"{number},{texts},{_quoted(item.category)},{_quoted(item.slot)},{_quoted(body)}")
            categories.append(f"{number},{self._categories[item.category]}")
            for pair in attributes_of(item):
                attribute = self._attributes.setdefault(pair, len(self._attributes))
                attributes.append(f"{number},{attribute}")
        self._write("Item", rows)
        self._write("IN_CATEGORY", categories)
        self._write("HAS_ATTRIBUTE", attributes)

    def _write_images(self, images: Sequence[ImageRecord]) -> None:
        rows, known, unknown, styles, shoots = [], [], [], [], []
        for image, body in zip(images, image_texts(images), strict=True):
            number = _new(self._images, image.image_id, "image")
            texts, shoot = _texts(image.image_id, image.source), image.shoot
            created = "," if image.created is None else _texts(image.created)
            given = "" if shoot is None else _quoted(shoot)
            rows.append(f'{number},{texts},"{image.kind}",{given},{created},{_quoted(body)},{LABELS[image.kind]}')
            if shoot is not None:
                shoots.append(f"{number},{self._shoots[shoot]}")
            styles += [f"{number},{self._styles[style]}" for style in styles_of(image)]
            for n, region in enumerate(image.regions):
                if region.item_id is None:
                    unknown.append(f"{number},{number},{_texts(region.region_id)},{n},,")
                    continue
                item = self._items.get(region.item_id)
                if item is None:
                    raise UnknownNodeError(
                        f"region {region.region_id!r}: item {region.item_id!r} is not there; write the item first"
                    )
                link = self._links.get(region.region_id)
                how = '"product_id",1.0' if link is None else f'"{link.method}",{link.confidence!r}'
                known.append(f"{number},{item},{_texts(region.region_id)},{n},{how}")
        for name, lines in zip(
            ("Image", "CONTAINS", "CONTAINS.unknown", "HAS_STYLE", "IN_SHOOT"),
            (rows, known, unknown, styles, shoots),
            strict=True,
        ):
            self._write(name, lines)

    def _write_outfits(self, outfits: Sequence[Outfit]) -> None:
        rows, items, images = [], [], []
        for outfit in outfits:
            number = _new(self._outfits, outfit.outfit_id, "outfit")
            rows.append(f"{number},{_texts(outfit.outfit_id, outfit.source)}")
            try:
                items += [f"{self._known(self._items, item)},{number}" for item in set(outfit.item_ids)]
                if outfit.image_id is not None:
                    images.append(f"{number},{self._known(self._images, outfit.image_id)}")
            except KeyError as error:
                raise UnknownNodeError(f"outfit {outfit.outfit_id!r}: {error} is not there") from error
        self._write("Outfit", rows)
        self._write("STYLED_IN", items)
        self._write("READ_FROM", images)

    @staticmethod
    def _known(numbers: Numbers, name: str) -> int:
        number = numbers.get(name)
        if number is None:
            raise KeyError(name)
        return number


def require_nameable(folder: Path) -> None:
    """See that files in a folder can be named to neo4j-admin, which takes a comma for the end of a name.

    Raises
    ------
    GraphError
        They cannot.
    """
    if "," in str(folder):
        raise GraphError(
            f"{folder}: neo4j-admin cannot read files in a folder whose path holds a comma; choose another folder"
        )


def command(folder: Path, database: str = "neo4j") -> str:
    """The command that fills a database from the files of a folder."""
    nodes = [name for name in HEADERS if not name.isupper() and "." not in name]
    parts = [
        "neo4j-admin",
        "database",
        "import",
        "full",
        database,
        "--overwrite-destination",
        "--multiline-fields=true",
        f"--report-file={folder / 'import.report'}",
    ]
    for name in HEADERS:
        kind, label = ("nodes", name) if name in nodes else ("relationships", name.partition(".")[0])
        parts.append(f"--{kind}={label}={folder / f'{name}.header.csv'},{folder / f'{name}.csv'}")
    return shlex.join(parts)


def _new(numbers: Numbers, name: str, kind: str) -> int:
    known = len(numbers)
    number = numbers[name]
    if number != known:
        raise InvalidRecordError(f"{kind} {name!r} comes twice; import files hold each id once")
    return number


def _texts(*texts: str) -> str:
    """Fields of texts that are indexed: each as it is, or cut and whole."""
    return ",".join(_indexed(text) for text in texts)


def _indexed(text: str) -> str:
    kept = indexed(text)
    return f"{_quoted(text)}," if kept is text else f"{_quoted(kept)},{_quoted(text)}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if '"' in text else f'"{text}"'


def link_table(links: Iterator[ItemLink]) -> dict[str, ItemLink]:
    """Links by region id, those that a region's own item does not say already."""
    return {link.region_id: link for link in links if link.method != "product_id" or link.confidence != 1.0}
