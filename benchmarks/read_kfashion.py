"""Speed and memory of reading K-Fashion annotations, beside ``json.loads`` with pydantic models of the same records.

    python -m benchmarks.read_kfashion [--records 20000] [--memory 20000 200000]

The records are made here, in a temporary folder: one to three garments a photo, polygons of 6 to 65 scrambled points.
Both ways are timed in turn, file by file in the same process, in processor time of one core; the best round counts.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from benchmarks.kfashion_annotations import write_archive
from benchmarks.kfashion_pydantic import read_annotation, read_record
from benchmarks.machine import describe
from data.archives import Archive
from data.kfashion import read_kfashion
from data.kfashion.records import record_of
from data.kfashion.wire import decode
from data.types import ImageRecord

TARGET_RATIO = 5.0
TARGET_MEGABYTES = 600
_ROUND = 100  # annotations a way reads before it is the other's turn, so that a busy machine troubles both alike


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=5_000, help="annotations to time")
    parser.add_argument("--memory", type=int, nargs="*", default=[20_000, 200_000], help="sizes to measure memory at")
    parser.add_argument("--rounds", type=int, default=5, help="how often each annotation is read; the best time counts")
    parser.add_argument("--read-only", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read_only is not None:
        print(*_read_all(given.read_only))
        return
    print(describe())
    with tempfile.TemporaryDirectory() as folder:
        _report_speed(Path(folder), given.records, given.rounds)
        _report_memory(Path(folder), given.memory)


def _report_speed(folder: Path, records: int, rounds: int) -> None:
    path = folder / "labels.zip"
    size = write_archive(path, records, seed=records)
    archive = Archive(path)
    raws = [archive.read(member) for member in archive.members()]
    _assert_same(raws)
    ways: dict[str, Callable[[bytes], object]] = {
        "json.loads + pydantic models of the records": read_record,
        "json.loads + pydantic models of the files alone": read_annotation,
        "data.kfashion, files to records": lambda raw: record_of(decode(raw)),
    }
    seconds = _in_turn(raws, ways, rounds)
    print(f"{records:,} annotations of {size / records:,.0f} bytes; microseconds each:")
    for name, spent in seconds.items():
        print(f"  {name:<50}{spent / records * 1e6:8.1f}")
    usual, shape, ours = seconds.values()
    print(f"  {usual / ours:.1f} times faster than the same records (target {TARGET_RATIO:g})")
    print(f"  {shape / ours:.1f} times faster than pydantic on the files, which makes no records")
    usual_whole = _fastest(lambda: _usual_from_zip(path), rounds)
    ours_whole = _fastest(lambda: _read_all(path), rounds)
    print(
        f"  out of the zip, unpacking included: zipfile + json.loads + pydantic {usual_whole / records * 1e6:.1f}, "
        f"read_kfashion {ours_whole / records * 1e6:.1f}, {usual_whole / ours_whole:.1f} times faster"
    )


def _report_memory(folder: Path, sizes: Sequence[int]) -> None:
    print(f"peak memory of a process that reads an archive (target: flat, under {TARGET_MEGABYTES} MB):")
    for size in sizes:
        path = folder / f"labels{size}.zip"
        write_archive(path, size, seed=size)
        command = [sys.executable, "-m", "benchmarks.read_kfashion", "--read-only", str(path)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        print(f"  {int(said[0]):>9,} records  {float(said[1]):6.1f} MB")
        path.unlink()


def _read_all(path: Path) -> tuple[int, float]:
    """How many records there are, and this process's peak memory in MB."""
    count = sum(isinstance(record, ImageRecord) for record in read_kfashion([path], check_photos=False))
    return count, _peak_megabytes()


def _peak_megabytes() -> float:
    """Peak memory of this program alone; the resource module's figure on Linux begins with that of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _usual_from_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            read_record(archive.read(member))


def _in_turn(raws: Sequence[bytes], ways: dict[str, Callable[[bytes], object]], rounds: int) -> dict[str, float]:
    """Processor seconds of each way over all files: the sum over chunks of the best of ``rounds``."""
    total = dict.fromkeys(ways, 0.0)
    for start in range(0, len(raws), _ROUND):
        chunk = raws[start : start + _ROUND]
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(rounds):
            for name, way in ways.items():
                best[name] = min(best[name], _seconds(way, chunk))
        for name, spent in best.items():
            total[name] += spent
    return total


def _seconds(way: Callable[[bytes], object], chunk: Sequence[bytes]) -> float:
    began = time.process_time()
    for raw in chunk:
        way(raw)
    return time.process_time() - began


def _fastest(run: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        run()
        best = min(best, time.process_time() - began)
    return best


def _assert_same(raws: Sequence[bytes]) -> None:
    """Both ways must come to the same records, or the comparison says nothing."""
    for raw in raws[:500]:
        ours = msgspec.json.decode(msgspec.json.encode(record_of(decode(raw))))
        theirs = read_record(raw).model_dump(mode="json")
        if ours != theirs:
            raise SystemExit(f"the two readers disagree on image {ours['image_id']}:\n{ours}\n{theirs}")


if __name__ == "__main__":
    main()
