"""A file is there whole or not at all, whatever happens to who writes it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from data.atomic import leftovers, replacing, write_whole

ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_the_old_content_stays_until_the_new_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "file.txt"
    write_whole(target, "old")
    with replacing(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.name.startswith(".")
        temporary.write_text("half")
        assert target.read_text() == "old"
        temporary.write_text("new, ü")
    assert target.read_text() == "new, ü"
    assert names(target.parent) == ["file.txt"]


@pytest.mark.parametrize("trouble", [ValueError, KeyboardInterrupt, SystemExit])
def test_trouble_leaves_the_old_content_and_no_litter(trouble: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    target.write_text("old")
    with pytest.raises(trouble), replacing(target) as temporary:
        temporary.write_text("half")
        raise trouble
    assert target.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


def test_a_full_disk_leaves_the_old_content_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file.txt"
    write_whole(target, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["file.txt"]


def test_writers_at_once_do_not_mix(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    texts = [letter * 200_000 for letter in "abcd"]
    threads = [threading.Thread(target=lambda t=text: [write_whole(target, t) for _ in range(20)]) for text in texts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert not target.exists() or target.read_text() in texts
    assert target.read_text() in texts
    assert names(tmp_path) == ["file.txt"]


def test_the_last_to_end_wins(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    with replacing(target) as first:
        first.write_text("first to begin")
        with replacing(target) as second:
            second.write_text("second to begin")
        assert target.read_text() == "second to begin"
    assert target.read_text() == "first to begin"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640)])
def test_permissions_are_those_of_a_new_file(umask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        with replacing(tmp_path / "file.txt") as temporary:
            private = tmp_path / "private"
            private.touch(0o600)
            private.replace(temporary)  # as libraries do that are careful themselves
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == mode


def test_errors_name_the_file_that_was_asked_for(tmp_path: Path) -> None:
    target = tmp_path / "missing" / "file.txt"
    with pytest.raises(FileNotFoundError) as caught, replacing(target, parents=False):
        pytest.fail("there is no folder to write in")
    assert caught.value.filename == str(target)
    assert not target.parent.exists()


def test_a_long_name_leaves_room(tmp_path: Path) -> None:
    target = tmp_path / ("옷" * 80)  # 240 of 255 bytes
    write_whole(target, "text")
    assert names(tmp_path) == [target.name]


def test_what_a_killed_writer_leaves_is_found(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    write_whole(target, "old")
    code = (
        "import os, pathlib\nfrom data.atomic import replacing\n"
        f"with replacing(pathlib.Path({str(target)!r})) as temporary:\n"
        "    temporary.write_text('half')\n    os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 9
    (left,) = leftovers(tmp_path)
    assert (left.read_text(), target.read_text()) == ("half", "old")
