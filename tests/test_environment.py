"""What is imported is declared, what is declared is used, and every list of packages says the same."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_IMPORTED = {
    "fastexcel": "polars reads .xlsx through it",
    "font-source-sans-pro": "its font files are looked up in the installed distribution",
    "ipykernel": "the kernel that runs the notebooks",
    "jupyterlab": "where analysts open the notebooks",
    "pyarrow": "polars and pandas exchange tables through it",
    "statsmodels": "part of the stack that notebooks promise: analysts fit models beside our results",
    "zhplot": "its Noto Sans SC file is looked up in the installed distribution",
}
IMPORTED_BY_NAME = {"duckdb", "psycopg", "pyspark"}
"""Drivers that ibis imports when an address asks for them, and Spark, which has no types to check."""

CONDA_NAMES = {
    "duckdb": ["python-duckdb"],
    "ibis-framework": ["ibis-duckdb", "ibis-postgres", "ibis-sqlite"],
    "jupyter-client": ["jupyter_client"],
    "matplotlib": ["matplotlib-base"],
}
"""Names of packages, or of packages with extras, that differ on conda-forge."""


@pytest.fixture(scope="module")
def project(repo_root: Path) -> dict[str, Any]:
    return tomllib.loads((repo_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(r.name): r for r in map(Requirement, lines)}


@pytest.fixture(scope="module")
def core(project: dict[str, Any]) -> dict[str, Requirement]:
    return requirements(project["dependencies"])


@pytest.fixture(scope="module")
def sql(project: dict[str, Any]) -> dict[str, Requirement]:
    return requirements(project["optional-dependencies"]["sql"])


@pytest.fixture(scope="module")
def extras(project: dict[str, Any]) -> dict[str, Requirement]:
    """What is installed only by those who ask for it, tests aside."""
    lines = [
        line for name, more in project["optional-dependencies"].items() if name != "test" for line in more
    ]
    return requirements(lines)


def imported_modules(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


@pytest.fixture(scope="module")
def third_party(repo_root: Path) -> dict[str, str]:
    """Every third-party top-level module that the package imports, with one file that imports it."""
    found = {}
    for path in sorted((repo_root / "svcq_lib").rglob("*.py")):
        for module in imported_modules(path.read_text(encoding="utf-8")):
            top = module.partition(".")[0]
            if top not in sys.stdlib_module_names and top != "svcq_lib":
                found[top] = path.relative_to(repo_root).as_posix()
    return found


installed = functools.cache(packages_distributions)  # reads the metadata of everything that is installed


def distributions_of(module: str) -> set[str]:
    return {canonicalize_name(name) for name in installed().get(module, [])}


def test_every_import_is_declared(
    third_party: dict[str, str], core: dict[str, Requirement], extras: dict[str, Requirement]
) -> None:
    declared = core.keys() | extras.keys()
    undeclared = {m: where for m, where in third_party.items() if not distributions_of(m) & declared}
    assert not undeclared


def test_every_dependency_is_imported_or_has_a_reason(
    third_party: dict[str, str], core: dict[str, Requirement], extras: dict[str, Requirement]
) -> None:
    imported = set().union(*map(distributions_of, third_party))
    assert core.keys() - imported - NOT_IMPORTED.keys() == set()
    assert extras.keys() - imported - IMPORTED_BY_NAME == set()


def test_reasons_name_declared_dependencies(core: dict[str, Requirement]) -> None:
    assert NOT_IMPORTED.keys() <= core.keys()


def test_conda_environment_has_the_same_names_and_bounds(
    repo_root: Path, project: dict[str, Any], core: dict[str, Requirement], sql: dict[str, Requirement]
) -> None:
    entries = yaml.safe_load((repo_root / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip_lines = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    written = {}
    for line in [e for e in entries if isinstance(e, str) and e != "pip"] + pip_lines:
        if line != "-e .":
            name, bounds = re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", line).groups()
            written[name] = set(bounds.split(","))
    pip_names = {re.match(r"[A-Za-z0-9_.-]+", line).group() for line in pip_lines if line != "-e ."}

    expected = {"python": set(project["requires-python"].split(","))}
    for name, requirement in (core | sql).items():
        for conda_name in [name] if name in pip_names else CONDA_NAMES.get(name, [name]):
            expected[conda_name] = {str(bound) for bound in requirement.specifier}
    assert written == expected


def test_lock_satisfies_the_declared_bounds(
    repo_root: Path, project: dict[str, Any], core: dict[str, Requirement], sql: dict[str, Requirement]
) -> None:
    lock = (repo_root / "requirements.lock").read_text(encoding="utf-8")
    pinned: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE):
        pinned.setdefault(name, []).append(version)
    declared = core | sql | requirements(project["optional-dependencies"]["test"])
    assert declared.keys() <= pinned.keys()
    outside = {
        name: version
        for name, requirement in declared.items()
        for version in pinned[name]
        if not requirement.specifier.contains(version)
    }
    assert not outside


def test_exporters_are_registered() -> None:
    points = entry_points(group="nbconvert.exporters")
    for name, exporter in (("svcq-html", "SvcqHTMLExporter"), ("svcq-pdf", "SvcqPDFExporter")):
        assert points[name].load().__name__ == exporter
