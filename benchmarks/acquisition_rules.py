"""Precision and recall of every acquisition rule on photos broken on purpose.

    python -m benchmarks.acquisition_rules --photos 80 --ccp ../shared/real/ccp

Good photos are rendered and, where the folder is there, taken from Clothing Co-Parsing; each is broken in every way of
`benchmarks.acquisition_cases` and judged at the default thresholds. There is no target but the truth in docs/checks.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from benchmarks.acquisition_cases import Base, Case, cases, ccp_bases, ccp_heads, copies, encoded
from benchmarks.machine import describe
from data.checks import CheckSettings, Judges, check_images, check_photo
from data.checks.faces import HaarFaceDetector, mask_faces
from data.photos import open_photo
from data.sample import SampleSettings, render_sample
from data.types import Box

Verdicts = Counter[tuple[str, str, bool, str]]
"""Rule, way, whether broken, verdict, to how often."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=80, help="good photos of each kind")
    parser.add_argument("--ccp", type=Path, default=Path("../shared/real/ccp"), help="Clothing Co-Parsing, optional")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(describe())
    sets = {"rendered": rendered_bases(arguments.photos, arguments.seed)}
    if (arguments.ccp / "photos").is_dir():
        sets["street (CCP)"] = ccp_bases(arguments.ccp, arguments.photos)
    for name, bases in sets.items():
        rng = np.random.default_rng(arguments.seed)
        verdicts = judge(bases, rng)
        verdicts.update(judge_duplicates(bases, rng))
        if "CCP" in name:
            verdicts.update(judge_faces(arguments.ccp, arguments.photos, rng))
        report(f"{name}: {len(bases)} good photos", verdicts)


def judge(bases: list[Base], rng: np.random.Generator) -> Verdicts:
    verdicts: Verdicts = Counter()
    for place, base in enumerate(bases):
        for case in cases(base, bases[(place + 1) % len(bases)], rng):
            verdicts[case.rule, case.kind, case.broken, _verdict(case)] += 1
    return verdicts


def judge_duplicates(bases: list[Base], rng: np.random.Generator) -> Verdicts:
    """All photos and their copies as one set: a copy must be found, a photo of its own must not."""
    verdicts: Verdicts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        records, kinds = [], {}
        for base in bases:
            for kind, content in [("", encoded(base.picture, quality=92)), *copies(base.picture, rng)]:
                image_id = f"{base.name} {kind}"
                path = Path(folder) / f"{len(records):06d}.jpg"
                path.write_bytes(content)
                records.append(Case("duplicate", kind, bool(kind), b"", ()).record(image_id, str(path)))
                kinds[image_id] = kind
        for finding in check_images(sorted(records, key=lambda r: kinds[r.image_id] != ""), CheckSettings()):
            if finding.code == "duplicate":
                kind = kinds[finding.image_id]
                verdicts["duplicate", kind, bool(kind), finding.verdict] += 1
    return verdicts


def judge_faces(folder: Path, count: int, rng: np.random.Generator) -> Verdicts:
    """Real faces, the same photos cropped below the head, and the same with the faces found masked."""
    verdicts: Verdicts = Counter()
    detector = HaarFaceDetector()
    for shown, picture in ccp_heads(folder, count, rng):
        faces = detector(np.asarray(picture))
        verdicts["face", "shown" if shown else "cropped below the head", shown, "fail" if faces else "pass"] += 1
        if shown and faces:
            left = detector(np.asarray(mask_faces(picture, faces)))
            verdicts["face", "masked where found", False, "fail" if left else "pass"] += 1
    return verdicts


def _verdict(case: Case) -> str:
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(case.content)
        file.flush()
        findings = check_photo(file.name, case.record("case", file.name), CheckSettings(), Judges())
    return next((finding.verdict for finding in findings if finding.code == case.rule), "not_judged")


def report(title: str, verdicts: Verdicts) -> None:
    print(f"\n{title}\n{'rule':10} {'way':26} {'n':>5} {'caught':>7} {'precision':>9} {'recall':>7}")
    for rule in dict.fromkeys(rule for rule, _, _, _ in verdicts):
        caught, broken = _share(verdicts, rule, True)
        wrongly, good = _share(verdicts, rule, False)
        precision = caught / (caught + wrongly * broken / good) if caught + wrongly and good else float("nan")
        print(f"{rule:10} {'all':26} {broken:5} {caught:7} {precision:9.3f} {caught / max(broken, 1):7.3f}")
        for kind in dict.fromkeys(k for r, k, broken_, _ in verdicts if r == rule and broken_):
            hits, total = _of_kind(verdicts, rule, kind, True)
            print(f"{'':10} {kind:26} {total:5} {hits:7} {'':9} {hits / total:7.3f}")
        for kind in dict.fromkeys(k for r, k, broken_, _ in verdicts if r == rule and not broken_):
            hits, total = _of_kind(verdicts, rule, kind, False)
            print(f"{'':10} {'good: ' + (kind or 'untouched'):26} {total:5} {hits:7}")


def _share(verdicts: Verdicts, rule: str, broken: bool) -> tuple[int, int]:
    mine = {key: count for key, count in verdicts.items() if key[0] == rule and key[2] is broken}
    return sum(count for key, count in mine.items() if key[3] == "fail"), sum(mine.values())


def _of_kind(verdicts: Verdicts, rule: str, kind: str, broken: bool) -> tuple[int, int]:
    mine = {key[3]: count for key, count in verdicts.items() if key[:3] == (rule, kind, broken)}
    return mine.get("fail", 0), sum(mine.values())


def rendered_bases(count: int, seed: int) -> list[Base]:
    """Rendered photos, one a shoot as far as there are enough, with the true bounds of their garments."""
    with tempfile.TemporaryDirectory() as folder:
        truth = render_sample(Path(folder) / "sample", SampleSettings(images=2 * count, seed=seed, traps=False))
        boxes: defaultdict[str, list[Box]] = defaultdict(list)
        for region in truth.regions.values():
            boxes[region.image_id].append(Box(*region.box))
        first_of_shoot = {image.shoot: image for image in truth.images.values()}
        return [
            Base(f"rendered {image.image_id}", open_photo(str(truth.root / image.photo)), tuple(boxes[image.image_id]))
            for image in list(first_of_shoot.values())[:count]
        ]


if __name__ == "__main__":
    main()
