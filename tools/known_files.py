"""A known table as a file: parted by this or that, with lines around it, in this or that form."""

import csv
import gzip
import io
import json
import random
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
from known_table import Table

FORMS = ("csv", "csv", "csv", "csv", "csv", "csv", "csv", "gz", "zip", "xlsx", "jsonl", "json")
FORMS += ("parquet",)


@dataclass(frozen=True)
class Written:
    """A file, and what there is to say about it.

    Attributes
    ----------
    path
        Where it is.
    columns
        Which of its columns is which of ours.
    traits
        Kind: choice, of everything that was chosen.
    """

    path: Path
    columns: dict[str, str]
    traits: dict[str, str]


def write(draw: random.Random, table: Table, folder: Path) -> Written:
    """Write a table as a file, in ways that are drawn."""
    form = draw.choice(FORMS)
    traits = {"form": form, "times": table.date_style, "amounts": table.number_style}
    order = draw.choice([(0, 1, 2), (0, 1, 2), (1, 0, 2), (2, 1, 0)])
    names = [*table.language.header]
    if draw.random() < 0.3:
        names = ["customer_id", "timestamp", "amount"]
    cells = [list(row) for row in table.written()]
    names, cells = _with_more_columns(draw, table, names, cells, order)
    ours = [len(names) - 3 + order.index(n) for n in range(3)] if names[0] == "#" else None
    at = ours or [names.index(name) for name in _own(table, names)]
    if form == "xlsx":
        path, traits["cells"] = _workbook(draw, table, names, cells, at, folder)
    elif form in {"json", "jsonl", "parquet"}:
        path, traits["cells"] = _records(draw, table, names, cells, at, folder / f"t.{form}")
    else:
        path, names = _text(draw, table, names, cells, folder, form, traits)
    mapped = ("customer_id", "timestamp", "amount")
    columns = {ours: names[n] for ours, n in zip(mapped, at, strict=True)}
    return Written(path, columns, traits)


def _own(table: Table, names: list[str]) -> list[str]:
    standard = ["customer_id", "timestamp", "amount"]
    return standard if "timestamp" in names else list(table.language.header)


def _with_more_columns(
    draw: random.Random,
    table: Table,
    names: list[str],
    cells: list[list[str]],
    order: tuple[int, ...],
) -> tuple[list[str], list[list[str]]]:
    names = [names[n] for n in order]
    cells = [[row[n] for n in order] for row in cells]
    more = {
        "order": lambda n: f"A{1000 + n}",
        "City": lambda _: draw.choice(table.language.names),
        "note": lambda _: draw.choice(["", "", 'a "big" one', "a; b, c", "two\nlines", "x\ty"]),
        "coupon": lambda _: "",
        "qty": lambda _: str(draw.randrange(1, 9)),
    }
    for name in draw.sample(list(more), draw.choice([0, 0, 1, 2, 4])):
        place = draw.randrange(len(names) + 1)
        names.insert(place, name)
        for n, row in enumerate(cells):
            row.insert(place, more[name](n))
    return names, cells


# ---------------------------------------------------------------- text


def _text(draw, table, names, cells, folder, form, traits):
    """Write text; return its path and the names by which a job calls its columns."""
    sign = draw.choice([",", ",", ";", ";", "\t", "|", "blanks"])
    if sign == "blanks" and any(
        set(c) & set(' "\n\t') or not c for r in [names, *cells] for c in r
    ):
        sign = ";"
    end = draw.choice(["\n", "\n", "\r\n", "\r\n", "\r"])
    header = draw.random() < 0.85
    quoting = draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    around = draw.choice(["none"] * 5 + ["above", "padded above", "below", "units", "both"])
    around = "none" if around == "units" and not header else around
    shape = draw.choice(["full"] * 8 + [*SHAPES])
    shape = "full" if sign == "blanks" else shape
    # a line break in a cell is one of the file's own
    body = [[c.replace("\n", end) if end == "\r" else c for c in row] for row in cells]
    rows = _shaped(shape, [names, *body] if header else body, header=header)
    if around == "units":
        rows.insert(1, ["(text)"] * len(names))
    if around in {"below", "both"}:
        rows += _below(draw, table, len(names))
    text = _lines(rows, sign, end, quoting, draw)
    text = _above(draw, table, around, len(names), "," if sign == "blanks" else sign, end) + text
    stated = draw.random() < 0.05 and sign != "blanks"
    if stated:
        text = f"sep={sign}{end}{text}"
    if draw.random() < 0.1:
        text = text.removesuffix(end)
    encoding, data = _encoded(draw, table.language, text)
    traits |= {
        "parted by": sign, "line ends": end.encode("unicode_escape").decode(),
        "names": "a line" if header else "none", "around": around, "rows": shape,
        "quotes": "all" if quoting == csv.QUOTE_ALL else "needed", "encoding": encoding,
        "sep=": "said" if stated else "not said",
    }  # fmt: skip
    if not header:
        names = [f"column_{n}" for n in range(1, len(names) + 1)]
    return _packed(draw, data, folder, form), names


SHAPES = ("cut short", "one more", "blank lines", "names again", "padded")


