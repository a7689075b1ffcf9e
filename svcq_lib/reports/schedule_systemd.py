"""A plan's systemd units: a service that makes what is due, and a timer that calls it every day."""

from __future__ import annotations

import os
from pathlib import Path

from svcq_lib.reports.schedule_install import Options, command_of, marked, slug_of
from svcq_lib.reports.schedule_plan import Plan

MACHINE = Path("/etc/systemd/system")


def files_of(plan: Plan, options: Options) -> dict[Path, str]:
    """Return the units of a plan and where they belong.

    Parameters
    ----------
    plan : Plan
        The plan.
    options : Options
        How it is called.

    Returns
    -------
    dict of Path to str
        A service and a timer.
    """
    folder = _user_folder() if options.user else MACHINE
    name = slug_of(plan.path)
    return {folder / f"{name}.service": _service(plan, options), folder / f"{name}.timer": _timer(plan)}


def next_steps(plan: Plan, options: Options) -> list[str]:
    """Return the commands that make systemd read the units and start the timer."""
    systemctl = "systemctl --user" if options.user else "systemctl"
    return [f"{systemctl} daemon-reload", f"{systemctl} enable --now {slug_of(plan.path)}.timer"]


def last_steps(plan: Plan, options: Options) -> list[str]:
    """Return the commands that make systemd forget a timer whose units were removed."""
    systemctl = "systemctl --user" if options.user else "systemctl"
    return [f"{systemctl} disable --now {slug_of(plan.path)}.timer", f"{systemctl} daemon-reload"]


def _user_folder() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "systemd" / "user"


def _service(plan: Plan, options: Options) -> str:
    program, *arguments = command_of(plan, options)
    command = " ".join([_quoted(program), *(_quoted(one).replace("$", "$$") for one in arguments)])
    settings = [f"EnvironmentFile={_plain(options.env_file)}"] if options.env_file else []
    return "\n".join([
        marked(plan.path), "[Unit]", f"Description=svcq reports that {_plain(plan.path)} plans", "",
        "[Service]", "Type=oneshot", f"WorkingDirectory={_plain(plan.path.parent)}", *settings,
        f"ExecStart={command}", "",
    ])  # fmt: skip


def _timer(plan: Plan) -> str:
    return "\n".join([
        marked(plan.path), "[Unit]", f"Description=svcq reports that {_plain(plan.path)} plans, every day", "",
        "[Timer]", f"OnCalendar=*-*-* {plan.at}:00 {plan.timezone}", "Persistent=true", "",
        "[Install]", "WantedBy=timers.target", "",
    ])  # fmt: skip


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _plain(path: Path) -> str:
    """Return a path as a setting that takes the whole line."""
    return str(path).replace("%", "%%")
