"""A plan's GitHub Actions workflow: the memory of what is done travels from run to run in the cache."""

from __future__ import annotations

import datetime as dt
import json
import os
import shlex
from pathlib import Path

from svcq_lib.errors import ScheduleError
from svcq_lib.reports.schedule_install import Options, arguments_of, marked, slug_of
from svcq_lib.reports.schedule_plan import Plan
from svcq_lib.reports.schedule_times import clock_times

_WORKFLOW = """\
{mark}
name: {name}
on:
  schedule: # in UTC; a second call on the same day does nothing
{times}
  workflow_dispatch:
permissions:
  contents: read
concurrency:
  group: {slug}
  cancel-in-progress: false
jobs:
  reports:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pip install 'svcq[deliver]'
      - uses: actions/cache/restore@v4
        with:
          path: {out}
          key: {slug}-${{{{ github.run_id }}}}
          restore-keys: {slug}-
      - run: {command}{env}
      - uses: actions/cache/save@v4
        if: always() # what failed is remembered, too
        with:
          path: {out}
          key: {slug}-${{{{ github.run_id }}}}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: reports
          path: {out}
"""


def files_of(plan: Plan, options: Options, now: dt.datetime) -> dict[Path, str]:
    """Return the workflow of a plan and where it belongs.

    Parameters
    ----------
    plan : Plan
        The plan, inside a git repository.
    options : Options
        How it is called.
    now : datetime
        The present moment.

    Returns
    -------
    dict of Path to str
        One file. Paths in it are relative to the repository.

    Raises
    ------
    ScheduleError
        If the plan lies in no repository, its reports outside of it, or an address in a keyring.
    """
    root = _root(plan)
    inside = plan.path.relative_to(root)
    path, slug = inside.as_posix(), slug_of(inside)
    times = "\n".join(
        f'    - cron: "{one.minute} {one.hour} * * *"' for one in clock_times(plan, dt.UTC, now)
    )
    text = _WORKFLOW.format(
        mark=marked(inside),
        name=json.dumps(f"svcq {path}", ensure_ascii=False),
        slug=slug,
        times=times,
        out=json.dumps(_inside(plan, root), ensure_ascii=False),
        command=json.dumps(shlex.join(["svcq", *arguments_of(path, options)]), ensure_ascii=False),
        env=_secrets(plan),
    )
    return {root / ".github" / "workflows" / f"{slug}.yml": text}


def _root(plan: Plan) -> Path:
    for folder in plan.path.parents:
        if (folder / ".git").exists():
            return folder
    raise ScheduleError(
        f"{plan.path} lies in no git repository. Put the plan and its study into one, or use cron."
    )


def _inside(plan: Plan, root: Path) -> str:
    out = Path(os.path.normpath(plan.folder))
    if not out.is_relative_to(root):
        raise ScheduleError(
            f"out of {plan.path.name} lies outside of {root}. Name a folder inside the repository."
        )
    return out.relative_to(root).as_posix()


def _secrets(plan: Plan) -> str:
    """Return the lines that hand the plan's addresses over."""
    addresses = plan.deliver.to if plan.deliver else ()
    if kept := [one for one in addresses if not one.startswith("env:")]:
        raise ScheduleError(
            f"a GitHub runner has no keyring: write env:NAME in place of {kept[0]!r}, and add the secret."
        )
    names = [one.removeprefix("env:") for one in addresses]
    lines = [f"          {name}: ${{{{ secrets.{name} }}}}" for name in dict.fromkeys(names)]
    return "\n".join(["", "        env:", *lines]) if lines else ""
