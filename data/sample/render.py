"""Rendering of a whole sample: photos, annotations, truth and questions, complete or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from data.sample.errors import SampleError
from data.sample.rendering import Progress, Rendering
from data.sample.settings import SampleSettings
from data.sample.truth import SampleTruth, read_manifest


def render_sample(root: Path, settings: SampleSettings, progress: Progress | None = None) -> SampleTruth:
    """Write a K-Fashion-format data set with known truth below ``root`` and return the truth.

    Everything is rendered beside ``root`` first and moved there when it is complete; a sample that is already there is
    replaced. Equal settings give byte-equal files.

    Raises
    ------
    SampleError
        If ``root`` is a file or a folder that holds anything but a rendered sample.
    """
    root = root.absolute()
    _refuse_strangers(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
    try:
        truth = Rendering(work / "new", settings).run(progress)
        if root.exists():
            root.rename(work / "old")
        (work / "new").rename(root)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    truth.root = root
    return truth


def _refuse_strangers(root: Path) -> None:
    if not root.exists():
        return
    if not root.is_dir():
        raise SampleError(f"{root}: is a file; a folder that is new, empty or an earlier sample is needed")
    if any(root.iterdir()):
        try:
            read_manifest(root)
        except SampleError as error:
            raise SampleError(
                f"{root}: holds files that are no rendered sample ({error}); choose another folder"
            ) from None
