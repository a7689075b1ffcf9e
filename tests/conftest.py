"""What every test may ask for, and the rule that a continuous-integration run skips nothing."""

from __future__ import annotations

import email
import email.policy
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPO = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # pools of threads side by side are slower
settings.register_profile("svcq", deadline=None, derandomize=IN_CI)
settings.load_profile("svcq")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-data",
        metavar="DIR",
        default=os.fspath(REPO.parent / "shared" / "data"),
        help="directory of the public data sets (default: shared/data beside the repository)",
    )


@pytest.fixture(scope="session")
def repo_root() -> Path:
    """The repository's top directory."""
    return REPO


@pytest.fixture(scope="session")
def real_data(pytestconfig: pytest.Config) -> Path:
    """The directory of the public data sets; without it a test is skipped, or fails where CI is set."""
    directory = Path(pytestconfig.getoption("--real-data"))
    if directory.is_dir():
        return directory
    reason = f"real data not found at {directory}"
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study file of a demonstration study with 1,000 responses; read it, change it only in a copy."""
    from svcq_lib.sources.demo import write_demo

    return write_demo(tmp_path_factory.mktemp("small") / "demo", n_responses=1000)


class Results(dict[str, Any]):
    """The result of every topic, computed when it is first asked for."""

    def __init__(self, study_file: Path) -> None:
        super().__init__()
        self.study_file = study_file

    def __missing__(self, topic: str) -> Any:
        """Compute a topic with few replicates."""
        import inspect

        import svcq_lib as sq

        analysis = getattr(sq, topic)
        few = {"n_boot": 50, "n_draws": 500}
        given = {name: value for name, value in few.items() if name in inspect.signature(analysis).parameters}
        self[topic] = analysis(sq.open_study(self.study_file), **given)
        return self[topic]


@pytest.fixture(scope="session")
def small_results(small_demo: Path) -> dict[str, Any]:
    """The results of all analyses of the small demonstration study, by topic."""
    return Results(small_demo)


class Inbox:
    """Keeps the messages that a mail server gets; refuses as many as it is told to."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.refuse = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, the server calls it so
        if self.refuse:
            self.refuse -= 1
            return "451 try later"
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A mail server of this test; SVCQ_MAIL_URL holds its address, with the password s3cret-w0rd."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult
    from apprise.plugins.base import NotifyBase

    kept = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(
        kept,
        hostname="127.0.0.1",
        port=port,
        auth_require_tls=False,
        authenticator=lambda *given: AuthResult(success=given[-1].password == b"s3cret-w0rd"),
    )
    server.start()
    address = f"mailto://ada:s3cret-w0rd@127.0.0.1:{port}?from=svcq@bank.example&to=board@bank.example"
    monkeypatch.setenv("SVCQ_MAIL_URL", address)
    monkeypatch.setattr(NotifyBase, "request_rate_per_sec", 0)  # seconds between two messages
    yield kept
    server.stop()


def _skips(config: pytest.Config) -> Iterator[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for report in reporter.stats.get("skipped", []) if reporter else []:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        yield f"{report.nodeid}: {reason}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In continuous integration a skipped test is a test that was not run: the session fails."""
    is_worker = hasattr(session.config, "workerinput")
    if IN_CI and not is_worker and any(_skips(session.config)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = list(_skips(config)) if IN_CI else []
    if skipped:
        terminalreporter.section("skipped, which fails a CI run", red=True)
        for line in skipped:
            terminalreporter.line(line)
