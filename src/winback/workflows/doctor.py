"""Check an installation: what winback needs, what is there, and the command that mends the rest.

Every check stands alone and imports what it needs by itself, so that a broken library spoils one
line and not the whole answer.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from winback.errors import Sentence, WinbackError
from winback.masking import mask

if TYPE_CHECKING:
    from winback.config import LoadedJob

State = Literal["ok", "broken", "optional"]
EXTRAS: Final = {
    "postgres": "purchases from, and lists into, PostgreSQL",
    "spark": "purchases from Spark",
    "tune": "winback train --tune",
    "notebook": "the notebooks",
}
# modules that are called otherwise than what is installed
_CALLED: Final = {"ibis": "ibis-framework[duckdb]", "sklearn": "scikit-learn", "yaml": "pyyaml"}
_SQLITE: Final = "sqlite:///"
_GB: Final = 1024**3
_LITTLE_MEMORY: Final = 2 * _GB
_LITTLE_DISK: Final = 1 * _GB


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    name
        What was checked.
    state
        ``ok``; ``broken``: a job will fail; ``optional``: not there, and only some need it.
    found
        What is there, or what is wrong, in half a sentence.
    mend
        The command, or the step, that puts it right; empty where nothing is to be done.
    """

    name: str
    state: State
    found: str
    mend: str = ""


def doctor(load_job: Callable[[], LoadedJob] | None = None) -> list[Finding]:
    """Check whatever a job needs: the interpreter, the libraries, the machine, the folders.

    Parameters
    ----------
    load_job
        Reads the job to look at: its output folder, its model store, the extras that it asks for.
        ``None``: the places that a job has by default.

    Returns
    -------
    list of Finding
        In the order in which to mend them.
    """
    loaded: list[LoadedJob] = []
    checks = [
        _alone("Python", _python),
        _alone("libraries", _libraries),
        _alone("LightGBM", _lightgbm),
        _alone("DuckDB", _duckdb),
        _alone("time zones", _time_zones),
        _alone("memory, cores", _machine),
    ]
    if load_job is not None:
        checks.append(_alone("job", lambda: _job(load_job, loaded)))
        if not loaded:  # where it writes, and to which store, nobody can say
            return checks
    job = loaded[0].job if loaded else None
    out = Path("outputs") if job is None else Path(job.output or Path("outputs") / job.name)
    checks.append(_alone("output folder", lambda: _folder("output folder", out)))
    checks.append(_alone("model store", lambda: _store(job.tracking.uri if job else None)))
    needed = _needed(job) if job is not None else set()
    return checks + [
        _alone(Sentence("extra: {name}", name=name), partial(_extra, name, needed))
        for name in EXTRAS
    ]


def _alone(name: str, check: Callable[[], Finding]) -> Finding:
    """Run one check; whatever it raises is what it found."""
    try:
        return check()
    except WinbackError as error:
        from winback.messages import Message

        said = Sentence("{said}", said=Message.of_error(error))
        return Finding(
            name,
            "broken",
            said,
            error.hint or Sentence("use {allowed}", allowed=error.allowed),
        )
    except metadata.PackageNotFoundError:  # the source is on the path, and nothing else
        return Finding(name, "broken", Sentence("winback is not installed"), _install("."))
    except Exception as error:  # noqa: BLE001  # a doctor tells of what it cannot examine, too
        fault = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Finding(name, "broken", fault, _reinstall(error))


def _reinstall(error: Exception) -> str:
    """Return the command that brings back what could not be imported."""
    module = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if not module or module == "winback":
        return Sentence("mend the libraries first; then: winback doctor")
    return _install("--force-reinstall", _CALLED.get(module, module))


def _install(*packages: str) -> str:
    """Return the command that installs packages into this very interpreter."""
    quoted = " ".join(f"'{p}'" if re.search(r"[^\w.-]", p) else p for p in packages)
    return f"{sys.executable} -m pip install {quoted}"


