"""Whole runs on the small demonstration study: what is made, what is skipped, what a failure leaves."""

import hashlib
import os
import re
import shutil

import nbformat
import polars as pl
import pytest
from nbformat.v4 import new_code_cell
from pypdf import PdfReader

from svcq_lib.display.blocks import BLOCK_MIME
from svcq_lib.errors import DataError, ParameterError, ReportError, StudyError
from svcq_lib.reports import execute, executors, kernels, manifest, resources
from svcq_lib.reports.run import run

FEW = {"n_boot": 50}
BOTH = ("en", "zh")
NAMES = [f"{topic}_{lang}" for topic in resources.topics() for lang in BOTH]
SVG_NAMESPACES = re.compile(r"xmlns(:\w+)?=\\?\"http://www\.w3\.org/[\w/]+\\?\"")


@pytest.fixture(scope="module", autouse=True)
def _settled_code():
    """The library's own code does not change during a test, even if an editor saves a file meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "code_fingerprint", lambda: "code")
        yield


@pytest.fixture(scope="module")
def made(small_demo, tmp_path_factory):
    """Everything made once, in two processes: the folder and the summary."""
    out = tmp_path_factory.mktemp("run") / "out"
    return out, run(small_demo, parameters=FEW, formats=("html", "pdf"), langs=BOTH, out=out, jobs=2)


@pytest.fixture
def copy(small_demo, tmp_path):
    """A copy of the study that may be changed."""
    shutil.copytree(small_demo.parent, tmp_path / "study")
    return tmp_path / "study" / "study.toml"


@pytest.fixture
def quick(monkeypatch):
    """Reports that need no kernel: one page with the job's name; returns the names made."""
    names = []

    def execute_(job, partial, outcome, arguments):
        names.append(job.name)
        outcome.title = job.name

    monkeypatch.setattr(execute, "_execute", execute_)
    monkeypatch.setattr(execute, "_exported", lambda form, notebook, job: f"{job.key} {form}".encode())
    monkeypatch.setattr(kernels, "choose", lambda fork: False)
    return names


def stamps(folder):
    """Return the state of every file but the lock, which says who works in the folder."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".svcq.lock"]
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in files}


def text_of(path):
    """Return all that a reader of a file can see or follow; of a PDF its links, and the text of one report's pages.

    The text of the others is left to the HTML of the same blocks: to extract it takes seconds a page.
    """
    if path.suffix != ".pdf":
        return path.read_text(encoding="utf-8")
    reader = PdfReader(path)
    pages = reader.pages if path.stem == "gaps_en" else []
    links = [
        str(mark.get_object().get("/A", {}).get("/URI", ""))
        for page in reader.pages
        for mark in page.get("/Annots", [])
    ]
    return "\n".join([*(page.extract_text() for page in pages), *links, str(reader.metadata)])


@pytest.mark.slow
def test_every_report_is_made(made):
    out, summary = made
    assert not summary.failed, [one.error for one in summary.failed]
    assert sorted(one.name for one in summary.outcomes) == sorted(NAMES)
    for name in NAMES:
        for ending in (".html", ".pdf", ".ipynb"):
            assert (out / f"{name}{ending}").stat().st_size > 10_000
        topic = name.split("_")[0]
        assert (out / name / f"{topic}.json").is_file()
        assert len(list((out / name).glob("*.csv"))) >= 3
    assert [path.name for path in out.rglob(".*")] == [".svcq.lock"]
    pages = PdfReader(out / "gaps_zh.pdf").pages
    assert len(pages) >= 3


@pytest.mark.slow
def test_the_manifest_records_what_was_made(made, small_demo):
    out, summary = made
    whole = manifest.read(out)
    assert sorted(whole["reports"]) == sorted(NAMES)
    responses = hashlib.sha256((small_demo.parent / "responses.csv").read_bytes()).hexdigest()
    assert whole["study"]["fingerprints"]["responses"] == responses
    listed = set()
    for name, entry in whole["reports"].items():
        assert entry["status"] == "done"
        assert entry["base"]["n"] == 1000
        assert 0 < entry["base"]["n_eff"] <= 1000
        assert set(entry["seconds"]) == {"execute", "html", "pdf"}
        assert all(0 < one < 300 for one in entry["seconds"].values())
        assert entry["parameters"]["where"] == {}
        assert entry["unit"] == ("all answers" if entry["lang"] == "en" else "全部答卷")
        assert entry["period"]
        assert ("n_boot" in entry["parameters"]) == (entry["topic"] != "scores")
        assert entry["title"]
        for output in entry["outputs"]:
            body = (out / output["path"]).read_bytes()
            assert hashlib.sha256(body).hexdigest() == output["sha256"], name
            assert len(body) == output["bytes"]
            listed.add(out / output["path"])
    own = {out / name for name in ("manifest.jsonl", "index.html", ".svcq.lock")}
    assert listed | own == {path for path in out.rglob("*") if path.is_file()}
    assert summary.index == out / "index.html"


@pytest.mark.slow
def test_every_link_of_the_index_leads_to_a_file(made):
    out, _ = made
    links = re.findall(r'href="([^"]*)"', (out / "index.html").read_text(encoding="utf-8"))
    files = [link for link in links if not link.startswith("#")]
    assert set(files) >= {f"{name}{ending}" for name in NAMES for ending in (".html", ".pdf", ".ipynb")}
    assert all((out / file).is_file() for file in files)


@pytest.mark.slow
def test_no_output_names_an_address_or_a_folder_of_this_machine(made, small_demo, repo_root):
    """SVG's own namespace names (xmlns) are not addresses; a PDF is judged by its text, links and properties."""
    out, _ = made
    folders = {os.fspath(one) for one in (out.parent, small_demo.parent.parent, repo_root)}
    folders |= {out.parent.name, small_demo.parent.parent.name, os.path.expanduser("~")} - {"/"}
    for path in (path for path in out.rglob("*") if path.is_file()):
        text = SVG_NAMESPACES.sub("", text_of(path))
        assert not re.search(r"https?:|www\.|file:", text), path.name
        assert not [folder for folder in folders if folder in text], path.name
        if path.suffix == ".pdf":
            assert not [folder for folder in folders if folder.encode() in path.read_bytes()]


