"""The demonstration study: a simulated bank whose true parameters are known."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from svcq_lib.errors import ParameterError
from svcq_lib.sources import (
    demo_catalog,
    demo_comments,
    demo_customers,
    demo_design,
    demo_gaps,
    demo_journey,
    demo_kano,
    demo_operations,
    demo_outcomes,
    demo_plans,
    demo_recovery,
    demo_responses,
    demo_study,
    demo_truth,
)
from svcq_lib.sources import demo_world as world


def write_demo(directory: Path, *, seed: int = 20250101, n_responses: int = 12000) -> Path:
    """Write the demonstration study into a new directory.

    The directory appears complete or not at all. The same seed and size give the same bytes.

    Parameters
    ----------
    directory : Path
        Where to write; it must not exist, or be empty.
    seed : int
        Seed of the simulation, not negative.
    n_responses : int
        Number of survey responses, 1,000 to 20,000; the other tables keep their sizes.

    Returns
    -------
    Path
        The ``study.toml`` in the directory.

    Raises
    ------
    ParameterError
        If the directory holds something, is a file, or a number is out of range.
    """
    directory = Path(directory)
    _check(directory, seed, n_responses)
    directory.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", suffix=".tmp", dir=directory.parent))
    try:
        tables, truth = simulate(seed=seed, n_responses=n_responses)
        for name in demo_catalog.table_labels():
            tables[name].to_csv(work / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
        _write(work / "study.toml", demo_study.study_toml())
        _write(work / "truth.json", json.dumps(truth, ensure_ascii=False, indent=1) + "\n")
        _write(work / "README.md", demo_catalog.readme(tables))
        # A temporary directory is private to its owner; the study is not.
        work.chmod(0o755)
        if directory.exists():
            directory.rmdir()
        os.replace(work, directory)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return directory / "study.toml"


def simulate(*, seed: int, n_responses: int) -> tuple[dict[str, pd.DataFrame], demo_truth.Entry]:
    """Draw all tables of the demonstration study and return them with their true parameters.

    Parameters
    ----------
    seed : int
        Seed of the simulation.
    n_responses : int
        Number of survey responses.

    Returns
    -------
    tuple
        Table name → DataFrame, and the content of ``truth.json``.
    """
    sample = demo_responses.draw_sample(seed, n_responses)
    answers = demo_responses.draw_answers(seed, sample)
    outcomes = demo_outcomes.draw_outcomes(seed, sample, answers)
    comments, labels = demo_comments.comment_tables(seed, sample, answers, outcomes)
    responses = pd.concat(
        [
            _who(sample),
            pd.DataFrame(demo_responses.answer_columns(seed, answers)),
            pd.DataFrame(demo_outcomes.outcome_columns(seed, outcomes)),
            pd.DataFrame({"weight": sample.weight}),
            comments,
        ],
        axis=1,
    )
    labels.insert(0, "response_id", responses["response_id"].to_numpy()[labels.pop("row")])
    complaints = demo_recovery.complaints(seed, responses[["customer_id", "branch"]])
    people = demo_customers.customers(seed, responses)
    tables = {
        "responses": responses,
        "comment_labels": labels,
        "response_sample": demo_operations.response_sample(seed, sample),
        "population": demo_operations.population(),
        "complaints": complaints,
        "root_causes": demo_recovery.root_causes(complaints),
        "customers": people,
        "transactions": demo_customers.transactions(seed, people),
        "kqi": demo_operations.kqi(seed, complaints),
        "journey_scores": demo_journey.journey_scores(seed, responses["response_id"].to_numpy(dtype=str)),
        **_other_tables(seed),
    }
    return tables, demo_truth.truth(seed, sample, answers, outcomes)


def _other_tables(seed: int) -> dict[str, pd.DataFrame]:
    return {
        "manager_estimates": demo_gaps.manager_estimates(seed),
        "standards": demo_gaps.standards(),
        "mystery_shopping": demo_gaps.mystery_shopping(seed),
        "promises": demo_gaps.promises(seed),
        "process_events": demo_recovery.process_events(seed),
        "value_stream": demo_recovery.value_stream(),
        "visit_clients": demo_customers.visit_clients(),
        "visits": demo_customers.visits(seed),
        "kqi_definitions": demo_operations.kqi_definitions(),
        "employees": demo_operations.employees(seed),
        "milestones": demo_plans.milestones(),
        "initiatives": demo_plans.initiatives(),
        "initiative_costs": demo_plans.initiative_costs(),
        "economics": demo_plans.economics(),
        "kano": demo_kano.kano(seed),
        "kano_features": demo_kano.kano_features(),
        "fmea": demo_design.fmea(),
        "risks": demo_design.risks(),
        **demo_design.qfd_tables(),
        "journey": demo_journey.journey(),
        "blueprint": demo_design.blueprint(),
    }


def _who(sample: demo_responses.Sample) -> pd.DataFrame:
    number = np.arange(1, len(sample.branch) + 1)
    return pd.DataFrame(
        {
            "response_id": [f"R{i:05d}" for i in number],
            "customer_id": [f"U{i:05d}" for i in number],
            "date": sample.date.astype(str),
            "region": np.array(list(world.REGIONS))[sample.region],
            "branch": np.array(list(world.BRANCHES))[sample.branch],
            "channel": np.array(list(world.CHANNELS))[sample.channel],
            "customer_tier": np.array(list(world.TIERS))[sample.tier],
            "age_group": np.array(list(world.AGES))[sample.age],
        }
    )


def _check(directory: Path, seed: int, n_responses: int) -> None:
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ParameterError(
            f"{directory} exists and is not empty. Name a new directory for the demonstration study."
        )
    if seed < 0:
        raise ParameterError(f"seed is {seed}. Use 0 or more.")
    if not 1000 <= n_responses <= 20000:
        raise ParameterError(f"n_responses is {n_responses}. Use 1,000 to 20,000.")


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
