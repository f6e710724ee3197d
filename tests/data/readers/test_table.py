"""A shop's tables: the contract, and every way to break it."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from data.errors import SourceError
from data.table import TableRecord, read_table
from data.types import ImageRecord, Item, Outfit, Problem

Tables = Callable[..., tuple[Path, Path]]
Write = Callable[..., Path]

ITEMS = "item_id,category,image,colour\na,Shirt,a.jpg,blue\nb,Jeans,,\nc,Boots,c.png,black\n"
OUTFITS = "outfit_id,item_id\no1,c\no1,a\no2,b\no2,a\n"


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    def write(items: str | bytes = ITEMS, outfits: str | bytes = OUTFITS) -> tuple[Path, Path]:
        paths = tmp_path / "items.csv", tmp_path / "outfits.csv"
        for path, content in zip(paths, (items, outfits), strict=True):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return paths

    return write


def of(kind: type, records: list[TableRecord]) -> list[TableRecord]:
    return [record for record in records if isinstance(record, kind)]


def problems(records: list[TableRecord]) -> list[tuple[str, bool]]:
    return [(record.field, record.blocking) for record in records if isinstance(record, Problem)]


def test_a_plain_pair_of_tables(tables: Tables, write_photo: Write, tmp_path: Path) -> None:
    photos = [str(write_photo(f"images/{name}")) for name in ("a.jpg", "c.png")]
    records = list(read_table(*tables(), images=tmp_path / "images"))
    assert records[:3] == [
        Item(
            item_id="a", category="Shirt", slot="top", source="table", attributes={"colour": ("blue",)}, photo=photos[0]
        ),
        Item(item_id="b", category="Jeans", slot="bottom", source="table"),
        Item(
            item_id="c",
            category="Boots",
            slot="shoes",
            source="table",
            attributes={"colour": ("black",)},
            photo=photos[1],
        ),
    ]
    look, outfit = records[3:5]
    assert isinstance(look, ImageRecord) and (look.image_id, look.kind, look.photo) == ("look:o1", "look", None)
    assert [(region.region_id, region.item_id, region.slot) for region in look.regions] == [
        ("look:o1/a", "a", "top"),
        ("look:o1/c", "c", "shoes"),
    ]
    assert outfit == Outfit(outfit_id="o1", item_ids=("a", "c"), source="table", image_id="look:o1")
    assert len(records) == 7


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(encoding: str, separator: str, tables: Tables) -> None:
    items = 'item_id,category,이름\na,셔츠,"흰, 셔츠"\nb,청바지,긴 바지\n'
    rows = [line.replace(",", separator) for line in items.splitlines()]
    rows[1] = f'a{separator}셔츠{separator}"흰{separator} 셔츠"'
    outfits = f"outfit_id{separator}item_id\no{separator}a\no{separator}b\n"
    paths = tables("\r\n".join(rows).encode(encoding), outfits.encode(encoding))
    first, second = of(Item, list(read_table(*paths)))
    assert isinstance(first, Item) and isinstance(second, Item)
    assert (first.slot, first.attributes) == ("top", {"이름": (f"흰{separator} 셔츠".replace("\t", ""),)})
    assert (second.slot, second.attributes) == ("bottom", {"이름": ("긴 바지",)})


def test_parquet_with_lists_numbers_and_gaps(tables: Tables, tmp_path: Path) -> None:
    items, outfits = tmp_path / "items.parquet", tmp_path / "outfits.parquet"
    pl.DataFrame(
        {"item_id": [1, 2], "category": ["Coat", "Skirt"], "material": [["wool", "silk"], None], "size": [38.0, None]}
    ).write_parquet(items)
    pl.DataFrame({"outfit_id": ["x", "x"], "item_id": [1.0, 2.0]}).write_parquet(outfits)
    coat, skirt, _, outfit = list(read_table(items, outfits))
    assert isinstance(coat, Item) and coat.attributes == {"material": ("wool", "silk"), "size": ("38",)}
    assert isinstance(skirt, Item) and skirt.attributes == {}
    assert isinstance(outfit, Outfit) and outfit.item_ids == ("1", "2")


def test_columns_can_be_mapped_in_one_table_or_both(tables: Tables) -> None:
    paths = tables("sku,item_id,family\na,9,Coat\nb,8,Skirt\n", "look,item_id\no,a\no,b\n")
    mapping = {"item_id": "sku", "category": "family", "outfit_id": "look"}
    records = list(read_table(*paths, mapping=mapping))
    assert [record.item_id for record in of(Item, records)] == ["a", "b"]  # type: ignore[union-attr]
    assert [record.attributes for record in of(Item, records)] == [{}, {}]  # type: ignore[union-attr]
    assert len(of(Outfit, records)) == 1


@pytest.mark.parametrize(
    ("items", "outfits", "mapping", "message"),
    [
        (
            "sku,category\na,Coat\n",
            OUTFITS,
            {},
            r"items\.csv: there is no column 'item_id'.*sku, category.*--map item_id=COLUMN",
        ),
        ("item_id,kind\na,Coat\n", OUTFITS, {}, "no column 'category'"),
        (ITEMS, "item_id\na\n", {}, r"outfits\.csv: there is no column 'outfit_id'"),
        (ITEMS, OUTFITS, {"item_id": "code"}, "no column 'code'.*nor has"),
        (ITEMS, OUTFITS, {"brand": "maker"}, "no column 'maker'"),
        (
            ITEMS,
            OUTFITS,
            {"itemid": "item_id"},
            r"itemid is no field; fields are item_id, category, image, outfit_id and the names of attributes",
        ),
        ("", OUTFITS, {}, "no header"),
        ("item_id,category,category\n", OUTFITS, {}, "category is there more than once"),
        (b"item_id,category\n\xff\xfe\xfd\x81", OUTFITS, {}, "neither UTF-8 nor cp949"),
        (b"PAR1 not really", OUTFITS, {}, "Parquet file cannot be read"),
        ('item_id,"category,image\na,Coat,x\n', OUTFITS, {}, "items.csv: line 1: a quote is opened and not closed"),
        ('item_id,category,"' + "x\n" * 90_000, OUTFITS, {}, "items.csv: line 1: a quote is opened and not closed"),
    ],
)
def test_tables_that_cannot_be_read_say_what_is_lacking(
    items: str | bytes, outfits: str, mapping: dict[str, str], message: str, tables: Tables
) -> None:
    with pytest.raises(SourceError, match=message):
        read_table(*tables(items, outfits), mapping=mapping)


def test_missing_files_and_folders(tables: Tables, tmp_path: Path) -> None:
    items, outfits = tables()
    with pytest.raises(SourceError, match=r"none\.csv: there is no such file"):
        read_table(tmp_path / "none.csv", outfits)
    with pytest.raises(SourceError, match="this is a folder; name the CSV"):
        read_table(tmp_path, outfits)
    with pytest.raises(SourceError, match="no such folder of images"):
        read_table(items, outfits, images=tmp_path / "none")


def test_rows_that_cannot_be_used_are_set_aside_by_number(tables: Tables) -> None:
    items = "item_id,category\na,Coat\n,Coat\nb,\nc,Skirt,extra\n\na,Dress\na,Coat\nd,Hat\n"
    records = list(read_table(*tables(items, "outfit_id,item_id\no,a\no,d\no,d\n,a\no,\no,zz\n")))
    assert [record.item_id for record in of(Item, records)] == ["a", "d"]  # type: ignore[union-attr]
    assert problems(records) == [
        ("row 3, item_id", True),
        ("row 4, category", True),
        ("row 5, cells", True),
        ("row 7, item_id", True),
        ("row 5, outfit_id", True),
        ("row 6, item_id", True),
        ("row 7, item_id", False),
    ]
    (outfit,) = of(Outfit, records)
    assert isinstance(outfit, Outfit) and outfit.item_ids == ("a", "d")


def test_an_outfit_of_one_is_told_and_its_item_stays(tables: Tables) -> None:
    records = list(read_table(*tables(outfits="outfit_id,item_id\no1,a\no2,a\no2,b\n")))
    assert len(of(Item, records)) == 3
    assert [outfit.outfit_id for outfit in of(Outfit, records)] == ["o2"]  # type: ignore[union-attr]
    assert [look.image_id for look in of(ImageRecord, records)] == ["look:o2"]  # type: ignore[union-attr]
    (problem,) = of(Problem, records)
    assert isinstance(problem, Problem) and problem.blocking, "the outfit is not there"
    assert problem.field == "row 2, outfit_id" and "1 known item" in problem.reason and problem.record_id == "o1"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (codecs.BOM_UTF8 + ITEMS.encode() + b"d,\xbc\xc5,,\n", r"UTF-8, which ends at byte 84 \(line 5\)"),
        (codecs.BOM_UTF16_LE + ITEMS.encode("utf-16-le")[:-1], r"UTF-16-LE, which ends at byte 158 \(line 4\)"),
        (codecs.BOM_UTF16_BE + ITEMS.encode("utf-16-be")[:-1], r"UTF-16-BE, which ends at byte 158 \(line 4\)"),
        (ITEMS.encode() + b"d,\xff,,\n", r"utf-8 ends at byte 81 \(line 5\); cp949 ends at byte 81 \(line 5\)"),
        (b"item_id,category\n" * 65_000 + b"\xed\x95", r"utf-8 ends at byte 1105000 \(line 65001\)"),
    ],
)
def test_text_that_is_not_in_its_encoding_is_named_with_the_place(content: bytes, place: str, tables: Tables) -> None:
    with pytest.raises(SourceError, match=rf"items\.csv: .*{place}.*; save it as UTF-8"):
        read_table(*tables(content))


def catalogue(changes: dict[int, str], rows: int = 300) -> str:
    """A catalogue whose row k (the header is row 1) is item ``i<k>``, but for ``changes``."""
    lines = [changes.get(k, f"i{k},Shirt,a name,red") for k in range(2, rows + 2)]
    return "\n".join(["item_id,category,name,colour", *lines]) + "\n"


UNCLOSED = "a quote is opened and not closed"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({5: 'i5,Bag,"15 inch bag,red'}, [5]),
        ({5: '"i5,Bag,15 inch bag,red'}, [5]),
        ({5: 'i5,Bag,bag,"red'}, [5]),
        ({301: 'i301,Bag,bag,"red'}, [301]),
        ({300: 'i300,Bag,bag,"red', 301: "i301"}, [300, 301]),
        ({5: 'i5,Bag,"15 inch bag,red', 9: 'i9,Bag,"17 inch bag,red'}, [5, 9]),
        ({5: 'i5,Bag,"15 inch bag,red', 9: 'i9,Bag,"a bag, large",red'}, [5]),
        ({5: 'i5,Bag,"15 inch bag,red', 9: 'i9,Bag,bag 12",red'}, [5]),
        ({5: 'i5,Bag,"15 inch bag,red', 9: 'i9,Bag,bag,12"'}, [5]),
        ({5: 'i5,Bag,"15 inch bag,red', 9: 'i9,Bag,"",red'}, [5]),
        ({k: f'i{k},Bag,"{k} inch bag,red' for k in range(5, 302)}, list(range(5, 302))),
    ],
)
def test_a_quote_that_is_not_closed_costs_its_row_alone(
    changes: dict[int, str], lost: list[int], end: str, tables: Tables
) -> None:
    records = list(read_table(*tables(catalogue(changes).replace("\n", end), "outfit_id,item_id\n")))
    expected = [f"i{k}" for k in range(2, 302) if k not in lost]
    assert [item.item_id for item in of(Item, records)] == expected  # type: ignore[union-attr]
    assert problems(records) == [(f"row {k}, cells", True) for k in lost]
    first = of(Problem, records)[0]
    assert isinstance(first, Problem) and first.reason.startswith(f"line {lost[0]}: {UNCLOSED}")
    assert first.raw == changes[lost[0]]


def test_the_last_row_may_not_leave_a_quote_open(tables: Tables) -> None:
    for items in ('item_id,category\na,coat\nb,"unclosed\nc,skirt', 'item_id,category\na,coat\nc,skirt\nb,"unclosed'):
        records = list(read_table(*tables(items, "outfit_id,item_id\n")))
        assert [item.item_id for item in of(Item, records)] == ["a", "c"]  # type: ignore[union-attr]
        (problem,) = of(Problem, records)
        assert isinstance(problem, Problem) and UNCLOSED in problem.reason and problem.raw == 'b,"unclosed'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "cell",
    [
        "two\nlines",
        'a ""quoted"" word\n\nand more',
        "sizes:\nS,M,L",
        "soft\nred, blue, green, black",
        "\n",
        '15"" wide\n12"" high',
        "line\n" * 450,
    ],
)
def test_a_quoted_cell_may_go_over_lines(cell: str, end: str, tables: Tables) -> None:
    cell = cell.replace("\n", end)
    items = f'item_id,category,"the\nname",colour\na,Coat,"{cell}",red\n"b","Hat","{cell}" ,"{cell}"\nc,Boots,"x,red\n'
    records = list(read_table(*tables(items.replace("\r", "").replace("\n", end), "outfit_id,item_id\n")))
    first, second = of(Item, records)
    value = " ".join(cell.replace('""', '"').split())
    assert isinstance(first, Item) and first.attributes.get("the\nname".replace("\n", end), ("",)) == (value,)
    assert isinstance(second, Item) and second.attributes.get("colour", ("",)) == (value,)
    (problem,) = of(Problem, records)
    assert isinstance(problem, Problem) and problem.field == "row 4, cells"
    assert problem.reason.startswith(f"line {items.count(chr(10))}: {UNCLOSED}")


def test_a_row_over_lines_with_a_cell_too_many_is_one_row(tables: Tables) -> None:
    items = 'item_id,category,name\na,Coat,"two\nlines",more\nb,Hat,x\n'
    records = list(read_table(*tables(items, "outfit_id,item_id\n")))
    assert [item.item_id for item in of(Item, records)] == ["b"]  # type: ignore[union-attr]
    assert problems(records) == [("row 2, cells", True)]


def test_an_endless_row_and_an_endless_cell_are_set_aside(tables: Tables) -> None:
    chain = "".join(f'x{k}","y\n' for k in range(1500))
    items = f'item_id,category\na,Coat\nb,"{"x" * 200_000}"\nc,"y\n{chain}d,Hat\n'
    records = list(read_table(*tables(items, "outfit_id,item_id\n")))
    assert [item.item_id for item in of(Item, records)] == ["a", "d"]  # type: ignore[union-attr]
    reasons = [problem.reason for problem in of(Problem, records)]  # type: ignore[union-attr]
    assert reasons[0] == "line 3: field larger than field limit (131072)"
    assert len(reasons) == 1502 and all(UNCLOSED in reason for reason in reasons[1:])
    assert max(len(problem.raw) for problem in of(Problem, records)) == 2000  # type: ignore[union-attr]


def test_rows_of_an_outfit_need_not_stand_together(tables: Tables) -> None:
    records = list(read_table(*tables(outfits="outfit_id,item_id\nx,a\ny,b\nx,c\ny,a\n")))
    assert [(outfit.outfit_id, outfit.item_ids) for outfit in of(Outfit, records)] == [  # type: ignore[union-attr]
        ("x", ("a", "c")),
        ("y", ("a", "b")),
    ]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("../secret.jpg", "leads out of"),
        ("deep/../../secret.jpg", "leads out of"),
        ("..\\secret.jpg", "leads out of"),
        ("{secret}", "leads out of"),
        ("link.jpg", "leads out of"),
        ("none.jpg", "no such file"),
    ],
)
def test_images_outside_the_folder_or_missing_leave_the_item_without(
    cell: str, reason: str, tables: Tables, write_photo: Write, tmp_path: Path
) -> None:
    secret = write_photo("secret.jpg")
    images = tmp_path / "images"
    images.mkdir()
    (images / "link.jpg").symlink_to(secret)
    items = f"item_id,category,image\na,Coat,{cell.format(secret=secret)}\nb,Hat,\n"
    records = list(read_table(*tables(items, "outfit_id,item_id\no,a\no,b\n"), images=images))
    item = records[1]
    assert isinstance(item, Item) and item.photo is None
    assert problems(records) == [("row 2, image", False)] and reason in str(records[0])


def test_an_outfit_may_have_a_picture(tables: Tables, write_photo: Write, tmp_path: Path) -> None:
    photo = write_photo("images/look.jpg")
    outfits = "outfit_id,item_id,image\no,a,\no,b,look.jpg\n"
    records = list(read_table(*tables("item_id,category\na,Coat\nb,Hat\n", outfits), images=tmp_path / "images"))
    (look,) = of(ImageRecord, records)
    assert isinstance(look, ImageRecord) and look.photo == str(photo)


def test_images_in_a_zip(tables: Tables, write_photo: Write, write_zip: Write) -> None:
    archive = write_zip({"a.jpg": write_photo().read_bytes()}, name="images.zip")
    records = list(read_table(*tables(), images=archive))
    first = of(Item, records)[0]
    assert isinstance(first, Item) and first.photo == f"{archive}::a.jpg"
    assert problems(records) == [("row 4, image", False)]


def test_without_an_images_folder_the_cells_are_not_looked_at(tables: Tables) -> None:
    records = list(read_table(*tables()))
    assert problems(records) == [] and all(item.photo is None for item in of(Item, records))  # type: ignore[union-attr]
