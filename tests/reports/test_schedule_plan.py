"""Plan files: what they may say, and every fault at once with its line and its remedy."""

import re

import pytest

from svcq_lib.errors import ScheduleError
from svcq_lib.reports.schedule_plan import read_plan

LEAST = 'study = "study.toml"\nevery = "month"\nstart = "2026-01"\n'


@pytest.fixture
def plan(tmp_path):
    """Writes a plan beside a study file and reads it."""
    (tmp_path / "study.toml").touch()

    def read(text):
        (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
        return read_plan(tmp_path / "plan.toml")

    return read


def test_little_must_be_said(plan, tmp_path):
    one = plan(LEAST)
    assert one.study_path == tmp_path / "study.toml"
    assert one.folder == tmp_path / "reports"
    assert (one.at, one.timezone, one.formats, one.keep, one.deliver) == (
        "06:00",
        "UTC",
        ("html",),
        None,
        None,
    )
    assert (one.wait_for.data, one.wait_for.days, one.wait_for.then) == (True, 7, "run")


def test_a_whole_plan_is_read(plan, tmp_path):
    one = plan(
        'study = "study.toml"\nreports = ["scores", "gaps"]\nby = "branch"\neach = "month"\nformats = ["html", "pdf"]\n'
        'langs = ["zh", "en"]\nout = "../results"\njobs = 2\nevery = "quarter"\nday = "last"\nat = 07:30:00\n'
        'timezone = "Asia/Shanghai"\nperiod = "previous"\nstart = "2026-Q1"\nkeep = 8\nrevise = 1\n'
        "[parameters]\nn_boot = 200\n"
        '[wait_for]\nfile = "READY-{period}"\ndays = 3\nthen = "fail"\nshort_by = 2\n'
        '[deliver]\nto = ["env:SVCQ_MAIL_URL", "keyring:svcq/wecom"]\non = "change"\nattach = "pdf"\n'
        'link = "https://reports.example/svcq/"\nlang = "zh"\n'
    )
    assert (one.by, one.each, one.at, one.zone.key) == (("branch",), "month", "07:30", "Asia/Shanghai")
    assert one.folder == tmp_path / "../results"
    assert one.deliver.to == ("env:SVCQ_MAIL_URL", "keyring:svcq/wecom")
    assert one.deliver.attach == ("pdf",)
    assert one.parameters == {"n_boot": 200}


def test_all_faults_are_said_at_once_with_their_lines(plan):
    with pytest.raises(ScheduleError) as raised:
        plan(
            'study = "study.toml"\nevery = "month"\nstart = "2026-01"\ntimezone = "Asia/Shangai"\n'
            'day = 31\nat = "6:00"\nperiod = "now"\nstat = 1\n[wait_for]\ndays = -1\n'
        )
    head, *lines = str(raised.value).splitlines()
    assert head.endswith("plan.toml: 6 fault(s) in the plan file")
    found = {re.match(r"  plan\.toml:(\d+): (\S+): ", line).groups(): line for line in lines}
    assert set(found) == {
        ("4", "timezone"), ("5", "day"), ("6", "at"), ("7", "period"), ("8", "stat"), ("10", "wait_for.days"),
    }  # fmt: skip
    assert "Did you mean 'Asia/Shanghai'" in found["4", "timezone"]
    assert '"last"' in found["5", "day"]
    assert '"06:00"' in found["6", "at"]
    assert '"previous"' in found["7", "period"]
    assert "Did you mean 'start'" in found["8", "stat"]


@pytest.mark.parametrize(
    ("every", "start", "good"),
    [
        ("month", "2026-01", True), ("month", "2026-Q1", False), ("month", "2026", False), ("month", "soon", False),
        ("quarter", "2026-Q1", True), ("quarter", "2026-01", False), ("week", "2026-01-05", True),
        ("week", "2026-01-06", False), ("day", "2026-01-06", True), ("day", "2026-01", False),
        ("month", "2026-01..2026-02", False),
    ],
)  # fmt: skip
def test_the_first_period_has_the_plan_s_length(plan, every, start, good):
    text = f'study = "study.toml"\nevery = "{every}"\nstart = "{start}"\n'
    if good:
        assert plan(text).start == start
    else:
        with pytest.raises(ScheduleError, match=f"start is the first {every} that is due, such as"):
            plan(text)


def test_a_date_may_stand_without_quotes(plan):
    assert plan('study = "study.toml"\nevery = "day"\nstart = 2026-01-06\n').start == "2026-01-06"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('weekday = "monday"', 'weekday goes with every = "week"'), ('reports = ["gasp"]', "there is no report 'gasp'"),
        ('keep = 1\nrevise = 2', "set keep to more"),
        ('keep = 0', "greater than or equal to 1"), ('langs = ["fr"]', "'en' or 'zh'"),
        ('[deliver]\nto = []', "at least 1"), ('[deliver]\nto = "env:A"\non = "never"', "'always'"),
        ('[deliver]\nto = "env:A"\nlink = "ftp://x"', "https://"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(plan, more, said):
    with pytest.raises(ScheduleError, match=said):
        plan(LEAST + more)


def test_day_does_not_go_with_weeks(plan):
    with pytest.raises(ScheduleError, match='day goes with every = "month" or "quarter"'):
        plan('study = "study.toml"\nevery = "week"\nstart = "2026-01-05"\nday = 3\n')


def test_a_study_that_is_not_there_is_a_fault(plan):
    with pytest.raises(ScheduleError, match=r"plan\.toml:1: study: 'gone\.toml' does not exist"):
        plan(LEAST.replace("study.toml", "gone.toml"))


@pytest.mark.parametrize(
    "text",
    [
        'to = "mailtos://ada:s3cret@mail.example"', 'to = ["env:OK", "https://hooks.example/T0/s3cret"]',
        'to = "env:OK"\nlink = "https://ada:s3cret@mail.example"', 'to = "keyring:s3cret"',
    ],
)  # fmt: skip
def test_an_address_with_a_password_is_refused_and_not_repeated(plan, text):
    with pytest.raises(ScheduleError) as raised:
        plan(LEAST + "[deliver]\n" + text)
    assert "s3cret" not in str(raised.value)
    assert "password" in str(raised.value)
    assert "plan.toml:" in str(raised.value)
