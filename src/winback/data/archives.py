"""Archives of several files: the parts of one table, or files to be named."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Final

from winback.data import text_layout
from winback.errors import DataError, Sentence

_TABLES: Final = (".csv", ".tsv")


def packed_tables(paths: list[Path], scratch: Path) -> list[Path]:
    """Return the files to be read: those packed in an archive of several, unpacked.

    Parameters
    ----------
    paths
        Files, one of which may be a ``.zip``.
    scratch
        An empty folder that lasts until they are read.

    Raises
    ------
    DataError
        The archive holds tables of different columns, or none.

    Examples
    --------
    >>> packed_tables([Path("orders.csv")], Path("unused"))
    [PosixPath('orders.csv')]
    """
    if len(paths) != 1 or paths[0].suffix.lower() != ".zip" or not zipfile.is_zipfile(paths[0]):
        return paths
    (path,) = paths
    with zipfile.ZipFile(path) as archive:
        names = sorted(
            name
            for name in archive.namelist()
            if not name.startswith("__MACOSX") and not Path(name).name.startswith(".")
        )
        tables = [name for name in names if name.lower().endswith(_TABLES)]
        if not tables or (len(tables) == 1 and names == tables):
            return paths  # one file of any name is read as it is packed
        parts = []
        for n, name in enumerate(tables):
            part = scratch / str(n) / Path(name).name
            part.parent.mkdir()
            with archive.open(name) as packed, part.open("wb") as plain:
                shutil.copyfileobj(packed, plain)
            parts.append(part)
    columns = [text_layout.layout(part).names for part in parts]
    if len({frozenset(names) for names in columns}) > 1:
        raise DataError(
            "the archive holds tables of different columns",
            where=str(path),
            got="; ".join(
                f"{name}: {', '.join(names)}"[:160]
                for name, names in zip(tables, columns, strict=True)
            ),
            hint=Sentence("unpack it, and give the folder: winback init {stem}/", stem=path.stem),
        )
    return parts
