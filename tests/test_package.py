"""The public interface: what ``import svcq_lib`` gives, and what it does not load."""

import ast
import subprocess
import sys

import pytest

import svcq_lib as sq

HEAVY = (
    "pandas",
    "polars",
    "numpy",
    "scipy",
    "matplotlib",
    "seaborn",
    "great_tables",
    "papermill",
    "nbconvert",
    "ibis",
    "pydantic",
)


@pytest.mark.parametrize("name", sq.__all__)
def test_every_public_name_is_there_and_documented(name):
    found = getattr(sq, name)
    assert found.__doc__
    assert found.__module__.startswith("svcq_lib")
    assert found.__name__ == name


def test_names_are_listed_once_and_in_order():
    assert list(sq.__all__) == sorted(sq.__all__)
    assert len(set(sq.__all__)) == len(sq.__all__)
    assert set(sq.__all__) == set(sq._HOME_OF)
    assert set(sq.__all__) <= set(dir(sq))
    assert dir(sq) == sorted(set(dir(sq)))


def test_type_checkers_see_the_same_names(repo_root):
    tree = ast.parse((repo_root / "svcq_lib" / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == sq._HOME_OF


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'gap'"):
        _ = sq.gap
    assert not hasattr(sq, "pandas")


def test_importing_loads_nothing_heavy(repo_root):
    code = f"import sys, svcq_lib; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repo_root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_submodule_is_not_hidden_by_a_function_of_its_name():
    import svcq_lib.analyses.gaps
    import svcq_lib.display

    assert sq.gaps is svcq_lib.analyses.gaps.gaps
    assert sq.display.show is sq.show


def test_the_version_is_a_version():
    from packaging.version import Version

    assert Version(sq.__version__) >= Version("0.1.0")
