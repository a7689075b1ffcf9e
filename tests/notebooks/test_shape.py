"""The shape of every notebook: a question, parameters, one call per cell, no logic, no outputs."""

import ast
import re

import nbformat
import papermill
import pytest

from svcq_lib.narrative.phrases import half_width_marks
from svcq_lib.reports.resources import notebook_of, topics

FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.If, ast.IfExp, ast.Try,
    ast.TryStar, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.With, ast.Match, ast.BoolOp,
    ast.Compare, ast.BinOp, ast.Subscript,
)  # fmt: skip
TYPES = re.compile(r"str|int|float|bool|date|list\[(str|int|float)\]|dict\[str,str\]|\w+(\|\w+)+")


@pytest.fixture(scope="module", params=topics())
def notebook(request):
    return request.param, nbformat.read(notebook_of(request.param), as_version=4)


def code(cells):
    return [cell for cell in cells if cell.cell_type == "code"]


def tagged(cells, tag):
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def test_it_is_valid_and_stored_without_outputs(notebook):
    _, found = notebook
    nbformat.validate(found)
    assert found.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in code(found.cells):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert set().union(*(cell.metadata for cell in found.cells)) <= {"tags"}


def test_there_is_no_logic_in_it(notebook):
    _, found = notebook
    for cell in code(found.cells):
        tree = ast.parse(cell.source)
        assert not [node for node in ast.walk(tree) if isinstance(node, FORBIDDEN)], cell.id
        assert "%" not in cell.source
        assert "!" not in cell.source


def test_each_cell_after_the_parameters_is_one_statement(notebook):
    _, found = notebook
    for cell in code(found.cells)[1:]:
        assert len(ast.parse(cell.source).body) == 1, cell.id


def test_only_the_library_is_imported_and_one_call_computes(notebook):
    topic, found = notebook
    trees = [ast.parse(cell.source) for cell in code(found.cells)]
    imports = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert [ast.unparse(node) for node in imports] == ["import svcq_lib as sq"]
    called = [
        ast.unparse(node.func) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)
    ]
    assert called.count(f"sq.{topic}") == 1
    assert called.count("sq.open_study") == 1


def test_parameters_are_declared_so_that_papermill_sees_them(notebook):
    topic, found = notebook
    (cell,) = tagged(found.cells, "parameters")
    seen = papermill.inspect_notebook(str(notebook_of(topic)))
    names = [node.targets[0].id for node in ast.parse(cell.source).body]
    assert list(seen) == names
    for one in seen.values():
        assert TYPES.fullmatch(one["inferred_type_name"]), one
        assert one["help"].strip()
        ast.literal_eval(one["default"])


def test_every_parameter_is_used(notebook):
    _, found = notebook
    (cell,) = tagged(found.cells, "parameters")
    rest = [ast.parse(one.source) for one in code(found.cells)[1:]]
    used = {node.id for tree in rest for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert {node.targets[0].id for node in ast.parse(cell.source).body} <= used


def test_it_asks_its_question_in_both_languages(notebook):
    _, found = notebook
    english, chinese = found.cells[:2]
    assert english.metadata.tags == ["lang-en"]
    assert chinese.metadata.tags == ["lang-zh"]
    assert re.match(r"# .+\?\n\n.+\.$", english.source)
    assert re.match(r"# .+？\n\n.+。$", chinese.source)


def test_words_come_in_pairs(notebook):
    _, found = notebook
    words = [cell for cell in found.cells if cell.cell_type == "markdown"]
    assert len(words) % 2 == 0
    for english, chinese in zip(words[::2], words[1::2], strict=True):
        assert (english.metadata.tags, chinese.metadata.tags) == (["lang-en"], ["lang-zh"])
        assert english.id.removesuffix("-en") == chinese.id.removesuffix("-zh")
        assert english.source.count("#") == chinese.source.count("#")
        assert english.source.count("\n") == chinese.source.count("\n")
        assert not re.search(r"[\u4e00-\u9fff]", english.source)
        assert re.search(r"[\u4e00-\u9fff]", chinese.source)
        assert not half_width_marks(chinese.source)


def test_it_is_short_and_its_cells_are_named(notebook):
    _, found = notebook
    assert len([cell for cell in found.cells if "lang-zh" not in cell.metadata.get("tags", [])]) <= 27
    names = [cell.id for cell in found.cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


def test_it_runs_in_the_order_of_a_report(notebook):
    _, found = notebook
    names = [cell.id for cell in found.cells]
    order = [
        "question-en",
        "parameters",
        "setup",
        "load",
        "compute",
        "answer",
        "caveats",
        "method",
        "provenance",
        "save",
    ]
    assert [name for name in names if name in order] == order
    assert found.cells[-1].source == "sq.save(result, save_to)"


def test_what_is_shown_is_shown_in_the_report_s_language(notebook):
    _, found = notebook
    for cell in code(found.cells):
        call = ast.parse(cell.source).body[0]
        if isinstance(call, ast.Expr) and cell.id != "save":
            assert "lang=lang" in cell.source, cell.id