@pytest.mark.slow
def test_a_second_run_executes_nothing_and_touches_no_file(made, small_demo, monkeypatch):
    out, _ = made
    before = stamps(out)
    monkeypatch.setattr(executors, "make", lambda job, kernel: pytest.fail(f"{job.name} was made again"))
    again = run(small_demo, parameters=FEW, formats=("pdf", "html"), langs=BOTH, out=out)
    assert list(again.skipped) == NAMES
    assert again.outcomes == ()
    assert stamps(out) == before


@pytest.mark.slow
def test_making_a_report_again_elsewhere_gives_the_same_bytes(made, small_demo, tmp_path):
    out, _ = made
    run(
        small_demo,
        ["gaps"],
        parameters=FEW,
        formats=("html", "pdf"),
        langs=("zh",),
        out=tmp_path / "a" / "b",
        force=True,
    )
    for path in (path for path in (tmp_path / "a" / "b").rglob("gaps*") if path.is_file()):
        assert path.read_bytes() == (out / path.relative_to(tmp_path / "a" / "b")).read_bytes(), path.name


@pytest.mark.slow
def test_an_executed_notebook_is_a_clean_record(made):
    out, _ = made
    notebook = nbformat.read(out / "gaps_en.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata["papermill"]["parameters"]["n_boot"] == 50
    assert notebook.metadata["svcq"]["base"] == 1000
    injected = next(cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert 'save_to = "gaps_en"' in injected.source
    assert "execution" not in str([cell.metadata for cell in notebook.cells])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_every_kind_of_block_in_its_language_and_no_warning(made, name):
    out, _ = made
    cells = nbformat.read(out / f"{name}.ipynb", as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    blocks = [output.data[BLOCK_MIME] for output in outputs if BLOCK_MIME in output.get("data", {})]
    assert blocks[0]["type"] == "title"
    assert {block["lang"] for block in blocks} == {name.rpartition("_")[2]}
    expected = {"title", "prose", "cards", "figure", "table", "notes", "facts"}
    assert {block["type"] for block in blocks} >= expected
    assert not [output.text for output in outputs if output.output_type == "stream"]


@pytest.mark.slow
def test_a_failing_notebook_stops_no_other(small_demo, tmp_path, monkeypatch):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    broken = nbformat.read(resources.notebook_of("gaps"), as_version=4)
    keep = ("parameters", "setup", "load", "compute", "answer", "save")
    broken.cells = [cell for cell in broken.cells if cell.id in keep]
    nbformat.write(broken, folder / "gaps.ipynb")
    broken.cells.insert(-1, new_code_cell("raise ValueError('no <b>bold</b> luck')", id="trouble"))
    nbformat.write(broken, folder / "broken.ipynb")
    monkeypatch.setattr(resources, "notebooks_dir", lambda: folder)
    out = tmp_path / "out"
    summary = run(small_demo, parameters=FEW, formats=("html", "pdf"), out=out)
    assert [(one.name, one.status) for one in summary.outcomes] == [
        ("gaps_en", "done"),
        ("broken_en", "failed"),
    ]
    assert (out / "gaps_en.pdf").is_file()
    page = (out / "broken_en.html").read_text(encoding="utf-8")
    assert "cell &#x27;trouble&#x27; failed: ValueError: no &lt;b&gt;bold&lt;/b&gt; luck" in page
    assert sorted(path.name for path in out.glob("*broken*")) == ["broken_en.html"]
    assert "broken_en.html" in (out / "index.html").read_text(encoding="utf-8")
    entry = manifest.read(out)["reports"]["broken_en"]
    assert entry["status"] == "failed"
    assert "no <b>bold</b> luck" in entry["error"]
    made_again = []
    monkeypatch.setattr(
        executors, "make", lambda job, kernel: made_again.append(job.name) or execute.failed(job, "again")
    )
    again = run(small_demo, parameters=FEW, formats=("html", "pdf"), out=out)
    assert made_again == ["broken_en"]
    assert again.skipped == ("gaps_en",)


def test_what_has_changed_is_made_again(copy, tmp_path, quick):
    out = tmp_path / "out"

    def again(**other):
        quick.clear()
        run(copy, **{"reports": ["gaps", "drivers"], "parameters": FEW, "out": out, **other})
        return list(quick)

    assert again() == ["gaps_en", "drivers_en"]
    assert again() == []
    assert again(force=True) == ["gaps_en", "drivers_en"]
    (out / "gaps_en.html").unlink()
    assert again() == ["gaps_en"]
    (out / "gaps_en.html").write_text("edited", encoding="utf-8")
    assert again() == ["gaps_en"]
    assert again(parameters={"n_boot": 51}) == ["gaps_en", "drivers_en"]
    assert again(parameters={"n_boot": 51, "lines": "scale"}) == ["drivers_en"]
    assert again(parameters={"n_boot": 51, "lines": "scale"}, langs=("en", "zh")) == ["gaps_zh", "drivers_zh"]
    assert again(parameters=FEW) == ["gaps_en", "drivers_en"]
    table = copy.parent / "responses.csv"
    answers = pl.read_csv(table, infer_schema=False)
    first = pl.int_range(pl.len()) == 0
    other = pl.when(first).then(pl.lit("3")).otherwise("P1").alias("P1")
    answers.with_columns(other).write_csv(table)
    assert again(parameters=FEW) == ["gaps_en", "drivers_en"]
    answers.with_columns(other, pl.lit("").alias("comment")).write_csv(table)  # no report reads it
    assert again(parameters=FEW) == []
    assert again(period="2026-Q1") == ["gaps_2026-Q1_en", "drivers_2026-Q1_en"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"reports": ["gasp"]}, ParameterError), ({"parameters": {"n_bot": 5}}, ParameterError),
        ({"parameters": {"n_boot": "many"}}, ParameterError), ({"parameters": {"lang": "zh"}}, ParameterError),
        ({"formats": ["docx"]}, ParameterError), ({"formats": []}, ParameterError), ({"langs": ["fr"]}, ParameterError),
        ({"where": {"planet": "Mars"}}, ParameterError), ({"period": "soon"}, ParameterError),
        ({"study_path": "nowhere.toml"}, StudyError),
    ],
)  # fmt: skip
def test_wrong_usage_writes_nothing(small_demo, tmp_path, quick, wrong, error):
    with pytest.raises(error):
        run(**{"study_path": small_demo, "out": tmp_path / "out", **wrong})
    assert not list(tmp_path.iterdir())
    assert not quick


