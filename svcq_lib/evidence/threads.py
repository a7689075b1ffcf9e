"""One BLAS thread inside the scan: its products are small, and more threads would wait for each other."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which matrix products use the thread that they are called from.

    Returns
    -------
    context manager
        It does nothing without ``threadpoolctl``; ``OPENBLAS_NUM_THREADS=1`` in the environment does the same.
    """
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        return nullcontext()
    limits: AbstractContextManager[object] = threadpoolctl.threadpool_limits(1, user_api="blas")
    return limits
