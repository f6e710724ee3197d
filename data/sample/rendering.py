"""The steps of rendering a sample, in order: dress, photograph, annotate, plant oddities, ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from data.sample.annotate import Json, add_region, annotation, box_of, described, labels, spelled
from data.sample.catalogue import SampleItem, make_catalogue
from data.sample.drawing.photo import Photographer, Seen
from data.sample.outfits import OutfitSampler, TrueOutfit, draw_held_out, draw_worn
from data.sample.plan import PhotoPlan, plan_photos
from data.sample.prior import StyleRow, style_rows
from data.sample.question_files import write_questions
from data.sample.rule import Rule, RuleWeights
from data.sample.settings import SampleSettings
from data.sample.traps import FAULTS, Draft, Planted, plant_faults, plant_traps
from data.sample.truth import FORMAT, Manifest, SampleTruth, TrueBackdrop, TrueImage, TrueRegion

Progress = Callable[[int, int], None]
"""Called with the number of photos done and the number in all."""

PHOTOS: Final = "Training/원천데이터"
LABELS: Final = "Training/라벨링데이터"
_EVERYDAY = "스트리트"
_EVERYDAY_SHARE = 0.08
_SECOND_STYLE_SHARE = 0.3


class Rendering:
    """One run: holds what its steps share. Every step has a random stream of its own."""

    def __init__(self, root: Path, settings: SampleSettings) -> None:
        self._root = root
        self._settings = settings
        streams = np.random.SeedSequence(settings.seed).spawn(8)
        self._catalogue_rng, self._worn_rng, self._plan_rng, self._label_rng = map(np.random.default_rng, streams[:4])
        self._trap_rng, self._held_rng, self._question_rng, self._fault_rng = map(np.random.default_rng, streams[4:])
        self._styles = style_rows(int(np.clip(settings.catalogue_size // 25, 4, 20)))
        weights = RuleWeights(strength=settings.strength)
        catalogue = make_catalogue(settings.catalogue_size, self._styles, self._catalogue_rng)
        self._rule = Rule(catalogue, weights)
        self._sampler = OutfitSampler(self._rule)
        self._regions: list[TrueRegion] = []
        self._images: list[TrueImage] = []

    def run(self, progress: Progress | None) -> SampleTruth:
        worn = self._wear()
        photos = plan_photos(worn, self._settings, self._plan_rng)
        drafts = self._take(photos, progress)
        planted = [p for draft in drafts for p in draft.planted]
        if self._settings.faults:
            files = [(i.image_id, self._root / i.label, self._root / i.photo) for i in self._images]
            planted += plant_faults(files, self._fault_rng)
        outfits = [outfit for outfit, _ in worn] + self._hold_out([o.item_ids for o, _ in worn])
        truth = self._truth(outfits, photos, planted)
        write_questions(truth, self._question_rng)
        truth.save()
        return truth

    def _wear(self) -> list[tuple[TrueOutfit, int]]:
        drawn = draw_worn(self._sampler, self._settings.images, self._worn_rng)
        return [
            (TrueOutfit(outfit_id=f"train{k:05d}", split="train", item_ids=outfit), shots)
            for k, (outfit, shots) in enumerate(drawn)
        ]

    def _take(self, photos: Sequence[PhotoPlan], progress: Progress | None) -> list[Draft]:
        """Take and write all photos, then write their annotations with the traps planted."""
        photographer = Photographer()
        backdrop: tuple[int, NDArray[np.float32]] | None = None
        shots = Counter(photo.outfit.outfit_id for photo in photos)
        drafts = []
        pictures = self._root / "photos"
        pictures.mkdir(parents=True)
        for done, photo in enumerate(photos, 1):
            shoot = photo.shoot
            if backdrop is None or backdrop[0] != shoot.number:
                backdrop = shoot.number, shoot.backdrop.paint(*shoot.size)
            worn = [self._rule.items[i] for i in photo.outfit.item_ids]
            picture, seen, face = photographer.take(worn, shoot.model, backdrop[1], photo.shot)
            picture.save(pictures / photo.image_id, "JPEG", quality=photo.quality, dpi=(shoot.dpi, shoot.dpi))
            draft = self._draft(photo, seen)
            draft.spare = shots[photo.outfit.outfit_id] > 1
            drafts.append(draft)
            self._images.append(_true_image(photo, draft, face))
            if progress is not None:
                progress(done, len(photos))
        if self._settings.traps:
            plant_traps(drafts, self._trap_rng)
        self._place(drafts, pictures)
        return drafts

    def _draft(self, photo: PhotoPlan, seen: Sequence[Seen]) -> Draft:
        rng = self._label_rng
        record = annotation(photo.image_id, photo.name, photo.shoot.size, photo.shoot.created)
        for view in seen:
            item = self._rule.items[view.item_id]
            add_region(record, item.part, view.polygon, labels(item, self._settings, rng), rng)
            self._regions.append(_true_region(photo, item, view))
        folder, style = self._style(photo)
        described(record)["라벨링"]["스타일"] = [style]
        return Draft(image_id=photo.image_id, record=record, folder=folder)

    def _style(self, photo: PhotoPlan) -> tuple[str, Json]:
        """Folder and style label: the outfit's commonest style, sometimes the everyday one, sometimes with a second."""
        rng = self._label_rng
        rows = {row.name: row for row in self._styles}
        votes = Counter(_folder(rows, self._rule.items[i]) for i in photo.outfit.item_ids).most_common()
        folder = _EVERYDAY if rng.random() < _EVERYDAY_SHARE else votes[0][0]
        style = {"스타일": spelled(folder, self._settings, rng)}
        others = [name for name, _ in votes if name != folder]
        if others and rng.random() < _SECOND_STYLE_SHARE:
            style["서브스타일"] = others[0]
        return folder, style

    def _place(self, drafts: Sequence[Draft], pictures: Path) -> None:
        """Move photos and write annotations to where the (possibly trapped) drafts belong."""
        emptied = set()
        for index, draft in enumerate(drafts):
            photo = f"{PHOTOS}/{draft.folder}/{draft.image_id}{draft.suffix}"
            label = f"{LABELS}/{draft.folder}/{draft.image_id}.json"
            for path in (photo, label):
                (self._root / path).parent.mkdir(parents=True, exist_ok=True)
            (pictures / draft.image_id).rename(self._root / photo)
            (self._root / label).write_bytes(msgspec.json.encode(draft.record))
            changed = msgspec.structs.replace(self._images[index], photo=photo, label=label, style=draft.folder)
            self._images[index] = changed
            if any(p.code == "no_garment" for p in draft.planted):
                emptied.add(draft.image_id)
        pictures.rmdir()
        self._regions = [region for region in self._regions if region.image_id not in emptied]

    def _hold_out(self, worn: Sequence[tuple[str, ...]]) -> list[TrueOutfit]:
        settings = self._settings
        shown = {region.item_id for region in self._regions}
        held = draw_held_out(self._sampler, worn, shown, settings.valid_outfits + settings.test_outfits, self._held_rng)
        valid = len(held) * settings.valid_outfits // max(1, settings.valid_outfits + settings.test_outfits)
        return [
            TrueOutfit(outfit_id=f"held{k:05d}", split="valid" if k < valid else "test", item_ids=outfit)
            for k, outfit in enumerate(held)
        ]

    def _truth(
        self, outfits: Sequence[TrueOutfit], photos: Sequence[PhotoPlan], planted: Sequence[Planted]
    ) -> SampleTruth:
        codes = Counter(p.code for p in planted)
        counts = {"items": len(self._rule.items), "images": len(self._images), "regions": len(self._regions)}
        counts |= {f"{split}_outfits": sum(o.split == split for o in outfits) for split in ("train", "valid", "test")}
        backdrops = {p.shoot.number: TrueBackdrop(shoot=p.shoot.number, backdrop=p.shoot.backdrop) for p in photos}
        return SampleTruth(
            root=self._root,
            manifest=Manifest(
                format=FORMAT,
                settings=self._settings,
                rule=self._rule.weights,
                counts=counts,
                traps={code: n for code, n in sorted(codes.items()) if code not in FAULTS},
                faults={code: n for code, n in sorted(codes.items()) if code in FAULTS},
            ),
            items=self._rule.items,
            regions={region.region_id: region for region in self._regions},
            images={image.image_id: image for image in self._images},
            outfits={outfit.outfit_id: outfit for outfit in outfits},
            backdrops=backdrops,
            planted=tuple(planted),
        )


def _folder(rows: Mapping[str, StyleRow], item: SampleItem) -> str:
    return rows[item.style].folder


def _true_region(photo: PhotoPlan, item: SampleItem, view: Seen) -> TrueRegion:
    return TrueRegion(
        region_id=f"{photo.image_id}/{item.part}#0",
        image_id=photo.image_id,
        item_id=item.item_id,
        polygon=view.polygon,
        box=box_of(view.polygon),
        pixels=view.pixels,
    )


def _true_image(photo: PhotoPlan, draft: Draft, face: tuple[float, float, float, float]) -> TrueImage:
    x1, y1, x2, y2 = (round(v, 1) for v in face)
    return TrueImage(
        image_id=photo.image_id,
        photo="",
        label="",
        outfit_id=photo.outfit.outfit_id,
        shoot=photo.shoot.number,
        style=draft.folder,
        width=photo.shoot.size[0],
        height=photo.shoot.size[1],
        face=(x1, y1, x2, y2),
        face_masked=photo.shot.masked,
    )