# ------------------------------------------------------------------ the installation


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    here = Sentence("{version} at {place}", version=version, place=sys.executable)
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(metadata.metadata("winback")["Requires-Python"])
    if not wanted.contains(version):
        return Finding(
            "Python",
            "broken",
            Sentence("{here}, needs {wanted}", here=here, wanted=wanted),
            "make PYTHON=python3.12 demo",
        )
    if sys.platform == "win32":
        return Finding(
            "Python",
            "broken",
            Sentence("{here}, on Windows", here=here),
            Sentence("wsl --install, and use it there"),
        )
    return Finding("Python", "ok", here)


def _requirements(extra: str = "") -> Iterator[Any]:
    """Yield what winback's own metadata ask for, for itself or for one of its extras."""
    from packaging.requirements import Requirement

    for line in metadata.requires("winback") or []:
        requirement = Requirement(line)
        marker = requirement.marker
        always = marker is None or marker.evaluate({"extra": ""})
        asked = marker is not None and marker.evaluate({"extra": extra}) and not always
        if asked if extra else always:
            requirement.marker = None
            yield requirement


def _compare(extra: str = "") -> tuple[list[str], list[tuple[Sentence, str]]]:
    """Return what is there, and what is not as needed: the words for it, and what to install."""
    there: list[str] = []
    faults: list[tuple[Sentence, str]] = []
    for requirement in _requirements(extra):
        name, wanted = requirement.name, str(requirement.specifier)
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            faults.append((Sentence("{name} is not installed", name=name), str(requirement)))
            continue
        there.append(f"{name} {version}")
        if not requirement.specifier.contains(version, prereleases=True):
            faults.append(
                (
                    Sentence(
                        "{name} is {version}, needs {wanted}",
                        name=name,
                        version=version,
                        wanted=wanted,
                    ),
                    str(requirement),
                )
            )
    return there, faults


def _libraries() -> Finding:
    there, faults = _compare()
    if faults:
        words = Sentence("{faults}", faults=[words for words, _ in faults])
        return Finding("libraries", "broken", words, _install(*(wanted for _, wanted in faults)))
    own = f"winback {metadata.version('winback')}"
    return Finding(
        "libraries", "ok", Sentence("{own}, and all {n} that it needs", own=own, n=len(there))
    )


def _extra(extra: str, needed: set[str]) -> Finding:
    name, what = Sentence("extra: {name}", name=extra), EXTRAS[extra]
    there, faults = _compare(extra)
    if not faults:
        return Finding(name, "ok", ", ".join(there))
    missing = Sentence("{faults}", faults=[words for words, _ in faults])
    mend = _install(*(wanted for _, wanted in faults))
    if extra in needed:
        return Finding(
            name, "broken", Sentence("{missing}; the job needs it", missing=missing), mend
        )
    return Finding(
        name,
        "optional",
        Sentence("{missing}; only for: {what}", missing=missing, what=Sentence(what)),
        mend,
    )


def _lightgbm() -> Finding:
    try:
        version = import_module("lightgbm").__version__
        here = Sentence("{version}, with its OpenMP runtime", version=version)
    except OSError as error:  # the library is there, and what it is linked against is not
        how = "brew install libomp" if sys.platform == "darwin" else "apt-get install -y libgomp1"
        return Finding(
            "LightGBM", "broken", Sentence("cannot be loaded: {error}", error=error), how
        )
    return Finding("LightGBM", "ok", here)


def _duckdb() -> Finding:
    from winback.data.connect import open_engine

    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(Path(folder))
        try:
            rows = engine.sql("SELECT sum(range) AS n FROM range(1000)").to_pyarrow()
        finally:
            engine.disconnect()
    if rows["n"][0].as_py() != 499_500:
        return Finding(
            "DuckDB", "broken", Sentence("adds up wrongly"), _install("--force-reinstall", "duckdb")
        )
    return Finding(
        "DuckDB", "ok", Sentence("{version} opens and computes", version=metadata.version("duckdb"))
    )


