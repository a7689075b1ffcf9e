"""The floor of a batch: the cells of reports alone, one after the other in one warm process without kernel or files.

python cells.py STUDY TOPIC LEVEL...    prints seconds and processor seconds per report as JSON
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from svcq_lib.reports.resources import notebook_of


def main() -> None:
    study, topic, *levels = sys.argv[1:]
    os.chdir(Path(study).parent)
    run(topic, levels[0])  # imports
    wall, processor = time.perf_counter(), time.process_time()
    for level in levels:
        run(topic, level)
    taken = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - processor}
    print(json.dumps({name: value / len(levels) for name, value in taken.items()}))


def run(topic: str, level: str) -> None:
    """Run a notebook's cells as a kernel would, outputs made and thrown away."""
    shell = InteractiveShell.instance()
    shell.reset()
    for cell in nbformat.read(notebook_of(topic), as_version=4).cells:
        if cell.cell_type != "code":
            continue
        with capture_output():
            shell.run_cell(cell.source).raise_error()
            if "parameters" in cell.metadata.get("tags", []):
                shell.user_ns |= {"study": "study.toml", "where": {"branch": level}}


main()
