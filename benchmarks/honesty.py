"""How often a page's title claims a difference that is not there, and one that is.

    python benchmarks/honesty.py                        # every report, without and with a true difference
    python benchmarks/honesty.py --studies 50 --only gaps
    python benchmarks/honesty.py --table                # the table of the last results

The titles are read as a reader would, in English and in Chinese: a title is matched against the sentences that the
report can say, and counts as a claim if it names some of the candidates before the others (or a direction of change).
With a true difference a claim is a hit only if it names the right candidate, or the right direction. That difference is
t(1 − α/2m) + t(1 − 0.10/k) standard errors of the contrast behind the claim: m is the number of tests that are read
together, k how many contrasts must all be found (ahead of each of two other dimensions, of each of five other drivers),
and t has as many degrees of freedom as the study gives the test (without end, or units less two where units are
treated). That is 90 % power for the claim. The standard error is measured in pilot studies.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import beta
from simulation import results
from simulation.studies import DIMENSIONS, UNITS, Array, Simulator, World, check_once, headline_only

import svcq_lib as sq
from svcq_lib.formats import THIN
from svcq_lib.narrative import benchmark, drivers, effects, gaps, scores

SEED = 20261122
SIZE = 1_200
NULL_STUDIES, TRUE_STUDIES, PILOT = 1_000, 300, 100
POWER = 0.90
BATCH = 25
LANGS = ("en", "zh")
EQUAL = dict.fromkeys(DIMENSIONS, 5.8)
ALIKE = (0.5,) * 6


@dataclass(frozen=True)
class Claim:
    """What a title says: its sentence, what it names and the numbers in it."""

    code: str
    fields: Mapping[str, str]


def _plain(text: str) -> str:
    return text.replace(THIN, "").replace(" ", "")


def matched(text: str, sentences: Mapping[str, str]) -> list[Claim]:
    """Return the title sentences that a text begins or goes on with, in order.

    Parameters
    ----------
    text : str
        A title.
    sentences : Mapping of str to str
        Code → template.

    Returns
    -------
    list of Claim
        One per sentence whose words are found in the text; the whole text is one if only one fits.

    Raises
    ------
    ValueError
        If none is: what cannot be read must not count as no claim.
    """
    found = []
    for code, template in sentences.items():
        if code.startswith("title"):
            pattern, names = "", []
            for literal, name, words, _ in Formatter().parse(template):
                pattern += re.escape(_plain(literal))
                if name and "|" in str(words):  # one word or the other
                    pattern += f"(?:{'|'.join(map(re.escape, str(words).split('|')))})"
                elif name:
                    pattern += "(.*?)" if name in names else f"(?P<{name}>.*?)"
                    names.append(name)
            if match := re.search(f"{pattern}(?:$|(?=[,;，；]))", _plain(text), re.IGNORECASE):
                found.append((match.start(), -len(match[0]), Claim(code, match.groupdict())))
    if not found:
        raise ValueError(f"no sentence of the report has these words: {text}")
    return [claim for _, _, claim in sorted(found, key=lambda one: one[:2])]


@dataclass(frozen=True)
class Case:
    """One report: its world without and with a difference, and how a claim is read.

    Attributes
    ----------
    null : World
        No true difference.
    world : callable
        The world in which the contrast has a given true size.
    estimate : callable
        From a result: the contrast whose standard error is measured.
    tests : int
        How many tests are read together.
    needed : int
        How many of them must be found for the claim.
    analyse : callable
        From a study to the result.
    module : module
        The narrative.
    claimed : callable
        From the title's sentences to what is claimed: "" for nothing.
    right : str
        What is true where there is a difference.
    units : callable, optional
        From the contrast to the true means of the units.
    df : float
        Degrees of freedom of the test.
    """

    null: World
    world: Callable[[float], World]
    estimate: Callable[[Any], float]
    tests: int
    needed: int
    analyse: Callable[[sq.Study], Any]
    module: Any
    claimed: Callable[[Sequence[Claim], str], str]
    right: str
    units: Callable[[float], Array] | None = None
    df: float = np.inf


def _scores_claim(found: Sequence[Claim], lang: str) -> str:
    del lang
    for claim in found:
        if claim.code.endswith(("better", "worse")):
            return claim.code.rsplit("_", 1)[1]
    return ""


def _gaps_claim(found: Sequence[Claim], lang: str) -> str:
    names = {"en": [name.capitalize() for name in DIMENSIONS], "zh": ["有形性", "可靠性", "响应性"]}[lang]
    for claim in found:
        if claim.code == "title_levels":
            return "levels"
        if claim.code in ("title_widest", "title_tied"):
            said = next(iter(claim.fields.values()))
            named = [one for one, name in zip(DIMENSIONS, names, strict=True) if name in said]
            if len(named) < len(names):
                return "+".join(named)
        if claim.code == "title_many" and claim.fields["k_tied"] != claim.fields["k"]:
            return "some"
    return ""


def _drivers_claim(found: Sequence[Claim], lang: str) -> str:
    del lang
    for claim in found:
        if claim.code in ("title_one", "title_few"):
            return "+".join(re.findall(r"q\d", " ".join(claim.fields.values())))
        if claim.code == "title_many" and claim.fields["k"] != claim.fields["terms"]:
            return "some"
    return ""


def _benchmark_claim(found: Sequence[Claim], lang: str) -> str:
    del lang
    for claim in found:
        if claim.code in ("title_lead", "title_lead_all"):
            return "+".join(re.findall(r"U\d\d", claim.fields["better"]))
        if claim.code == "title_behind":
            return "behind"
        if claim.code == "title_many":
            return "many"
    return ""


def _effects_claim(found: Sequence[Claim], lang: str) -> str:
    del lang
    named = {
        "title_rose": "rose",
        "title_fell": "fell",
        "title_diverging": "changed",
        "title_untested": "changed",
    }
    return next((named[claim.code] for claim in found if claim.code in named), "")


def _change(result: Any) -> float:
    rows = result.changes
    return float(rows.loc[rows["outcome"] == "csat", "change"].iloc[0])


def _widest(result: Any) -> float:
    gap = result.dimensions.set_index("term")["estimate"]
    return float(gap["reliability"] - gap["responsiveness"])


def _strongest(result: Any) -> float:
    share = result.importance.set_index("term")["share"]
    return float(share["q6"] - share["q5"])


def _unit(result: Any) -> float:
    return float(result.league.set_index("unit")["difference"]["U00"])


def _lift(result: Any) -> float:
    rows = result.effects
    return float(rows.loc[rows["term"] == "csat", "estimate"].iloc[0])


def _first_unit(size: float) -> Array:
    return np.array([size, *[0.0] * (UNITS - 1)])


def _gaps_world(size: float) -> World:
    return World(
        gaps={"tangibles": -0.5, "reliability": -0.5, "responsiveness": -0.5 - size},
        expected=EQUAL,
        common=ALIKE,
    )


def _drivers_world(size: float) -> World:
    return World(expected=EQUAL, common=ALIKE, slopes=(*(0.3,) * 5, 0.3 + size))


CASES: dict[str, Case] = {
    "scores": Case(
        World(), lambda size: World(change=size), _change, 2, 1, sq.scores, scores, _scores_claim, "better"
    ),
    "gaps": Case(
        _gaps_world(0), _gaps_world, _widest, 3, 2, lambda study: sq.gaps(study, n_boot=200), gaps, _gaps_claim,
        "responsiveness",
    ),
    "drivers": Case(
        _drivers_world(0), _drivers_world, _strongest, 15, 5, lambda study: sq.drivers(study, n_boot=500), drivers,
        _drivers_claim, "q6",
    ),
    "benchmark": Case(
        World(), lambda size: World(), _unit, UNITS, 1, sq.benchmark, benchmark, _benchmark_claim, "U00", _first_unit
    ),
    "effects": Case(
        World(), lambda size: World(lift=size), _lift, 5, 1, sq.effects, effects, _effects_claim, "rose",
        df=UNITS - 2,
    ),
}  # fmt: skip


def _studies(job: tuple[str, float, int, int]) -> list[dict[str, Any]]:
    """Simulate one batch: what each title claims, and the contrast behind it."""
    check_once()
    headline_only()
    topic, size, batch, studies = job
    case = CASES[topic]
    rng = np.random.default_rng([SEED, sorted(CASES).index(topic), int(1e6 * abs(size)), batch])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        sim = Simulator(Path(folder), case.world(size) if size else case.null)
        for _ in range(studies):
            result = case.analyse(sim.study(SIZE, rng, case.units(size) if case.units else None))
            row: dict[str, Any] = {"estimate": case.estimate(result)}
            for lang in LANGS:
                title = case.module.title(result, lang=lang)
                row[lang] = case.claimed(matched(title, case.module.SENTENCES[lang]), lang)
                row[f"{lang}_title"] = title
            found.append(row)
    return found


def simulated(topic: str, size: float, studies: int, jobs: int, first: int = 0) -> pd.DataFrame:
    """Return one row per study: what its title claims in each language.

    Parameters
    ----------
    topic : str
        Report.
    size : float
        True difference on the scale of the simulated world; 0 for none.
    studies, jobs : int
        Studies, processes.
    first : int
        Number of the first batch, so that pilot studies are other ones.

    Returns
    -------
    DataFrame
        en, zh (claim; "" for none), the titles, and the estimate of the contrast.
    """
    sizes = [BATCH] * (studies // BATCH) + ([studies % BATCH] if studies % BATCH else [])
    todo = [(topic, size, first + i, one) for i, one in enumerate(sizes)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        parts = list(results.shown(pool.map(_studies, todo), len(todo), topic))
    return pd.DataFrame([row for part in parts for row in part])


def calibrated(topic: str, jobs: int) -> tuple[float, float]:
    """Return the size of the world's difference that has 90 % power, and the contrast's true size there.

    Parameters
    ----------
    topic : str
        Report.
    jobs : int
        Processes.

    Returns
    -------
    size, contrast : float
        On the scale of the world and of the report.
    """
    case, size, wanted = CASES[topic], 0.25, 0.0
    quantiles = stdtrit(case.df, [1 - 0.025 / case.tests, 1 - (1 - POWER) / case.needed])
    for first in (
        10_000,
        20_000,
    ):  # the second pilot at the size of the first: a small contrast is poorly known
        pilot = simulated(topic, size, PILOT, jobs, first=first)["estimate"]
        wanted = quantiles.sum() * pilot.std(ddof=1)
        size *= wanted / pilot.mean()
    return float(size), float(wanted)


def _share(hits: int, n: int) -> dict[str, float]:
    """Return a share with Clopper and Pearson's interval."""
    low = beta.ppf(0.025, hits, n - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, n - hits) if hits < n else 1.0
    return {"share": hits / n, "low": float(low), "high": float(high)}