def _time_zones() -> Finding:
    from zoneinfo import available_timezones

    n = len(available_timezones())
    if n < 100:  # a slim container has none
        said = Sentence("only {n} {n:form.is/are} known", n=n)
        return Finding("time zones", "broken", said, _install("tzdata"))
    return Finding("time zones", "ok", Sentence("{n} {n:form.is/are} known", n=n))


def _machine() -> Finding:
    memory, cores = _memory(), _cores()
    here = Sentence(
        "{memory:.1f} GB, {cores} {cores:form.core/cores}", memory=memory / _GB, cores=cores
    )
    if memory < _LITTLE_MEMORY:
        hint = "give it 2 GB or more, or set compute.memory_limit in the job to half of what it has"
        return Finding("memory, cores", "optional", Sentence("{here}: little", here=here), hint)
    return Finding("memory, cores", "ok", here)


def _memory() -> int:
    """Return the memory that this process may use: the machine's, or its container's."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # "max", or no container
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return memory


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# ------------------------------------------------------------------ the places of a job


def _job(load_job: Callable[[], LoadedJob], loaded: list[LoadedJob]) -> Finding:
    from winback.data.contracts import CONTRACTS

    read = load_job()
    loaded.append(read)
    missing = []
    data = read.job.data
    for name in CONTRACTS:
        table = getattr(data, name)
        for source in table.sources if table is not None else ():
            if "://" in source or source.startswith("sample:"):
                continue
            path = Path(read.resolve(source))
            if not any(path.parent.glob(path.name) if "*" in path.name else [path.exists()]):
                missing.append(
                    Sentence("data.{name}: no file {source}", name=name, source=read.scrub(source))
                )
    if missing:
        mend = Sentence("put the file there, or name another in `source`")
        return Finding(
            "job",
            "broken",
            Sentence("{missing}", missing=missing),
            mend,
        )
    return Finding(
        "job", "ok", Sentence("{path} is well-formed, its files are there", path=read.path)
    )


def _folder(name: str, folder: Path) -> Finding:
    """Try to write where `folder` is, or would be made."""
    folder = folder.resolve()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        fault = Sentence(
            "{there} cannot be written: {error}", there=there, error=Sentence(error.strerror or "")
        )
        return Finding(
            name,
            "broken",
            fault,
            Sentence("chmod u+w {there}, or choose another place (--out)", there=there),
        )
    free = shutil.disk_usage(there).free
    here = Sentence("{folder} can be written, {free:.0f} GB free", folder=folder, free=free / _GB)
    if free < _LITTLE_DISK:
        return Finding(
            name,
            "broken",
            Sentence("{here}: too little", here=here),
            Sentence("df -h {there}; make room", there=there),
        )
    return Finding(name, "ok", here)


def _store(uri: str | None) -> Finding:
    from winback.registry import DEFAULT_URI, open_store

    address = uri or DEFAULT_URI
    if address.startswith(_SQLITE):
        file = Path(address.removeprefix(_SQLITE)).resolve()
        place = _folder("model store", file.parent)
        if place.state != "ok":
            return place
        if not file.exists():
            return Finding(
                "model store", "ok", Sentence("{file}: made by the first training", file=file)
            )
        if not os.access(file, os.W_OK):
            return Finding(
                "model store",
                "broken",
                Sentence("{file} is read-only", file=file),
                f"chmod u+w {file}",
            )
    store = open_store(uri, create=False)
    models = len(store.client.search_registered_models(max_results=1000))
    return Finding(
        "model store",
        "ok",
        Sentence("{store} answers, {n} {n:form.model/models}", store=mask(address), n=models),
    )


def _needed(job: Any) -> set[str]:
    """Return the extras that a job asks for."""
    tables = (job.data.transactions, job.data.customers, job.data.events, job.data.contacts)
    sources = [source for table in tables if table is not None for source in table.sources]
    needed = {"tune"} if job.churn.tune else set()
    if any(source.startswith(("postgres://", "postgresql")) for source in sources):
        needed.add("postgres")
    return needed
