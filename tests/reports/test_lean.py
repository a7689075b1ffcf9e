"""What svcq's own processes do without."""

import subprocess
import sys

PROBE = """
import sys
from svcq_lib.reports import lean
lean.spare_grammars()
import nbformat, jsonschema
made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
nbformat.validate(made)
print(sorted({"lark", "nbformat"} & set(sys.modules)), "date" in jsonschema.FormatChecker.checkers)
"""


def test_notebooks_are_read_and_checked_without_grammars_of_addresses():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["['nbformat']", "True"]


def test_a_run_spares_them_too(tmp_path):
    probe = (
        "import sys; from svcq_lib import cli; sys.argv = ['svcq', 'params', 'scores']\n"
        "try: cli.main()\n"
        "except SystemExit: print('papermill' in sys.modules, 'lark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True False"
