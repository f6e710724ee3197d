import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.types import Box, Region
from vision.crops import garment_crop, product_crop
from vision.embed import PhotoJob, embed
from vision.embeddings import EmbeddingStore
from vision.fingerprint import file_stamp, place_of
from vision.garment import BackdropEncoder, GarmentEncoder

ROOT = Path(__file__).resolve().parents[2]


class CountingEncoder:
    """The mean colour of a crop, and how often it was asked."""

    version = "1"
    dim = 3

    def __init__(self, name):
        self.name = name
        self.batches = []

    def encode(self, crops):
        self.batches.append(len(crops))
        return np.array([c.pixels.reshape(-1, 3).mean(axis=0) for c in crops], np.float32).reshape(-1, 3)


@pytest.fixture
def photos(tmp_path):
    """Eight photos, each half one shade and half another."""
    paths = []
    for i in range(8):
        pixels = np.full((40, 60, 3), 20 * i, np.uint8)
        pixels[:, 30:] += 100
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(pixels).save(paths[-1])
    return [str(path) for path in paths]


def half(start):
    region = Region(region_id="r", part="top", slot="top", box=Box(start, 0, start + 30, 40))
    return lambda photo: garment_crop(photo, region, margin=0)


def jobs_of(photos):
    return [PhotoJob(p, ((f"{i}/left", half(0)), (f"{i}/right", half(30)))) for i, p in enumerate(photos)]


@pytest.mark.parametrize("workers", [0, 3])
def test_every_crop_gets_its_own_vector_from_every_encoder(photos, tmp_path, workers):
    store, seen = EmbeddingStore(tmp_path / "e"), []
    encoders = [CountingEncoder("one"), CountingEncoder("two")]
    report = embed(encoders, jobs_of(photos), store, batch=5, workers=workers, progress=seen.append)
    assert (report.done, report.skipped, report.failed) == (16, 0, ())
    assert sum(seen) == 16
    assert encoders[0].batches == [5, 5, 5, 1]
    for encoder in encoders:
        vectors, known = store.load(encoder, ["3/left", "3/right", "7/right"])
        assert known.all()
        assert vectors[:, 0].tolist() == [60, 160, 240]


def test_photos_are_opened_once_for_all_their_crops(photos, tmp_path, monkeypatch):
    import vision.embed as module

    opened = []

    def counting(ref):
        opened.append(ref)
        return Image.open(ref).convert("RGB")

    monkeypatch.setattr(module, "open_photo", counting)
    embed([CountingEncoder("one"), CountingEncoder("two")], jobs_of(photos), EmbeddingStore(tmp_path / "e"))
    assert opened == photos


def test_second_run_does_nothing_and_a_new_encoder_only_its_own_part(photos, tmp_path):
    store = EmbeddingStore(tmp_path / "e")
    embed([CountingEncoder("one")], jobs_of(photos)[:5], store)
    first, second = CountingEncoder("one"), CountingEncoder("two")
    report = embed([first, second], jobs_of(photos), store)
    assert (report.done, report.skipped) == (16, 0)
    assert (sum(first.batches), sum(second.batches)) == (6, 16)
    again = embed([first, second], jobs_of(photos), store)
    assert (again.done, again.skipped) == (0, 16)


def test_bad_photos_and_bad_regions_are_reported_and_the_rest_goes_through(photos, tmp_path):
    text = tmp_path / "text.jpg"
    text.write_text("not a picture")
    cut_off = tmp_path / "cut.png"
    cut_off.write_bytes(Path(photos[0]).read_bytes()[:60])
    jobs = [
        PhotoJob(photos[1], (("good", half(0)), ("outside", half(500)))),
        PhotoJob(str(text), (("text", product_crop),)),
        PhotoJob(str(tmp_path / "gone.jpg"), (("gone", product_crop),)),
        PhotoJob(str(cut_off), (("cut", product_crop),)),
        PhotoJob(photos[2], (("last", product_crop),)),
    ]
    report = embed([CountingEncoder("one")], jobs, EmbeddingStore(tmp_path / "e"), workers=2)
    assert report.done == 2
    assert [problem.record_id for problem in report.failed] == ["outside", "text", "gone", "cut"]
    assert "no pixel of the region" in report.failed[0].reason
    assert report.failed[1].file == str(text)


