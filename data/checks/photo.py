"""The acquisition rules over one photo."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from data.checks.colour import cast_measure, colour_spread, to_lab
from data.checks.findings import CheckSettings, FaceDetector, FashionJudge, Finding, Pixels
from data.checks.frames import border_measure, seam_measure
from data.checks.garments import boxes_at_edge, region_box
from data.checks.header import Judgement, judge_dpi, judge_format, judge_ratio, judge_size, read_header
from data.checks.overlay import text_line
from data.checks.sharpness import blur_measure
from data.errors import PhotoError
from data.hashing import PhotoHash, photo_hash
from data.photos import open_photo
from data.types import Box, ImageRecord

_COLOUR_SIDE = 128
_WORK_SIDE = 1080
_READABLE = "a whole picture"


class Judges(Struct, frozen=True, kw_only=True):
    """Trained models that some rules need; without one its rule says "not judged"."""

    face_detector: FaceDetector | None = None
    fashion_judge: FashionJudge | None = None


NO_JUDGES = Judges()


class JudgedPhoto(Struct, frozen=True, kw_only=True):
    """A photo's findings, and its fingerprint: None where it cannot be opened or duplicates are not looked for."""

    image_id: str
    ref: str
    findings: list[Finding]
    fingerprint: PhotoHash | None = None


def check_photo(
    ref: str, record: ImageRecord | None, settings: CheckSettings, judges: Judges = NO_JUDGES
) -> list[Finding]:
    """Judge one photo by every rule but ``duplicate``, which needs the whole set.

    Parameters
    ----------
    ref
        The photo: a path, or ``<archive>.zip::<member>``.
    record
        Its annotation; without one (or without boxes) ``cut_off`` is not judged and findings carry ``ref`` as image id.

    Returns
    -------
    One finding a rule, in the order of `CODES`. A photo that cannot be opened has the one finding ``readable``.
    """
    return _Photo(ref, record, settings).findings(judges)


def judge_photo(record: ImageRecord, settings: CheckSettings, judges: Judges) -> JudgedPhoto:
    """`check_photo` for one of a set of photos, with what the search for duplicates needs to know of it."""
    ref = record.photo or ""
    photo = _Photo(ref, record, settings)
    hashed = photo.picture if "duplicate" not in settings.skip else None
    return JudgedPhoto(
        image_id=record.image_id,
        ref=ref,
        findings=photo.findings(judges),
        fingerprint=photo_hash(hashed) if hashed else None,
    )


def not_judgeable(record: ImageRecord, reason: str) -> JudgedPhoto:
    """What is said of a photo at which a rule broke down: as of one that cannot be opened, ``readable`` alone."""
    ref = record.photo or ""
    finding = _unreadable(ref, record, f"a rule broke down: {reason}")
    return JudgedPhoto(image_id=record.image_id, ref=ref, findings=[finding])