def test_bad_data_write_nothing(copy, tmp_path, quick):
    table = copy.parent / "responses.csv"
    head, first, *rest = table.read_text(encoding="utf-8").splitlines()
    column = head.split(",").index("P1")
    cells = first.split(",")
    cells[column] = "77"
    table.write_text("\n".join([head, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="P1"):
        run(copy, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not quick


def test_filters_and_period_reach_the_notebook_and_the_record(small_demo, tmp_path, quick):
    where = {"region": "north"}
    jobs = []
    real_make = execute.make
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executors, "make", lambda job, kernel: jobs.append(job) or real_make(job, kernel))
        run(small_demo, ["gaps"], where=where, period="2026-Q1", out=tmp_path)
    given = {name: jobs[0].parameters[name] for name in ("where", "period")}
    assert given == {"where": where, "period": "2026-Q1"}
    whole = manifest.read(tmp_path)
    assert set(whole["study"]) == {"name", "file", "fingerprints"}
    parameters = whole["reports"]["gaps_region-north_2026-Q1_en"]["parameters"]
    assert (parameters["where"], parameters["period"]) == (where, "2026-Q1")


def test_reports_of_another_unit_or_period_lie_side_by_side(small_demo, tmp_path, quick):
    run(small_demo, ["gaps"], out=tmp_path)
    whole = (tmp_path / "gaps_en.html").read_bytes()
    run(small_demo, ["gaps"], where={"region": "north"}, period="2026-Q1", out=tmp_path)
    assert quick == ["gaps_en", "gaps_region-north_2026-Q1_en"]
    assert (tmp_path / "gaps_en.html").read_bytes() == whole
    assert run(small_demo, ["gaps"], out=tmp_path).skipped == ("gaps_en",)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "gaps_region-north_2026-Q1_en.html" in index


def test_a_format_that_is_not_asked_for_again_is_kept_while_it_is_up_to_date(small_demo, tmp_path, quick):
    def made(*formats, **other):
        quick.clear()
        run(small_demo, ["gaps"], **{"parameters": FEW, "formats": formats, "out": tmp_path, **other})
        return list(quick), sorted(path.suffix[1:] for path in tmp_path.glob("gaps_en.*"))

    assert made("html", "pdf") == (["gaps_en"], ["html", "pdf"])
    assert made("html") == ([], ["html", "pdf"])
    assert made("html", force=True) == (["gaps_en"], ["html", "pdf"])
    assert made("html", parameters={"n_boot": 60}) == (["gaps_en"], ["html"])
    assert made("pdf", parameters={"n_boot": 60}) == (["gaps_en"], ["html", "pdf"])


def test_the_record_holds_every_parameter_that_was_in_effect(small_demo, tmp_path, quick):
    run(small_demo, ["gaps"], parameters=FEW, out=tmp_path)
    parameters = manifest.read(tmp_path)["reports"]["gaps_en"]["parameters"]
    assert parameters == {
        "where": {}, "period": None, "outcome": None, "adjust": "holm", "ci_level": 0.95, "n_boot": 50, "seed": 0,
    }  # fmt: skip


@pytest.mark.parametrize("out", ["taken", "taken/below"])
def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(small_demo, tmp_path, quick, out):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(ReportError, match=r"cannot be written.*--out"):
        run(small_demo, ["gaps"], out=tmp_path / out)
    assert not quick


def test_reports_that_do_not_apply_are_left_out_unless_asked_for(copy, tmp_path, quick):
    text = copy.read_text(encoding="utf-8")
    start = text.index("[outcomes.csat]")
    text = text[:start] + text[text.index("[thresholds]") : text.index("[[targets]]")]
    copy.write_text(text, encoding="utf-8")
    summary = run(copy, out=tmp_path / "out")
    assert "drivers_en" not in quick
    assert "gaps_en" in quick
    assert "has no outcome to explain" in summary.left_out["drivers"]
    with pytest.raises(ParameterError, match="has no outcome to explain"):
        run(copy, ["drivers"], out=tmp_path / "out")


def test_reports_whose_section_is_missing_are_left_out(copy, tmp_path, quick):
    parts = re.split(r"(?m)^(?=\[)", copy.read_text(encoding="utf-8"))
    copy.write_text(
        "".join(one for one in parts if not one.startswith(("[returns]", "[effects]"))), encoding="utf-8"
    )
    summary = run(copy, out=tmp_path / "out")
    assert "gaps_en" in quick
    for topic in ("returns", "effects"):
        assert f"{topic}_en" not in quick
        assert f"has no [{topic}]" in summary.left_out[topic]


def test_a_change_of_any_table_that_a_report_reads_makes_it_again(copy, tmp_path, quick):
    run(copy, ["gaps"], out=tmp_path / "out")
    standards = copy.with_name("standards.csv")
    standards.write_text(standards.read_text(encoding="utf-8").replace("5.7", "5.8", 1), encoding="utf-8")
    run(copy, ["gaps"], out=tmp_path / "out")
    assert quick == ["gaps_en", "gaps_en"]