def test_a_photo_that_was_replaced_is_embedded_again(photos, tmp_path):
    store, encoder = EmbeddingStore(tmp_path / "e"), CountingEncoder("one")
    embed([encoder], jobs_of(photos), store)
    Image.new("RGB", (60, 40), (7, 7, 7)).save(photos[2])
    os.utime(photos[2], ns=(1, 1))  # whatever the clock's grain
    report = embed([encoder], jobs_of(photos), store)
    assert (report.done, report.skipped, report.failed) == (2, 14, ())
    assert store.load(encoder, ["2/left", "2/right", "3/left"])[0][:, 0].tolist() == [7, 7, 60]
    assert embed([encoder], jobs_of(photos), store).done == 0


def test_an_outline_that_was_corrected_is_embedded_again(photos, tmp_path):
    store, encoder = EmbeddingStore(tmp_path / "e"), CountingEncoder("one")

    def job(start):
        region = Region(region_id="r", part="top", slot="top", box=Box(start, 0, start + 30, 40))
        return [PhotoJob(photos[1], (("r", half(start)), ("whole", product_crop)), {"r": place_of(region)})]

    embed([encoder], job(0), store)
    report = embed([encoder], job(30), store)
    assert (report.done, report.skipped) == (1, 1)
    assert store.load(encoder, ["r"])[0][0, 0] == 120


def test_a_vector_outlives_its_photo(photos, tmp_path):
    store, encoder = EmbeddingStore(tmp_path / "e"), CountingEncoder("one")
    embed([encoder], jobs_of(photos), store)
    os.unlink(photos[0])
    report = embed([encoder], jobs_of(photos), store)
    assert (report.done, report.skipped, report.failed) == (0, 16, ())


def test_a_member_of_an_archive_is_known_by_its_content_not_by_the_archive(photos, tmp_path):
    def stamp_of(*names):
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name, photo in names:
                archive.write(photo, name)
        os.utime(tmp_path / "a.zip", ns=(len(names), len(names)))
        return file_stamp(f"{tmp_path}/a.zip::x.png")

    first = stamp_of(("x.png", photos[0]))
    assert first is not None
    assert stamp_of(("y.png", photos[1]), ("x.png", photos[0])) == first
    assert stamp_of(("y.png", photos[1]), ("z.png", photos[1]), ("x.png", photos[2])) != first
    assert file_stamp(f"{tmp_path}/a.zip::none.png") is None


def test_an_id_that_comes_twice_is_embedded_once(photos, tmp_path):
    encoder = CountingEncoder("one")
    jobs = [PhotoJob(photos[3], (("same", half(0)),)), PhotoJob(photos[4], (("same", half(0)),))]
    report = embed([encoder], jobs, EmbeddingStore(tmp_path / "e"))
    assert (report.done, report.skipped) == (1, 1)


def test_interrupted_run_keeps_what_it_had_and_goes_on(photos, tmp_path):
    store = EmbeddingStore(tmp_path / "e")

    def interrupted():
        yield from jobs_of(photos)[:6]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed([CountingEncoder("one")], interrupted(), store, batch=4)
    assert len(store.known_ids(CountingEncoder("one"))) == 12
    report = embed([CountingEncoder("one")], jobs_of(photos), store)
    assert (report.done, report.skipped) == (4, 12)


def test_killed_run_leaves_a_store_that_opens_and_goes_on(photos, tmp_path):
    script = f"""
import os, signal, sys
import vision.embed as module
from vision.crops import product_crop
from vision.garment import BackdropEncoder
from vision.embeddings import EmbeddingStore
module.FLUSH_ROWS = 2
def jobs():
    for i, photo in enumerate({photos!r}):
        if i == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        yield module.PhotoJob(photo, ((str(i), product_crop),))
module.embed([BackdropEncoder()], jobs(), EmbeddingStore({str(tmp_path / "e")!r}), batch=1)
"""
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    store = EmbeddingStore(tmp_path / "e")
    assert store.known_ids(BackdropEncoder()) == {"0", "1", "2", "3"}
    jobs = [PhotoJob(p, ((str(i), product_crop),)) for i, p in enumerate(photos)]
    report = embed([BackdropEncoder(), GarmentEncoder()], jobs, store)
    assert report.done == 8
    assert store.load(BackdropEncoder(), [str(i) for i in range(8)])[1].all()
