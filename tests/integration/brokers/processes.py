"""Processes that live on without us: start them, know them again, signal only them."""
import contextlib
import dataclasses
import os
import pathlib
import select
import signal
import time


@dataclasses.dataclass(frozen=True)
class Process:
    """A process, known by its id and its time of start: ids are given anew, the pair is not."""

    pid: int
    start: int

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """Look up the process with this id; None: there is none."""
        fields = _stat(pid)
        return cls(pid, int(fields[19])) if fields else None

    def state(self) -> str | None:
        """Give its letter in /proc ("T": stopped by a signal), or None if it has ended."""
        fields = _stat(self.pid)
        if not fields or int(fields[19]) != self.start:
            return None
        if fields[0] in "ZX":
            if not _all_threads_ended(self.pid):
                return fields[0]
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            return None
        return fields[0]

    def alive(self) -> bool:
        return self.state() is not None

    def send(self, number: signal.Signals) -> bool:
        """Signal it; False: it has ended."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            # The handle is held by now: the id cannot pass to another process between this look and the signal.
            if not self.alive():
                return False
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False: it goes on."""
        end = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third (the state) on; the second may hold anything."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _all_threads_ended(pid: int) -> bool:
    """Killed, the first thread may be gone while others still hold the ports; the kernel tells of the last one's end."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return True
    try:
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        return bool(ended.poll(0))
    finally:
        os.close(handle)


@contextlib.contextmanager
def launch(command: list[str], log: pathlib.Path):
    """Start a command in a session of its own, its output going to the end of `log`; gives its Process.

    It waits until the block is left, in which the caller writes down the process. If the caller is killed before that, the command
    never runs: nothing is alive that nobody knows of.
    """
    wait_for, let_go = os.pipe()
    try:
        pid = os.posix_spawn(
            "/bin/sh", ["sh", "-c", 'read -r go && exec "$@"', "sh", *command], os.environ, setsid=True,
            file_actions=[(os.POSIX_SPAWN_DUP2, wait_for, 0),
                          (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
                          (os.POSIX_SPAWN_DUP2, 1, 2)])
        yield Process.of(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(let_go, b"go\n")
    finally:
        os.close(wait_for)
        os.close(let_go)
