"""What may stand in the repository, and what the built packages carry."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

MEGABYTE = 1_000_000
# Written in pieces, so that this file does not name them.
MACHINE_PATHS = ["/" + name + "/" for name in ("work", "root", "home/runner")]
REGISTRY_HOSTS = [
    ".".join(p) for p in (("pypi", "org"), ("pythonhosted", "org"), ("anaconda", "org"), ("npmjs", "org"))
]


@pytest.fixture(scope="module")
def tracked(repo_root: Path) -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repo_root, capture_output=True, text=True, check=True
    ).stdout
    return [repo_root / name for name in listing.split("\0") if name and (repo_root / name).exists()]


@pytest.fixture(scope="module")
def wheel(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as an installer would get it: built from the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, repo_root],
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_notebooks_are_stored_without_outputs(tracked: list[Path]) -> None:
    notebooks = [path for path in tracked if path.suffix == ".ipynb"]
    assert notebooks
    for path in notebooks:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code), path.name


def test_no_tracked_file_names_a_machine_or_a_registry(tracked: list[Path], repo_root: Path) -> None:
    pattern = re.compile("|".join(map(re.escape, MACHINE_PATHS + REGISTRY_HOSTS)).encode())
    named = [path.relative_to(repo_root).as_posix() for path in tracked if pattern.search(path.read_bytes())]
    assert named == []


def test_every_test_that_the_documents_name_exists(repo_root: Path) -> None:
    text = (repo_root / "docs" / "verification.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named) > 50
    gone = [
        f"{file}::{name}"
        for file, name in named
        if f"def {name}(" not in (repo_root / file).read_text("utf-8")
    ]
    assert gone == []


def test_large_files_stay_in_the_demonstration_study(tracked: list[Path], repo_root: Path) -> None:
    demo = repo_root / "data" / "demo"
    large = [p.name for p in tracked if not p.is_relative_to(demo) and p.stat().st_size > MEGABYTE]
    assert large == []


def test_lock_has_hashes_and_names_no_host(repo_root: Path) -> None:
    text = (repo_root / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    # A source archive and a wheel, or several wheels: one hash alone would fit one platform only, unless it is that of
    # a source archive of pure Python, the only file that was released.
    single = {entry.split("==")[0] for entry in entries if entry.count("--hash=sha256:") < 2}
    assert single <= {"cronsim"}


def test_licence_is_apache_2(repo_root: Path) -> None:
    text = (repo_root / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_wheel_carries_what_the_package_needs(wheel: zipfile.ZipFile, repo_root: Path) -> None:
    names = set(wheel.namelist())
    bundled = {
        f"svcq_lib/bundle/notebooks/{path.name}" for path in (repo_root / "notebooks").glob("*.ipynb")
    } | {
        f"svcq_lib/bundle/reference/{path.name}" for path in (repo_root / "data" / "reference").glob("*.csv")
    }
    templates = {
        path.relative_to(repo_root).as_posix()
        for path in (repo_root / "svcq_lib" / "reports" / "templates").rglob("*")
        if path.is_file()
    }
    assert bundled
    assert templates
    assert bundled | templates | {"svcq_lib/py.typed", "svcq_lib/__init__.py"} <= names


def test_wheel_carries_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"svcq_lib"}
    assert not [name for name in wheel.namelist() if "checkpoint" in name or name.endswith(".pyc")]


def test_wheel_keeps_licence_and_entry_points(wheel: zipfile.ZipFile) -> None:
    info = next(name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name)
    points = wheel.read(f"{info}/entry_points.txt").decode()
    assert f"{info}/licenses/LICENSE" in wheel.namelist()
    for line in ("svcq = svcq_lib.cli:main", "svcq-html = ", "svcq-pdf = "):
        assert line in points