class _Photo:
    """One opened photo and what several rules need of it."""

    def __init__(self, ref: str, record: ImageRecord | None, settings: CheckSettings) -> None:
        self.ref = ref
        self.record = record
        self.settings = settings
        self.picture: Image.Image | None = None
        self._trouble = ""
        try:
            self.picture = open_photo(ref)
        except PhotoError as error:
            self._trouble = error.reason

    def findings(self, judges: Judges) -> list[Finding]:
        if self.picture is None:
            return [_unreadable(self.ref, self.record, self._trouble)]
        judged = {"readable": Judgement("pass", _READABLE)}
        judged |= self._by_header(self.picture)
        judged |= self._by_pixels(self.picture)
        found = [self._finding(code, judgement) for code, judgement in judged.items()]
        found.append(self._cut_off(self.picture.size))
        found += self._by_judges(np.asarray(self.picture), judges)
        return [finding for finding in found if finding.code not in self.settings.skip]

    def _by_header(self, picture: Image.Image) -> dict[str, Judgement]:
        header = read_header(self.ref)
        return {
            "size": judge_size(picture.size, self.settings),
            "ratio": judge_ratio(picture.size, self.settings),
            "dpi": judge_dpi(header, self.settings),
            "format": judge_format(header, self.settings),
        }

    def _by_pixels(self, picture: Image.Image) -> dict[str, Judgement]:
        settings, grey = self.settings, _grey(picture)
        lab = _lab(picture)
        seam = seam_measure(grey)
        line = text_line(grey)
        return {
            "blur": _at_most(blur_measure(self._garments(grey, picture.size)), settings.max_blur, "lost sharpness"),
            "cast": _at_most(cast_measure(lab), settings.max_cast, "chroma of highlights"),
            "filter": _at_least(colour_spread(lab), settings.min_colours, "spread across the main hue"),
            "border": _at_most(border_measure(grey), settings.max_border, "of the shorter side"),
            "collage": _at_most(seam, settings.max_seam, "of a whole row or column"),
            "overlay": _at_most(float(line.glyphs if line else 0), float(settings.max_glyphs), "letters in a row"),
        }

    def _garments(self, grey: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
        """The part of the picture that holds the garments, where the annotation says where they are."""
        boxes = [box for region in (self.record.regions if self.record else ()) if (box := region_box(region))]
        if not boxes:
            return grey
        scale = grey.shape[1] / size[0]
        x1, y1 = (max(0, int(scale * min(values))) for values in ([b.x1 for b in boxes], [b.y1 for b in boxes]))
        x2, y2 = (round(scale * max(values)) for values in ([b.x2 for b in boxes], [b.y2 for b in boxes]))
        part = grey[y1:y2, x1:x2]
        return part if min(part.shape) >= 32 else grey

    def _cut_off(self, size: tuple[int, int]) -> Finding:
        threshold = f"garments at least {self.settings.edge_margin:g} px from the edge"
        distance, boxes = boxes_at_edge(self.record.regions if self.record else (), size, self.settings.edge_margin)
        if distance is None:
            return self._finding("cut_off", Judgement("not_judged", threshold, detail="no garment box"))
        return self._finding("cut_off", Judgement("fail" if boxes else "pass", threshold, distance), boxes)

    def _by_judges(self, pixels: Pixels, judges: Judges) -> list[Finding]:
        settings = self.settings
        fashion = Judgement("not_judged", f"at least {settings.min_fashion:g}", detail="no fashion judge was given")
        if judges.fashion_judge is not None and "not_fashion" not in settings.skip:
            fashion = _at_least(float(judges.fashion_judge(pixels)), settings.min_fashion, "probability of fashion")
        faces: list[Box] = []
        face = Judgement("not_judged", f"at most {settings.max_faces} faces", detail="no face detector was given")
        if judges.face_detector is not None and "face" not in settings.skip:
            faces = judges.face_detector(pixels)
            face = _at_most(float(len(faces)), float(settings.max_faces), "faces")
        return [self._finding("not_fashion", fashion), self._finding("face", face, faces)]

    def _finding(self, code: str, judgement: Judgement, boxes: Iterable[Box] = ()) -> Finding:
        return Finding(
            image_id=self.record.image_id if self.record else self.ref,
            photo=self.ref,
            code=code,
            verdict=judgement.verdict,
            threshold=judgement.threshold,
            measured=judgement.measured,
            detail=judgement.detail,
            boxes=tuple(boxes),
        )


def _unreadable(ref: str, record: ImageRecord | None, detail: str) -> Finding:
    return Finding(
        image_id=record.image_id if record else ref,
        photo=ref,
        code="readable",
        verdict="fail",
        threshold=_READABLE,
        detail=detail,
    )


def _grey(picture: Image.Image) -> NDArray[np.float32]:
    """Brightness ``[H, W]``, 0 to 255, reduced where a side is over the longest that the rules accept."""
    grey = picture.convert("L")
    grey.thumbnail((_WORK_SIDE, _WORK_SIDE))
    return np.asarray(grey, dtype=np.float32)


def _lab(picture: Image.Image) -> NDArray[np.float64]:
    small = picture.copy()
    small.thumbnail((_COLOUR_SIDE, _COLOUR_SIDE), Image.Resampling.BOX)
    return to_lab(np.asarray(small)).reshape(-1, 3)  # [H, W, 3] -> [H * W, 3]


def _at_most(measured: float, limit: float, what: str) -> Judgement:
    return Judgement("pass" if measured <= limit else "fail", f"at most {limit:g} {what}", measured)


def _at_least(measured: float, limit: float, what: str) -> Judgement:
    return Judgement("pass" if measured >= limit else "fail", f"at least {limit:g} {what}", measured)
