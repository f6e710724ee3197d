"""K-Fashion: photos of women's wear with boxes, polygons, attributes and styles, read as they really are."""

from data.kfashion.reader import ReadResult, read_kfashion
from data.kfashion.records import SOURCE, shoot_of, unknown_values

__all__ = ["SOURCE", "ReadResult", "read_kfashion", "shoot_of", "unknown_values"]
