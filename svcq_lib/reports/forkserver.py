"""The process that kernels are forked from: it has imported everything once, so that no kernel has to.

:mod:`svcq_lib.reports.kernels` starts it as ``python -m svcq_lib.reports.forkserver SOCKET PARENT`` with a listening
Unix socket; :class:`svcq_lib.reports.provisioner.ForkProvisioner` asks it for kernels. Whoever asks keeps the
connection open: its end is the end of the kernel, and the kernel's exit code comes back over it.

A fork copies memory and the calling thread alone. So nothing here may start a thread, open a ZMQ context, or leave
a trace that a report could see: no query is run, pyplot and the inline backend are not imported, settings are put back.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import selectors
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Any

# What a process must be told before it imports numpy, matplotlib and polars if kernels are to be forked from it.
ENVIRONMENT = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "_RJEM_MALLOC_CONF": "background_thread:false",
}
_STACK = (
    "numpy", "pandas", "polars", "pyarrow.csv", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats",
    "scipy.cluster.hierarchy", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg", "great_tables",
    "pandera.polars", "pandera.backends.polars.builtin_checks", "pandera.backends.polars.container",
    "pandera.backends.polars.checks", "IPython.core.completer", "ipykernel.kernelapp", "ipykernel.ipkernel",
)  # fmt: skip
_NOT_NEEDED = ("svcq_lib.cli", "svcq_lib.reports")
_LENGTH = struct.Struct("!I")
_PATIENCE = 10.0  # seconds that one who asks may take to say what
_HEARTBEAT = 1.0  # seconds between looks at whether the parent lives


@dataclass(frozen=True)
class _Kernel:
    """A kernel that was forked: its process and the connection of the one who asked for it."""

    pid: int
    ended: int
    connection: socket.socket


def main() -> None:
    """Import everything, then fork a kernel whenever one is asked for, until the parent ends."""
    descriptor, parent = map(int, sys.argv[1:3])
    if sys.path[:1] == [os.getcwd()]:
        del sys.path[0]  # `python -m` put it there; a kernel looks for modules where its notebook lies
    before = dict(os.environ)
    with socket.socket(fileno=descriptor) as listener:
        with contextlib.redirect_stderr(
            io.StringIO()
        ):  # what imports warn of is for the kernel that meets it
            warm_up()
        asked = serve(listener, parent)
    if asked is not None:
        set_by_imports = {name: value for name, value in os.environ.items() if before.get(name) != value}
        _become_kernel({**asked, "env": {**set_by_imports, **asked["env"]}})


def warm_up() -> None:
    """Import what notebooks use and draw once, so that fonts are found; settings are as before afterwards."""
    import matplotlib as mpl

    settings = dict(mpl.rcParams)
    for name in _STACK:
        importlib.import_module(name)
    package = importlib.import_module("svcq_lib")
    for found in pkgutil.walk_packages(package.__path__, "svcq_lib."):
        if not found.name.startswith(_NOT_NEEDED):
            with contextlib.suppress(ImportError):  # of an optional extra
                importlib.import_module(found.name)
    _draw()
    dict.update(mpl.rcParams, settings)
    gc.collect()
    gc.freeze()  # a collection in a kernel would write to, and so copy, every page that holds an object


def _draw() -> None:
    from svcq_lib.figures.layout import new_figure
    from svcq_lib.figures.style import missing_glyphs, use_style

    missing_glyphs("Q")  # reads which characters the fonts have
    with use_style("zh"):
        figure = new_figure()
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1])
        for weight in (400, 600, 700):
            axes.text(0, 0, "服务质量 Quality", weight=weight)
        for form in ("svg", "png"):
            figure.savefig(io.BytesIO(), format=form, metadata={"Date": None} if form == "svg" else None)


def serve(listener: socket.socket, parent: int) -> dict[str, Any] | None:
    """Fork a process for everyone who asks for one.

    Parameters
    ----------
    listener : socket.socket
        A listening Unix socket.
    parent : int
        The process whose end is the end of this one.

    Returns
    -------
    dict or None
        In a forked process what was asked for: ``argv``, ``env``, ``cwd``, ``files``; None when the parent has ended.
    """
    kernels: dict[int, _Kernel] = {}  # by the descriptor of the connection, and by that of the process
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while os.getppid() == parent:
            for key, _ in selector.select(_HEARTBEAT):
                if key.fd == listener.fileno():
                    asked = _answer(listener, selector, kernels)
                    if asked is not None:
                        return asked
                elif key.fd in kernels:
                    _bury(kernels[key.fd], selector, kernels, ended=key.fd == kernels[key.fd].ended)
    for kernel in kernels.values():
        _kill(kernel.pid)
    return None


def _answer(
    listener: socket.socket, selector: selectors.BaseSelector, kernels: dict[int, _Kernel]
) -> dict[str, Any] | None:
    """Fork for one who asks; return what was asked for in the forked process, None in this one."""
    connection, _ = listener.accept()
    try:
        connection.settimeout(_PATIENCE)
        asked = _received(connection)
    except (OSError, ValueError, struct.error):
        connection.close()
        return None
    pid = os.fork()
    if pid == 0:
        for kernel in kernels.values():
            kernel.connection.close()
            with contextlib.suppress(OSError):
                os.close(kernel.ended)
        connection.close()
        return asked
    for file in asked["files"]:
        os.close(file)
    kernel = _Kernel(pid, os.pidfd_open(pid), connection)
    for descriptor in (kernel.ended, connection.fileno()):
        kernels[descriptor] = kernel
        selector.register(descriptor, selectors.EVENT_READ)
    with contextlib.suppress(OSError):
        connection.sendall(_LENGTH.pack(pid))
    return None


def _received(connection: socket.socket) -> dict[str, Any]:
    head, files, _, _ = socket.recv_fds(connection, _LENGTH.size, 3)
    (length,) = _LENGTH.unpack(head)
    with connection.makefile("rb") as stream:
        body = stream.read(length)
    return {**json.loads(body), "files": files}


def _bury(
    kernel: _Kernel, selector: selectors.BaseSelector, kernels: dict[int, _Kernel], *, ended: bool
) -> None:
    """Kill a kernel that nobody waits for; take leave of one that has ended and say how."""
    if not ended:
        _kill(kernel.pid)
        selector.unregister(kernel.connection)  # its process is readable next
        del kernels[kernel.connection.fileno()]
        return
    _, status = os.waitpid(kernel.pid, 0)
    with contextlib.suppress(OSError):
        kernel.connection.sendall(struct.pack("!i", os.waitstatus_to_exitcode(status)))
    for descriptor in (kernel.ended, kernel.connection.fileno()):
        if kernels.pop(descriptor, None):
            selector.unregister(descriptor)
    os.close(kernel.ended)
    kernel.connection.close()


def _kill(pid: int) -> None:
    """Kill a kernel and what it started; it may not yet lead a group of its own."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _become_kernel(asked: dict[str, Any]) -> None:
    """Turn a forked process into what ``python -m ipykernel_launcher`` is."""
    import matplotlib as mpl
    import numpy as np
    from ipykernel import kernelapp

    import svcq_lib

    os.setsid()
    for number, file in enumerate(asked["files"]):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update({**asked["env"], "JPY_PARENT_PID": str(os.getppid())})
    os.chdir(asked["cwd"])
    sys.argv = asked["argv"]
    mpl.rcParams["backend"] = os.environ.get("MPLBACKEND") or ENVIRONMENT["MPLBACKEND"]
    np.random.seed()  # noqa: NPY002  (the legacy state is shared by all copies of this process)
    app = kernelapp.IPKernelApp.instance(
        parent_handle=os.getppid()
    )  # its default is read when it is imported
    app.initialize(sys.argv[1:])
    svcq_lib.load_ipython_extension(app.shell)  # as its import does where a shell is running
    app.start()


if __name__ == "__main__":
    main()