def _shaped(shape, rows, *, header):
    """Return the rows as some programs leave them."""
    if shape == "cut short":
        return [rows[0], *map(_cut, rows[1:])]
    if shape == "one more":
        return [[*row, ""] for row in rows]
    if shape == "blank lines":
        return [part for n, row in enumerate(rows) for part in ([row, []] if n % 5 == 4 else [row])]
    if shape == "names again" and header:
        middle = len(rows) // 2 + 1
        return [*rows[:middle], rows[0], *rows[middle:]]
    if shape == "padded":
        return [[f"{cell} " for cell in row] for row in rows]
    return list(rows)


def _below(draw, table, width):
    """Return a line with the sum, or with how many rows there are."""
    total = table.write_amount(sum(row.mills for row in table.rows))
    if draw.random() < 0.7:
        return [[table.language.total, *[""] * (width - 2), total]]
    return [[f"{table.language.total}: {len(table.rows)}"]]


def _above(draw, table, around, width, sign, end):
    who, when, _ = table.language.header
    if around in {"above", "both"}:
        lines = [f"{when}: 2024"] if draw.random() < 0.5 else [f"{when}: 2024", f"{who}: X", ""]
        return "".join(line + end for line in lines)
    filler = sign * (width - 1)
    return f"{when}{filler}{end}{filler}{end}" if around == "padded above" else ""


def _packed(draw, data, folder, form):
    if form == "gz":
        path = folder / draw.choice(["t.csv.gz", "t.gz"])
        path.write_bytes(gzip.compress(data))
    elif form == "zip":
        path = folder / "t.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("t.csv", data)
    else:
        path = folder / draw.choice(["t.csv", "t.csv", "t.txt", "t.tsv"])
        path.write_bytes(data)
    return path


def _cut(row: list[str]) -> list[str]:
    row = list(row)
    while len(row) > 1 and row[-1] == "":
        row.pop()
    return row


def _lines(rows, sign, end, quoting, draw):
    if sign == "blanks":
        wide = [max(len(cell) for cell in column) for column in zip(*rows, strict=False)]
        lead = draw.choice(["", " "])
        return "".join(
            lead + "  ".join(c.ljust(w) for c, w in zip(row, wide, strict=False)).rstrip() + end
            for row in rows
        )
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=sign, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


def _encoded(draw, language, text):
    choices = [*language.encodings * 3, "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le"]
    encoding = draw.choice(choices)
    try:
        return encoding, text.encode(encoding)
    except UnicodeEncodeError:
        return "utf-8", text.encode()


# ---------------------------------------------------------------- cells with types


def _typed(draw, table, cells, at):
    """Return the cells, those of ours typed if drawn so; and how it was drawn."""
    times = draw.choice(["as text", "typed", "days"])
    amounts = draw.choice(["as text", "typed", "typed"])
    if draw.random() < 0.5:
        times = amounts = "typed"
    typed = []
    for row, meant in zip(cells, table.rows, strict=True):
        new = list(row)
        if times != "as text":
            new[at[1]] = meant.moment.date() if times == "days" else meant.moment
        if amounts == "typed":
            new[at[2]] = meant.mills / 1000
        typed.append(new)
    return typed, f"times {times}, amounts {amounts}"


def _records(draw, table, names, cells, at, path):
    typed, how = _typed(draw, table, cells, at)
    if path.suffix == ".parquet":
        columns = {name: [row[n] for row in typed] for n, name in enumerate(names)}
        pq.write_table(pa.table(columns), path)
        return path, how
    records = [dict(zip(names, map(_plain, row), strict=True)) for row in typed]
    ascii_only = draw.random() < 0.5
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(one, ensure_ascii=ascii_only) + "\n" for one in records)
    else:
        text = json.dumps(records, ensure_ascii=ascii_only, indent=draw.choice([None, 1]))
    path.write_text(text, encoding="utf-8")
    return path, how


def _plain(cell):
    return cell if isinstance(cell, str | float) else str(cell)


def _workbook(draw, table, names, cells, at, folder):
    typed, how = _typed(draw, table, cells, at)
    rows = [names, *typed]
    above = draw.choice([0, 0, 0, 1, 2])
    rows = [[table.language.header[1]], [], *rows][2 - above :]
    sheets = {"Sheet1": rows}
    if draw.random() < 0.2:
        sheets = {"About": [["x"]], **sheets}
    path = folder / "t.xlsx"
    write_workbook(path, sheets)
    return path, f"{how}, {above} rows above"


_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKED = "http://schemas.openxmlformats.org/package/2006"


def write_workbook(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    """Write the least that is a workbook: text, numbers, and dates in a format of dates."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    styles = len(sheets) + 1
    links += f'<Relationship Id="rId{styles}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKED}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package'
        '.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKED}/relationships"><Relationship Id="rId1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKED}/relationships">{links}'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet {_MAIN}><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill/></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        body = "".join(
            f'<row r="{r}">{"".join(_workbook_cell(cell, r, c) for c, cell in enumerate(row))}'
            "</row>"
            for r, row in enumerate(rows, 1)
        )
        sheet = f"<worksheet {_MAIN}><sheetData>{body}</sheetData></worksheet>"
        parts[f"xl/worksheets/sheet{n}.xml"] = sheet
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')


def _workbook_cell(cell: object, row: int, column: int) -> str:
    at = f'r="{chr(ord("A") + column)}{row}"'
    if isinstance(cell, float):
        return f"<c {at}><v>{cell!r}</v></c>"
    if hasattr(cell, "isoformat"):
        moment = datetime.fromisoformat(cell.isoformat())
        days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
        return f'<c {at} s="1"><v>{days!r}</v></c>'
    if cell == "":
        return ""
    return f'<c {at} t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>'
