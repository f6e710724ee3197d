"""Pictures that a table names: found under one folder or archive, and never outside it."""

from __future__ import annotations

import os
from pathlib import Path

from data.archives import SEPARATOR, archive_name
from data.errors import PhotoError
from data.photos import photo_exists, photo_size


class PhotoFolder:
    """Resolves the cells of an image column.

    Parameters
    ----------
    root
        Folder or zip archive that the cells are relative to.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._is_archive = not root.is_dir() and archive_name(root.name) is not None
        self._inside = os.path.join(os.path.realpath(root), "")

    def find(self, cell: str) -> str:
        """The photo reference of a cell.

        Raises
        ------
        PhotoError
            The cell leads out of the folder (``..``, an absolute path, a symbolic link), nothing is there, or what is
            there is no picture by its header.
        """
        relative = cell.replace("\\", "/")
        if self._is_archive:
            ref = f"{self._root}{SEPARATOR}{relative}"
            if not photo_exists(ref):
                raise PhotoError(cell, f"not in {self._root}")
            return _picture(cell, ref)
        path = os.path.normpath(os.path.join(self._root, relative))
        if not os.path.realpath(path).startswith(self._inside):
            raise PhotoError(cell, f"leads out of {self._root}; images must lie inside it")
        if not os.path.isfile(path):
            raise PhotoError(cell, f"there is no such file in {self._root}")
        return _picture(cell, path)


def _picture(cell: str, ref: str) -> str:
    """The reference, once its header has been read."""
    try:
        photo_size(ref)
    except PhotoError as error:
        raise PhotoError(cell, error.reason) from error
    return ref
