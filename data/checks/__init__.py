"""Acquisition rules: which photos are fit for use, by which measure, and a page that shows the others."""

from data.checks.findings import CODES, CheckSettings, FaceDetector, FashionJudge, Finding, Verdict
from data.checks.images import check_images
from data.checks.photo import Judges, check_photo
from data.checks.report import write_report

__all__ = [
    "CODES",
    "CheckSettings",
    "FaceDetector",
    "FashionJudge",
    "Finding",
    "Judges",
    "Verdict",
    "check_images",
    "check_photo",
    "write_report",
]
