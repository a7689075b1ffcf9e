"""Kernels that a fork server makes, as jupyter_client knows them, and the manager that papermill starts them with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from importlib.metadata import EntryPoint
from queue import Empty
from typing import Any, BinaryIO

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import DottedObjectName, Unicode

NAME = "svcq-fork-server"
_MODULE = "ipykernel_launcher"
_ANSWER = struct.Struct("!i")  # a process, then its exit code
_PATIENCE = 60.0  # seconds: the server may still be importing when the first kernel is asked for


class ForkedProcess:
    """A kernel that a server has forked, with what ``LocalProvisioner`` uses of :class:`subprocess.Popen`.

    Parameters
    ----------
    connection : socket.socket
        Connection to the server; its end would end the kernel.
    pid : int
        The process.
    stdin : BinaryIO
        The writing end of its standard input.
    """

    stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int, stdin: BinaryIO) -> None:
        self.connection = connection
        self.pid = pid
        self.stdin = stdin
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code; None while the process runs."""
        return self._told(wait=False)

    def wait(self) -> int | None:
        """Wait for the end of the process and return its exit code."""
        return self._told(wait=True)

    def _told(self, *, wait: bool) -> int | None:
        if self.returncode is not None:
            return self.returncode
        self.connection.setblocking(wait)
        try:
            answer = self.connection.recv(_ANSWER.size)
        except BlockingIOError:
            return None
        except ConnectionError:
            answer = b""
        if not answer:  # the server has ended, and nobody else would end the kernel
            self.send_signal(signal.SIGKILL)
        self.returncode = _ANSWER.unpack(answer)[0] if answer else -signal.SIGKILL
        self.connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and to what it has started."""
        with contextlib.suppress(ProcessLookupError):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:  # it does not lead a group of its own yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)


def fork(
    server: str, argv: list[str], env: dict[str, str], cwd: str, files: tuple[int, int]
) -> ForkedProcess:
    """Ask a server for a process.

    Parameters
    ----------
    server : str
        Path of the server's socket.
    argv, env, cwd : list of str, dict, str
        Arguments, environment and working folder of the kernel.
    files : tuple of int
        Descriptors of its standard output and error.

    Returns
    -------
    ForkedProcess
        The kernel's process.

    Raises
    ------
    OSError
        If there is no server, or it ends before it answers.
    """
    body = json.dumps({"argv": argv, "env": env, "cwd": cwd}).encode()
    connection = socket.socket(socket.AF_UNIX)
    reading, writing = os.pipe()
    try:
        connection.settimeout(_PATIENCE)
        connection.connect(server)
        socket.send_fds(connection, [_ANSWER.pack(len(body))], [reading, *files])
        connection.sendall(body)
        answer = connection.recv(_ANSWER.size)
        if not answer:
            raise ConnectionAbortedError("the fork server ended before it answered")
    except OSError:
        connection.close()
        os.close(writing)
        raise
    finally:
        os.close(reading)
    return ForkedProcess(connection, _ANSWER.unpack(answer)[0], os.fdopen(writing, "wb"))


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel by asking a fork server for it; without an answer, as an ordinary process."""

    server = Unicode(help="Path of the server's socket.").tag(config=True)

    process: Any = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel.

        Parameters
        ----------
        cmd : list of str
            The command of an ordinary kernel.
        **kwargs : Any
            As for :class:`subprocess.Popen`.

        Returns
        -------
        dict
            The connection information.
        """
        streams = [kwargs.get(name) for name in ("stdin", "stdout", "stderr")]
        if _MODULE not in cmd or any(stream is not None for stream in streams):
            return await super().launch_kernel(cmd, **kwargs)
        argv = cmd[cmd.index(_MODULE) :]
        try:
            self.process = fork(self.server, argv, kwargs["env"], kwargs.get("cwd") or os.getcwd(), (1, 2))
        except OSError as error:
            self.log.warning("no fork server at %s (%s): starting an ordinary kernel", self.server, error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or os.getcwd()
        return self.connection_info


class ReportKernelClient(AsyncKernelClient):
    """Takes a kernel for ready as soon as it answers and its outputs arrive.

    An ordinary client then listens until nothing has come for a fifth of a second, so that no stray message is left.
    Who executes a notebook picks the messages that answer its own, so strays do no harm.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel is ready.

        Parameters
        ----------
        timeout : float, optional
            Most seconds to wait.

        Raises
        ------
        RuntimeError
            If the kernel has ended, or does not answer in time.
        """
        end = time.monotonic() + (timeout or float("inf"))
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self) -> bool:
        self.kernel_info()
        try:
            await self.shell_channel.get_msg(timeout=1)
            await self.iopub_channel.get_msg(timeout=0.2)
        except Empty:
            return False
        return True


class ReportKernelManager(AsyncKernelManager):
    """Starts kernels through a server if there is one, and says which process a kernel is.

    Attributes
    ----------
    server : str
        Path of the server's socket; empty for ordinary kernels.
    started : callable
        Called with the process of each kernel.
    """

    client_class = DottedObjectName(f"{__name__}.{ReportKernelClient.__name__}")
    server = ""
    started: Callable[[Any], None]

    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Start the kernel (see ``AsyncKernelManager``)."""
        if self.server and self.kernel_spec:
            stanza = {"provisioner_name": NAME, "config": {"server": self.server}}
            self.kernel_spec.metadata = {**self.kernel_spec.metadata, "kernel_provisioner": stanza}
            # known by its entry point where this package is installed; in a source tree, by this line alone
            known = KernelProvisionerFactory.instance().provisioners
            known.setdefault(
                NAME, EntryPoint(NAME, f"{__name__}:ForkProvisioner", KernelProvisionerFactory.GROUP_NAME)
            )
        await super().start_kernel(**kwargs)
        self.started(getattr(self.provisioner, "process", None))
