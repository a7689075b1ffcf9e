"""Results as the last expression of a cell, in a real IPython shell."""

import atexit
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

import svcq_lib as sq
from svcq_lib.display.formatters import as_html, as_text
from svcq_lib.narrative.gaps import title
from svcq_lib.reports.resources import topics
from svcq_lib.study import Label


@pytest.fixture
def shell(monkeypatch):
    # the shell puts a module of its own in the place of __main__, from which no process could be started afterwards
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    made = InteractiveShell()
    sq.load_ipython_extension(made)
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()


@pytest.mark.parametrize("topic", topics())
def test_a_result_shows_its_answer_and_its_table(shell, small_results, topic):
    data, _ = shell.display_formatter.format(small_results[topic])
    assert {"text/plain", "text/html"} <= set(data)
    assert "<h1>" in data["text/html"]
    assert "<table" in data["text/html"]
    answer = data["text/plain"].splitlines()[0]
    assert answer in data["text/html"].replace("&#x27;", "'")
    assert "\\[" not in data["text/plain"]
    assert "**" not in data["text/plain"]
    assert "DataFrame" not in data["text/plain"]


def test_the_answer_sentence_is_the_narrative_s(small_results):
    assert as_text(small_results["gaps"]).startswith(title(small_results["gaps"]))


def test_a_study_and_its_check_show_themselves(shell, small_demo):
    study = sq.open_study(small_demo)
    data, _ = shell.display_formatter.format(study)
    assert data["text/plain"].startswith(
        "Study: Harbour Bank (simulated data)\nStudy file: study.toml\nResponses: responses"
    )
    assert "22 questions in 5 dimensions" in data["text/html"]
    data, _ = shell.display_formatter.format(sq.check(study))
    assert data["text/plain"].startswith("0 error(s), 2 warning(s) in responses")
    assert data["text/html"].count("<tr>") == 3


def test_a_chinese_study_shows_itself_in_chinese(small_demo):
    study = sq.open_study(small_demo).model_copy(update={"language": "zh", "period": "2026-Q1"})
    assert as_text(study).startswith("研究: ")
    assert "2026年第一季度" in as_html(study)


def test_names_are_escaped_and_addresses_kept_out(small_demo):
    study = sq.open_study(small_demo).model_copy(update={"name": Label(en="<script>x</script>")})
    assert "<script>" not in as_html(study)
    spec = study.tables["responses"].model_copy(
        update={"path": None, "url": "duckdb://me:pw@h/x", "table": "t"}
    )
    online = study.model_copy(update={"tables": {**study.tables, "responses": spec}})
    assert "pw" not in as_html(online) + as_text(online)


def run(code, *options):
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_importing_in_a_shell_registers_and_stays_cheap(repo_root):
    code = (
        f"import sys; sys.path.insert(0, {str(repo_root)!r})\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "import svcq_lib\n"
        "html = shell.display_formatter.formatters['text/html']\n"
        "print(('svcq_lib.study.model', 'Study') in html.deferred_printers)\n"
        "print([name for name in ('pandas', 'polars', 'matplotlib', 'svcq_lib.display') if name in sys.modules])\n"
    )
    assert run(code).splitlines() == ["True", "[]"]


def test_importing_outside_a_shell_imports_no_ipython(repo_root):
    code = f"import sys; sys.path.insert(0, {str(repo_root)!r}); import svcq_lib; print('IPython' in sys.modules)"
    assert run(code).strip() == "False"
