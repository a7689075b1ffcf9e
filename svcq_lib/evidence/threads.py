"""One BLAS thread inside the scan: its products are small, and more threads would wait for each other."""

from __future__ import annotations

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which matrix products use the thread that they are called from."""
    return threadpool_limits(1, user_api="blas")
