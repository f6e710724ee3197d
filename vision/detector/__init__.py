"""Mask R-CNN for garments: what is worn in a photo, where, and which pixels are it."""

from vision.detector.classes import CLASSES, class_of
from vision.detector.config import DetectorConfig

__all__ = ["CLASSES", "DetectorConfig", "class_of"]
