"""K-Fashion out of zips: names, parts, damage and members that must not be followed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.archives import Archive, MemberError
from data.errors import SourceError
from data.kfashion import read_kfashion
from data.photos import open_photo, photo_exists
from data.types import ImageRecord, Problem
from data.zipdirectory import decode_name

Annotation = Callable[..., dict[str, Any]]
Encode = Callable[[object], bytes]
Write = Callable[..., Path]


def split(results: list[ImageRecord | Problem]) -> tuple[list[ImageRecord], list[Problem]]:
    records = [result for result in results if isinstance(result, ImageRecord)]
    return records, [result for result in results if isinstance(result, Problem)]


def cut(path: Path, count: int) -> None:
    """Replace a file by parts of it, numbered so that their names do not sort by number."""
    content = path.read_bytes()
    size = -(-len(content) // count)
    for number in range(count):
        part = path.with_name(f"{path.name}.part{number + 8}")
        part.write_bytes(content[number * size : (number + 1) * size])
    path.unlink()


def test_labels_and_photos_in_zips_apart(
    make_annotation: Annotation, encode: Encode, write_zip: Write, write_photo: Write, tmp_path: Path
) -> None:
    labels = write_zip({f"모던/{number}.json": encode(make_annotation(number)) for number in (3, 12)})
    photo = write_photo("x.jpg").read_bytes()
    shards = [write_zip({f"모던/{number}.JPG": photo}, name=f"photos/{number}.zip") for number in (3, 12)]
    records, problems = split(list(read_kfashion([labels], [tmp_path / "photos"])))
    assert problems == []
    assert [record.photo for record in records] == [f"{shards[0]}::모던/3.JPG", f"{shards[1]}::모던/12.JPG"]
    assert open_photo(str(records[0].photo)).size == (300, 400)


def test_split_archives_are_read_as_one(
    make_annotation: Annotation, encode: Encode, write_zip: Write, write_photo: Write, tmp_path: Path
) -> None:
    photo = write_photo("x.jpg").read_bytes()
    members = {f"모던/{number}.json": encode(make_annotation(number)) for number in range(1, 30)}
    archive = write_zip({**members, "모던/5.jpg": photo}, name="in/all.zip")
    whole = split(list(read_kfashion([tmp_path / "in"])))[0]
    cut(archive, 3)
    from_folder = split(list(read_kfashion([tmp_path / "in"])))[0]
    from_part = split(list(read_kfashion([tmp_path / "in" / "all.zip.part8"])))[0]
    assert from_folder == from_part == whole and len(whole) == 29
    assert photo_exists(f"{archive}::모던/5.jpg") and not photo_exists(f"{archive}::모던/6.jpg")


def test_a_member_with_a_wrong_checksum_is_set_aside_alone(
    make_annotation: Annotation, encode: Encode, write_zip: Write
) -> None:
    path = write_zip({f"모던/{number}.json": encode(make_annotation(number)) for number in (1, 2, 3)})
    with zipfile.ZipFile(path) as archive:
        second = archive.infolist()[1]
    content = bytearray(path.read_bytes())
    content[second.header_offset + 30 + len("모던/2.json".encode("cp949")) + second.compress_size // 2] ^= 0xFF
    path.write_bytes(content)
    records, (problem,) = split(list(read_kfashion([path])))
    assert [record.image_id for record in records] == ["1", "3"]
    assert problem.file == f"{path}::모던/2.json" and "damaged" in problem.reason and problem.blocking


@pytest.mark.parametrize(
    ("member", "link", "reason"),
    [
        ("../../evil.json", False, "'..'"),
        ("모던/../../evil.json", False, "'..'"),
        ("..\\evil.json", False, "'..'"),
        ("/etc/evil.json", False, "absolute"),
        ("C:/evil.json", False, "absolute"),
        ("모던/9.json", True, "symbolic link"),
        ("모던/link", True, "symbolic link"),
        ("모던/9.jpg", True, "symbolic link"),
    ],
)
def test_unsafe_members_are_refused_by_name_and_the_rest_is_read(
    member: str, link: bool, reason: str, make_annotation: Annotation, encode: Encode, write_zip: Write
) -> None:
    good = {f"모던/{number}.json": encode(make_annotation(number)) for number in (1, 2)}
    path = write_zip({**good, member: b"/etc/passwd"}, links=(member,) if link else ())
    records, (problem,) = split(list(read_kfashion([path])))
    assert [record.image_id for record in records] == ["1", "2"]
    assert problem.file == f"{path}::{member}" and problem.field == "member" and reason in problem.reason
    refused = Archive(path).find(member)
    assert refused is not None
    with pytest.raises(MemberError, match=r"refused|not followed"):
        Archive(path).read(refused)


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.98])
def test_an_archive_that_is_cut_off_is_told_and_other_archives_are_read(
    keep: float, make_annotation: Annotation, encode: Encode, write_zip: Write, tmp_path: Path
) -> None:
    path = write_zip({"모던/1.json": encode(make_annotation(1))}, name="in/a.zip")
    write_zip({"모던/2.json": encode(make_annotation(2))}, name="in/b.zip")
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep < 1 else int(keep)])
    records, (problem,) = split(list(read_kfashion([tmp_path / "in"])))
    assert [record.image_id for record in records] == ["2"]
    assert problem.file == str(path) and problem.field == "archive"


def test_encrypted_and_oddly_packed_members_are_set_aside(
    make_annotation: Annotation, encode: Encode, tmp_path: Path
) -> None:
    path = tmp_path / "odd.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.json", encode(make_annotation(1)), zipfile.ZIP_LZMA)
        archive.writestr("2.json", encode(make_annotation(2)), zipfile.ZIP_STORED)
    records, (problem,) = split(list(read_kfashion([path])))
    assert [record.image_id for record in records] == ["2"]
    assert "method 14" in problem.reason


def test_a_member_that_claims_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.json", bytes(5_000_000))
    content = path.read_bytes()
    path.write_bytes(content.replace((5_000_000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    records, (problem,) = split(list(read_kfashion([path])))
    assert records == [] and "damaged" in problem.reason


def test_an_archive_of_nothing_is_an_error(write_zip: Write) -> None:
    with pytest.raises(SourceError, match="no annotation found"):
        list(read_kfashion([write_zip({"readme.txt": b"hello"})]))


@pytest.mark.parametrize(
    ("raw", "utf8", "name"),
    [
        ("레트로/1.json".encode("cp949"), False, "레트로/1.json"),
        ("레트로/1.json".encode(), True, "레트로/1.json"),
        ("레트로/1.json".encode(), False, "레트로/1.json"),
        ("레트로/1.json".encode("cp949").decode("cp437").encode(), True, "레트로/1.json"),
        (b"plain/1.json", False, "plain/1.json"),
        ("café/1.json".encode(), True, "café/1.json"),
        (b"\xff\xff.json", False, "\u00a0\u00a0.json"),
    ],
)
def test_names(raw: bytes, utf8: bool, name: str) -> None:
    assert decode_name(raw, utf8=utf8) == name


def test_zip64_and_bytes_before_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "wide.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(66_000):
            archive.writestr(f"{number}.txt", b"")
        with archive.open("big.json", "w", force_zip64=True) as member:
            member.write(b"{}")
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    opened = Archive(path)
    found = opened.find("big.json")
    assert len(opened) == 66_001 and found is not None and opened.read(found) == b"{}"
    assert opened.find("65999.txt") is not None and opened.find("66000.txt") is None
