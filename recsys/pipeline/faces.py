"""Copies of photos without the faces that are in them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from data.atomic import replacing
from data.checks import Finding
from data.checks.faces import crop_below_faces, mask_faces
from data.errors import PhotoError
from data.photos import open_photo

Treatment = Literal["mask", "crop"]


class FaceCopies:
    """Writes one treated copy for each finding of a face; originals are only read.

    A copy is named after its image id and the photo's reference, so no two photos share one and a second run writes
    the same files. ``written`` counts copies, ``failed`` says why a photo has none.
    """

    def __init__(self, folder: Path, treatment: Treatment) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._treatment = treatment
        self.written = 0
        self.failed: dict[str, str] = {}

    def add(self, finding: Finding) -> None:
        """Write the copy of a photo in which faces were found; any other finding is passed over."""
        if finding.code != "face" or not finding.boxes or finding.photo is None:
            return
        treat = mask_faces if self._treatment == "mask" else crop_below_faces
        try:
            copy = treat(open_photo(finding.photo), list(finding.boxes))
        except (PhotoError, ValueError) as error:
            self.failed[finding.image_id] = str(error)
            return
        with replacing(self._folder / _name(finding.image_id, finding.photo)) as temporary:
            copy.save(temporary, "PNG")
        self.written += 1


def _name(image_id: str, photo: str) -> str:
    """A file name that is safe whatever the id, and never that of an original (PNG, with a digest)."""
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in image_id)[:60]
    digest = hashlib.sha256("\0".join((image_id, photo)).encode()).hexdigest()[:12]
    return f"{plain}.{digest}.png"
