# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write `docs/configuration.md` from the settings themselves: `python docs/make_reference.py`.

`tests/unit/test_docs.py` holds the page to what this script would write today.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from winback.config import Job

PAGE = Path(__file__).parent / "configuration.md"
HEAD = """# Configuration

One YAML is one job. This page is made by `python docs/make_reference.py` from the settings that
winback checks a job against; do not edit it by hand.

* Only `name`, `as_of` and `data.transactions.source` have no default. `winback init ORDERS.csv`
  writes a commented starter; `winback config show JOB.yaml` prints every setting in force and
  marks the defaults; `winback config schema` prints a JSON schema for editors.
* A key that does not exist is refused (exit code 2) with its line and the nearest known key.
* Relative input paths resolve against the YAML's folder; outputs go to `outputs/NAME/` under the
  working directory unless `output` or `--out` says otherwise.
* `${VAR}` in any text is filled from the environment. Its value is written to no log, manifest or
  MLflow parameter."""
KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true / false",
    "array": "list",
    "object": "mapping",
}
LIMITS = {
    "exclusiveMinimum": "> {}",
    "minimum": ">= {}",
    "exclusiveMaximum": "< {}",
    "maximum": "<= {}",
}


def page() -> str:
    """Return the whole page."""
    schema = Job.model_json_schema()
    parts = [HEAD, *_sections(schema, schema["$defs"], "")]
    return "\n".join(parts)


def _sections(schema: dict[str, Any], known: dict[str, Any], path: str) -> list[str]:
    """Write one section for a group of settings, then those of the groups within it."""
    title = f"`{path}`" if path else "The job"
    rows = [f"\n## {title}\n\n{schema['description'].splitlines()[0]}\n"]
    rows += ["| key | may be | default | meaning |", "|---|---|---|---|"]
    within: list[str] = []
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        group = _group(field, known)
        key = f"{path}.{name}" if path else name
        if group is not None and group["title"] != "TableSettings":
            within += _sections(group, known, key)
            may_be = "see below"
        elif group is not None:
            may_be = "as `data.transactions`: source, table, query, columns"
        else:
            may_be = _may_be(field)
        default = "**required**" if name in required else _default(field)
        meaning = field.get("description") or (group or {})["description"]
        cells = (f"`{name}`", may_be, default, meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return [*rows, *within]


def _group(field: dict[str, Any], known: dict[str, Any]) -> dict[str, Any] | None:
    """Return the group of settings that a key, or each item of its list, holds."""
    if field.get("type") == "array":
        field = field["items"]
    options = [field, *field.get("anyOf", [])]
    names = [option["$ref"].rpartition("/")[2] for option in options if "$ref" in option]
    return known[names[0]] if names else None


def _may_be(field: dict[str, Any]) -> str:
    options = field.get("anyOf", [field])
    return " or ".join(_one(option) for option in options)


def _one(option: dict[str, Any]) -> str:
    if option.get("type") == "null":
        return "null"
    if "enum" in option:
        return ", ".join(f"`{_plain(value)}`" for value in option["enum"])
    kind = "date" if option.get("format") == "date" else KINDS[option["type"]]
    limits = [text.format(option[key]) for key, text in LIMITS.items() if key in option]
    if "pattern" in option:
        limits.append(f"matching `{option['pattern']}`")
    return " ".join([kind, ", ".join(limits)]).strip()


def _default(field: dict[str, Any]) -> str:
    if "default" not in field or field["default"] in ([], {}):
        return ""
    return f"`{_plain(field['default'])}`"


def _plain(value: Any) -> str:
    """Write a value as YAML would."""
    if isinstance(value, str):
        return "\\t" if value == "\t" else value
    return json.dumps(value)


if __name__ == "__main__":
    PAGE.write_text(page() + "\n", encoding="utf-8")
