"""Blocks: the specified hash, written here a second time from its definition, and its invariants."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcq_lib.evidence.blocks import BLOCK_HASH, hash_blocks

MASK = (1 << 64) - 1
IDS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12), max_size=20)


def fnv_1a(text: str) -> int:
    """FNV-1a, 64 bit: Fowler, Noll and Vo (draft-eastlake-fnv)."""
    state = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        state = (state ^ byte) * 0x100000001B3 & MASK
    return state


def split_mix(state: int) -> int:
    """The finaliser of SplitMix64: Steele, Lea and Flood (2014)."""
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & MASK
    return state ^ state >> 31


def test_published_values_of_the_hash_written_here():
    # the FNV draft's test vectors; SplitMix64 of seed 1234567 starts with 6457827717110365317 (Vigna, Java)
    assert (fnv_1a(""), fnv_1a("a")) == (0xCBF29CE484222325, 0xAF63DC4C8601EC8C)
    assert fnv_1a("foobar") == 0x85944171F73967E8
    assert split_mix(1234567 + 0x9E3779B97F4A7C15) == 6457827717110365317


def test_values_are_pinned():
    assert BLOCK_HASH == "svcq-block-1"
    assert hash_blocks(["R00001", "R00002", "", "a", "顾客1"]).tolist() == [806, 389, 203, 736, 994]
    assert hash_blocks([]).tolist() == []


@given(IDS, st.sampled_from([1, 7, 250, 1000]))
def test_the_rule_for_any_text(ids, n_blocks):
    assert hash_blocks(ids, n_blocks).tolist() == [split_mix(fnv_1a(one)) % n_blocks for one in ids]


@given(IDS, st.randoms())
def test_order_and_batch_do_not_matter(ids, random):
    shuffled = random.sample(ids, len(ids))
    blocks = dict(zip(ids, hash_blocks(ids).tolist(), strict=True))
    assert hash_blocks(shuffled).tolist() == [blocks[one] for one in shuffled]
    assert [*hash_blocks(ids[:3]).tolist(), *hash_blocks(ids[3:]).tolist()] == hash_blocks(ids).tolist()


def test_blocks_are_of_even_size():
    counts = np.bincount(hash_blocks([f"R{i:05d}" for i in range(50_000)]), minlength=1000)
    # chi-squared with 999 degrees of freedom: mean 999, sd 44.7
    assert ((counts - 50) ** 2 / 50).sum() == pytest.approx(999, abs=4 * 44.7)


@given(st.lists(st.integers(0, 2**63 - 1), max_size=30), st.integers(1, 1000))
def test_whole_numbers_are_hashed_as_they_are_written(ids, n_blocks):
    found = hash_blocks(pl.Series(ids, dtype=pl.Int64), n_blocks)
    assert found.tolist() == hash_blocks([str(one) for one in ids], n_blocks).tolist()


def test_negative_and_missing_numbers_are_hashed_as_text():
    found = hash_blocks(pl.Series([-5, 3, None], dtype=pl.Int32))
    assert found.tolist() == hash_blocks(["-5", "3", ""]).tolist()
