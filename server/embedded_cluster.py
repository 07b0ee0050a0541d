"""One embedded PostgreSQL cluster: made whole or not at all, started, and stopped."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from server.embedded_account import CURRENT_FOLDER, Account
from server.embedded_layout import DATABASES, EmbeddedUnavailable, is_ready, postmaster_pid

ACCESS = "# Written by Avow at each start.\nlocal all all scram-sha-256\n"
"""The only way in: the socket, with a password."""

LOG_BYTES = 1_000_000
STARTS_WITHIN_S = 600.0
STOPS_WITHIN_S = 60.0

SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "huge_pages": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "default_text_search_config": "'pg_catalog.simple'",
    # Nothing that a statement holds may reach the log: an ERROR quotes values, and LOG ranks above.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_autovacuum_min_duration": "-1",
    "log_temp_files": "-1",
    "log_lock_waits": "off",
    "log_recovery_conflict_waits": "off",
    "log_checkpoints": "off",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "'%m [%p] '",
}
OWN_SETTINGS = {
    "shop": {"shared_buffers": "128MB", "work_mem": "8MB", "maintenance_work_mem": "64MB"},
    "keys": {"shared_buffers": "16MB"},
}
UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off"}


@dataclass
class Cluster:
    """One cluster of ours and the server that runs it."""

    name: str
    parent: Path
    binaries: Path
    sockets: Path
    account: Account
    durable: bool
    server: subprocess.Popen[bytes] | None = None
    making: Path | None = None

    @property
    def folder(self) -> Path:
        """Where PostgreSQL keeps its files."""
        return self.parent / self.name

    @property
    def log(self) -> Path:
        """Where PostgreSQL writes what happens to the server; never what is asked of it."""
        return self.parent / f"{self.name}.log"

    def trim_log(self) -> None:
        """Begin the log anew once it is long."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            os.truncate(self.log, 0)

    def begin_making(self) -> subprocess.Popen[bytes] | None:
        """Begin to make the cluster in a folder beside its place, unless it is there."""
        if self.folder.exists():
            self._refuse_other_version()
            return None
        for remains in self.parent.glob(f"{self.name}.new-*"):
            shutil.rmtree(remains)
        self.making = Path(tempfile.mkdtemp(prefix=f"{self.name}.new-", dir=self.parent))
        self.account.give(self.making)
        arguments = [str(self.binaries / "bin" / "initdb"), "-D", CURRENT_FOLDER]
        arguments += ["--username=postgres", "--auth-local=reject", "--auth-host=reject"]
        arguments += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        arguments += ["--builtin-locale=C.UTF-8", "--wal-segsize=4", "--no-instructions"]
        if not self.durable:
            arguments += ["--no-sync"]
        with self.log.open("ab") as output:
            return self.account.start(arguments, self.making, output=output)

    def finish_making(self, making: subprocess.Popen[bytes], passwords: dict[str, str]) -> None:
        """
        Add the roles and the database, then move the cluster to its place.

        PostgreSQL does it in its single-user mode, so there is never a server without passwords,
        nor a cluster with half of its roles.
        """
        if making.wait(STARTS_WITHIN_S) != 0 or self.making is None:
            raise self._failure("could not be made")
        self._configure(self.making)
        arguments = [str(self.binaries / "bin" / "postgres"), "--single", "-D", CURRENT_FOLDER]
        arguments += ["-c", "exit_on_error=on", "postgres"]
        with self.log.open("ab") as output:
            alone = self.account.start(arguments, self.making, output=output, standard_input=subprocess.PIPE)
            alone.communicate(_first_statements(DATABASES[self.name], passwords), STARTS_WITHIN_S)
        if alone.returncode != 0:
            raise self._failure("could not be given its roles")
        self.making.rename(self.folder)
        self.making = None
        if self.durable:
            parent = os.open(self.parent, os.O_RDONLY)
            os.fsync(parent)
            os.close(parent)

    def clear_remains(self, report: Callable[[str], None]) -> None:
        """Stop a server that outlived its guard, and remove the mark of one that is no more."""
        mark = self.folder / "postmaster.pid"
        server = postmaster_pid(self.folder)
        if server is None:
            return
        for number, patience in ((signal.SIGINT, STOPS_WITHIN_S), (signal.SIGQUIT, 10.0)):
            if not self._serves(server):
                break
            report(f"An earlier PostgreSQL of `{self.name}` is still there; it is being stopped.")
            with suppress(ProcessLookupError):
                os.kill(server, number)
            deadline = time.monotonic() + patience
            while self._serves(server) and time.monotonic() < deadline:
                time.sleep(0.01)
        if self._serves(server):
            raise EmbeddedUnavailable(f"PostgreSQL {server} of `{self.folder}` does not stop: end it with `kill -9`.")
        if _is_alive(server):
            # The number went to a stranger meanwhile, whom PostgreSQL would take for a server.
            mark.unlink(missing_ok=True)

    def start(self) -> None:
        """Start the server; `is_ready` tells when it answers."""
        self._configure(self.folder)
        arguments = [str(self.binaries / "bin" / "postgres"), "-D", CURRENT_FOLDER]
        arguments += ["-k", str(self.sockets), f"--cluster_name={self._label()}"]
        with self.log.open("ab") as output:
            self.server = self.account.start(arguments, self.folder, output=output, on_our_death=signal.SIGINT)

    def wait_until_ready(self, report: Callable[[str], None]) -> None:
        """
        Wait for the server, however long it replays what a crash interrupted.

        Raises:
            EmbeddedUnavailable: It ended, or was not ready after ten minutes.
        """
        begun = told = time.monotonic()
        while self.server is not None and not is_ready(self.folder, of=self.server.pid):
            at = time.monotonic()
            if self.server.poll() is not None:
                # Children of a killed server may take a moment to notice, and hold its memory.
                if at - begun > 10:
                    raise self._failure("does not start")
                time.sleep(0.2)
                self.start()
            if at - begun > STARTS_WITHIN_S:
                raise self._failure("was not ready after ten minutes")
            if at - told > 2:
                report(f"PostgreSQL `{self.name}` replays its log after an interruption.")
                told = at
            time.sleep(0.005)

    def ask_to_stop(self) -> None:
        """Begin to stop the server: its clients are cut off, what they committed is on disk."""
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """Wait until the server that was asked to stop has stopped; by and by with force."""
        if self.server is None:
            return
        for patience, number in ((STOPS_WITHIN_S, signal.SIGQUIT), (10.0, signal.SIGKILL)):
            with suppress(subprocess.TimeoutExpired):
                self.server.wait(patience)
                break
            self.server.send_signal(number)
        self.server.wait(10)
        self.server = None

    def _configure(self, folder: Path) -> None:
        """Write settings and access rules as the account, so no link in its folder misleads us."""
        settings = SETTINGS | OWN_SETTINGS[self.name] | ({} if self.durable else UNSAFE_BUT_FAST)
        lines = ["# Written by Avow at each start.", *(f"{k} = {v}" for k, v in settings.items())]
        # What `ALTER SYSTEM` sets would outrank ours.
        self._write(folder, "postgresql.auto.conf", "# Avow keeps this file empty.\n")
        self._write(folder, "postgresql.conf", "\n".join(lines) + "\n")
        self._write(folder, "pg_hba.conf", ACCESS)

    def _write(self, folder: Path, name: str, text: str) -> None:
        command = 'cat > "$1.new" && mv -f "$1.new" "$1"'
        with self.log.open("ab") as output:
            writing = self.account.start(
                ["/bin/sh", "-c", command, "sh", name],
                folder,
                output=output,
                standard_input=subprocess.PIPE,
            )
            writing.communicate(text.encode(), 10)
        if writing.returncode != 0:
            raise self._failure(f"could not write `{name}`")

    def _serves(self, pid: int) -> bool:
        """Tell whether a program is the server of this cluster, by the label it was given."""
        return self._label() in _command_line(pid)

    def _label(self) -> str:
        """Name the cluster in lists of programs, and identify its folder on this machine."""
        found = self.folder.stat()
        return f"avow {self.name} {found.st_dev:x}-{found.st_ino:x}"

    def _refuse_other_version(self) -> None:
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        if made_by != "18":
            raise EmbeddedUnavailable(
                f"`{self.folder}` was made by PostgreSQL {made_by}, not by 18: move it over with "
                "`pg_dump`, or give `AVOW_DATA` another folder."
            )

    def _failure(self, what: str) -> EmbeddedUnavailable:
        said = ""
        with suppress(OSError):
            for line in self.log.read_text(errors="replace").splitlines()[-20:]:
                found = [kind for kind in ("FATAL:", "PANIC:", "error:") if kind in line]
                said = f" It said: {line.split(found[0], 1)[1].strip()}." if found else said
        return EmbeddedUnavailable(
            f"The embedded PostgreSQL `{self.name}` {what}.{said} Look into `{self.log}`, or set "
            "`DATABASE_URL` and `AVOW_KEYS_URL`."
        )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _command_line(pid: int) -> str:
    """Read what a program was called with; empty when there is none."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listing = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
        timeout=10,
    )
    return listing.stdout


def _first_statements(database: str, passwords: dict[str, str]) -> bytes:
    """
    Write what a new cluster is given, one statement a line.

    The superuser may not log in at all. The owner may make further databases, which tests of
    migrations need, and flush, which tests of what lies on the disk need.
    """
    roles = [
        f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION PASSWORD '{password}'"
        for role, password in passwords.items()
    ]
    lines = [
        *roles,
        "ALTER ROLE avow_owner CREATEDB",
        "GRANT pg_checkpoint TO avow_owner",
        "GRANT avow_app, avow_reader TO avow_owner WITH INHERIT FALSE",
        f"CREATE DATABASE {database} OWNER avow_owner",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO avow_app, avow_reader",
        "REVOKE ALL ON DATABASE postgres FROM PUBLIC",
        "REVOKE ALL ON DATABASE template1 FROM PUBLIC",
        "ALTER ROLE postgres NOLOGIN PASSWORD NULL",
    ]
    return "".join(f"{line}\n" for line in lines).encode()
