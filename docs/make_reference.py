# ruff: noqa: INP001 - a script beside what it writes, no package
"""Write the reference from the code itself: `python docs/make_reference.py`.

`docs/configuration.md` from the settings, `docs/command_line.md` from the commands,
`docs/python.md` from the docstrings.
`tests/unit/test_docs.py` holds the pages to what this script would write today.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer.main

import winback
from winback.cli import app
from winback.config import Job

PAGE = Path(__file__).parent / "configuration.md"
PYTHON = PAGE.with_name("python.md")
COMMANDS = PAGE.with_name("command_line.md")
PYTHON_HEAD = """# Python

Made by `python docs/make_reference.py` from the docstrings; do not edit it by hand.

`import winback as wb` gives everything that an analyst needs; each name is imported when it is
first used. Every frame that goes in has the columns `customer_id`, `frequency`, `recency`, `T` and
`monetary_value` (`wb.rfm_summary` makes it), or those of `wb.behaviour_table`; what comes out is
aligned with its index. `help(wb.NAME)` tells of parameters, returns, errors, and shows an example.

A model that a job has registered predicts on such a frame, made at the day that you ask about:

```python
# no-run: needs a job that has run
import winback as wb

frame = wb.open_job("shop.yaml").features()  # a row a customer, at the job's as_of
churn, value = (wb.load(f"shop-{role}@champion") for role in ("churn", "value"))
print(churn)  # what it is, what it needs, what it is fit for, what to know of it
churn.predict(frame)  # p_churn, aligned with the frame
value.predict(frame)  # expected_purchases, expected_spend, clv and its interval
```

| name | what it is |
|---|---|"""
COMMANDS_HEAD = """# Command line

Made by `python docs/make_reference.py` from the commands themselves; do not edit it by hand.

`winback` alone prints the first five commands that one needs, `winback COMMAND --help` what
stands here. Progress and warnings go to standard error, results to standard output: with `--json`
there is nothing but JSON on it, an error too (`{"error": …, "exit_code": …}`).

| exit code | |
|---|---|
| 0 | done |
| 1 | the job failed; one line says why, `--debug` shows the trace |
| 2 | bad usage or configuration |
| 3 | bad data: what, where, how many |
| 4 | the gate refused a promotion (`promote`; `run` keeps the champion, says so, and ends with 0) |
| 130, 143 | stopped by Ctrl-C, or by a scheduler; the earlier results are whole |

**Completion.** `winback --install-completion` teaches your shell (bash, zsh, fish, PowerShell) the
commands, the options and the paths of jobs; open a new shell, then `winback run <Tab>`."""
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
        rows.append(
            "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
        )
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


def python() -> str:
    """Return the page of public names: a line each, and the place that the site fills."""
    rows = [PYTHON_HEAD]
    for name in winback.__all__:
        said = (getattr(winback, name).__doc__ or "").strip().split("\n\n")[0]
        first = " ".join(said.split()).split(". ")[0].rstrip(".")
        rows.append(f"| `wb.{name}` | {first.replace('|', chr(92) + '|')} |")
    return "\n".join([*rows, "", "<!-- every public name -->"])


def commands() -> str:
    """Return the page of the command line."""
    return "\n".join([COMMANDS_HEAD, *_commands(typer.main.get_command(app), "winback")])


def _commands(group: Any, path: str) -> list[str]:
    """Write one section for a command, those of a group one after the other."""
    parts: list[str] = []
    for name, command in group.commands.items():
        whole = f"{path} {name}"
        if hasattr(command, "commands"):
            parts += _commands(command, whole)
            continue
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        words = [whole, *(_name(p) if p.required else f"[{_name(p)}]" for p in arguments)]
        parts.append(f"\n## `{' '.join(words)}`\n")
        for paragraph in command.help.split("\n\n"):
            example = paragraph.removeprefix("Example: ")
            is_example = example != paragraph
            parts.append(f"```sh\n{example}\n```\n" if is_example else f"{paragraph}\n")
        parts += ["| | default | |", "|---|---|---|"]
        parts += [_parameter(parameter) for parameter in command.params]
    return parts


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _parameter(parameter: Any) -> str:
    """Write one row."""
    shown = parameter.show_default
    if parameter.param_type_name == "argument":
        name = _name(parameter)
        default = "**required**" if parameter.required else shown or ""
    else:
        value = "" if parameter.is_flag else f" {parameter.metavar or 'VALUE'}"
        name = ", ".join(f"{option}{value}" for option in parameter.opts)
        default = shown if isinstance(shown, str) else parameter.default
    told = f"`{default}`" if default not in (None, False, "", "**required**") else default or ""
    return f"| `{name}` | {told} | {' '.join(parameter.help.split())} |"


if __name__ == "__main__":
    COMMANDS.write_text(commands() + "\n", encoding="utf-8")
    PAGE.write_text(page() + "\n", encoding="utf-8")
    PYTHON.write_text(python() + "\n", encoding="utf-8")