def measure(topics: Sequence[str], null_studies: int, true_studies: int, jobs: int) -> list[dict[str, Any]]:
    """Return one row per report, language and world."""
    rows: list[dict[str, Any]] = []
    for topic in topics:
        size, contrast = calibrated(topic, jobs) if true_studies else (0.0, 0.0)
        for truth, studies, world in (("none", null_studies, 0.0), ("difference", true_studies, size)):
            if not studies:
                continue
            table = simulated(topic, world, studies, jobs)
            for lang in LANGS:
                said = table[lang]
                hits = int((said != "").sum() if truth == "none" else (said == CASES[topic].right).sum())
                wrong = int(((said != "") & (said != CASES[topic].right)).sum())
                rows.append({
                    "topic": topic, "lang": lang, "truth": truth, "studies": studies, **_share(hits, studies),
                    "wrong": wrong, "contrast": 0.0 if truth == "none" else contrast,
                    "example": table.loc[said != "", f"{lang}_title"].head(1).sum() or "",
                })  # fmt: skip
    return rows


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of the README."""
    frame = pd.DataFrame(rows)
    frame["text"] = [
        f"{100 * r.share:.1f} % [{100 * r.low:.1f}, {100 * r.high:.1f}]" for r in frame.itertuples()
    ]
    made = []
    for (topic, lang), part in frame.groupby(["topic", "lang"], sort=False):
        none, true = (part[part["truth"] == one].iloc[0] for one in ("none", "difference"))
        made.append({
            "report": topic, "language": lang, "claims without a difference": none["text"],
            "true contrast": f"{true['contrast']:.3f}", "right claims with it": true["text"],
            "wrong claims with it": f"{true['wrong']} of {true['studies']}",
        })  # fmt: skip
    return results.markdown(pd.DataFrame(made))


def main() -> None:
    """Measure, write ``results/honesty.json`` and renew the table of the README."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=NULL_STUDIES, help="0 keeps those of before")
    parser.add_argument("--true-studies", type=int, default=TRUE_STUDIES)
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table", action="store_true")
    chosen = parser.parse_args()
    if not chosen.table:
        for topic in chosen.only:
            rows = results.replaced(
                "honesty",
                measure([topic], chosen.studies, chosen.true_studies, chosen.jobs),
                "topic",
                "truth",
            )
            results.write("honesty", rows, seed=SEED, n=SIZE, power=POWER)
    whole = results.read("honesty")
    text = (
        f"{results.stamp(whole)} {whole['n']:,} answers per study; intervals are Clopper and Pearson's.\n\n"
    )
    results.renew("honesty", text + as_markdown(whole["rows"]))
    print(text + as_markdown(whole["rows"]))


if __name__ == "__main__":
    main()
