"""Run, test and maintain Avow on a machine with nothing but Python: `python3 dev.py help`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - older ones come this far, and no further
    sys.exit(
        f"Avow needs Python 3.11 or newer, and this is {sys.version.split()[0]}. Name a newer one, as in "
        "`python3.12 dev.py run`; https://www.python.org/downloads/ has it."
    )
if sys.platform == "win32":
    sys.exit("Avow runs on Linux and macOS: on Windows use it in WSL, or build the Containerfile.")

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
EXTRAS = {"runtime": ["embedded"], "dev": ["embedded", "dev"]}
UV = "uv==0.13.9"

BESIDE = ("benchmarks", "browser", "clients", "commerce", "models", "server", "stories")
"""Folders whose tests run beside all others, on the second core; chosen so that both halves take about as long."""
HEARTBEAT_S = 10.0
PLANNED = 2
"""The exit code of a command that is planned and not there yet."""

LAUNCHER = """\
#!/bin/sh
# Written by dev.py. The path of the interpreter may hold spaces, which no `#!` line can.
exec "$(dirname "$0")/python" -P -c \\
    'import sys; sys.argv[0] = "avow"; from server.cli import main; sys.exit(main())' "$@"
"""


def run(arguments: Sequence[str]) -> int:
    """Install what is needed, start the databases and serve the shop on http://127.0.0.1:8000."""
    install("runtime")
    os.chdir(ROOT)
    # Replaced by the server, so that signals and exit codes are its own.
    os.execve(VENV / "bin" / "avow", ["avow", "serve", *arguments], environment())


def test(arguments: Sequence[str]) -> int:
    """Lint, check types and run all tests; with arguments, run pytest alone with these."""
    install("dev")
    if arguments:
        return subprocess.call(tool("pytest", *arguments), cwd=ROOT, env=environment())
    folders = [f"tests/{name}" for name in BESIDE if (ROOT / "tests" / name).is_dir()]
    others = tool("pytest", "--durations=10", "tests", *(f"--ignore={folder}" for folder in folders))
    beside = [("tests of commerce, models and servers", tool("pytest", "--durations=10", *folders))] if folders else []
    return all_of(*static_checks(), ("tests", others), beside=beside)


def check(arguments: Sequence[str]) -> int:
    """Check in seconds what needs no database: lint, types, layers, policy, generated texts."""
    install("dev")
    quick = [name for name in ("architecture", "policy") if (ROOT / "tests" / name).is_dir()]
    tests = tool("pytest", "--quiet", *(f"tests/{name}" for name in quick))
    return all_of(*static_checks(), ("architecture and policy", [*tests, *arguments]))


def schema(arguments: Sequence[str]) -> int:
    """Rewrite the SDL, the policy's matrix and the generated pages from the code."""
    install("runtime")
    return subprocess.call([VENV / "bin" / "avow", "schema", "--write", *arguments], cwd=ROOT, env=environment())


def bench(arguments: Sequence[str]) -> int:
    """Measure what requests cost against hand-written servers; `bench shop` plays real sales."""
    install("dev")
    return subprocess.call([PYTHON, "-m", "benchmarks", *arguments], cwd=ROOT, env=environment())


def soak(arguments: Sequence[str]) -> int:
    """Run the thorough tests that take minutes to hours, which `test` leaves out."""
    install("dev")
    # A test of hours would keep all that is logged meanwhile, with what it was logged about.
    pytest = tool("pytest", "-m", "soak", "-p", "no:logging", "-s")
    code = subprocess.call([*pytest, *arguments], cwd=ROOT, env=environment())
    if code == 5:
        say("planned: no test is marked `soak` yet, so nothing was tested.")
        return PLANNED
    return code


def lock(arguments: Sequence[str]) -> int:
    """Choose versions anew for pyproject.toml and write both lock files; needs the network."""
    with tempfile.TemporaryDirectory(prefix="avow-lock-") as place:
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        with step(f"installing {UV} aside"):
            subprocess.run([f"{place}/bin/python", "-m", "pip", "install", "--quiet", UV], check=True)
        # What is tested is what runs: the versions of the one are among those of the other.
        constraint: list[str] = []
        for name, path in sorted(LOCKS.items()):
            with step(f"choosing versions for {path.name}"):
                command = [f"{place}/bin/uv", "pip", "compile", "pyproject.toml", "--quiet", "--universal"]
                command += [f"--extra={extra}" for extra in EXTRAS[name]]
                command += ["--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-header"]
                command += [*constraint, f"--output-file={path}", *arguments]
                subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            path.write_text(without_addresses(path.read_text()))
            constraint = [f"--constraint={path.name}"]
    return 0


def explorer(arguments: Sequence[str]) -> int:
    """Build the explorer's page again from its source; needs Node.js, for maintainers only."""
    if shutil.which("npm") is None:
        raise SystemExit("npm is missing: install Node.js 22 or newer. Only changes of `explorer/src` need it.")
    folder = ROOT / "explorer"
    return all_of(
        ("the explorer's packages", ["npm", "ci", "--no-audit", "--no-fund", *arguments]),
        ("the explorer's bundle", ["npm", "run", "build"]),
        folder=folder,
    )


def show_help(arguments: Sequence[str]) -> int:
    """Print this list."""
    say("python3 dev.py COMMAND [ARGUMENTS]\n")
    for name, command in COMMANDS.items():
        say(f"  {name:<10}{command.__doc__}")
    say("\nSettings come from the environment: AVOW_DATA, HOST, PORT, DATABASE_URL ...; see README.md.")
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": run,
    "test": test,
    "check": check,
    "schema": schema,
    "bench": bench,
    "soak": soak,
    "lock": lock,
    "explorer": explorer,
    "help": show_help,
}


def install(kind: str) -> None:
    """
    Bring `.venv` to the state of a lock file, which takes no time when it is there already.

    An install that was interrupted leaves its mark and is begun from nothing, because a package
    that was written halfway looks complete to pip. Two at a time wait for each other.
    """
    with alone():
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        wanted = {name: digest(LOCKS[name]) for name in LOCKS} | {"python": python}
        if kind == "runtime":
            wanted.pop("dev")
        found = read_stamp()
        if all(found.get(name) == value for name, value in wanted.items()) and PYTHON.exists():
            write_launcher()
            return
        if VENV.exists() and (found.get("python") != python or not has_pip()):
            with step("removing what an interrupted install or another Python left in .venv"):
                shutil.rmtree(VENV)
        if not VENV.exists():
            make_venv()
        STAMP.unlink(missing_ok=True)
        count = len(re.findall(r"^[a-z].*==", LOCKS[kind].read_text(), re.MULTILINE))
        with step(f"installing {count} pinned packages from {LOCKS[kind].name}"):
            pip("install", "--require-hashes", "--no-deps", "--requirement", str(LOCKS[kind]))
        (site_packages() / "avow.pth").write_text(f"{ROOT}\n", encoding="utf-8")
        write_launcher()
        fresh = STAMP.with_suffix(".new")
        fresh.write_text(json.dumps(wanted))
        fresh.replace(STAMP)


def make_venv() -> None:
    """Make `.venv`, or say which package of the system is missing."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SystemExit(
            "This Python lacks `venv` or `ensurepip`. Install them and run this again:\n"
            f"  Debian, Ubuntu   sudo apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv\n"
            "  Fedora           sudo dnf install python3 python3-pip\n"
            "  macOS            brew install python"
        )
    with step("making .venv"):
        watched([sys.executable, "-m", "venv", str(VENV)])


def pip(*arguments: str) -> None:
    """Run pip of `.venv`; where the packages come from is up to its own configuration."""
    watched(
        [str(PYTHON), "-m", "pip", *arguments, "--disable-pip-version-check", "--no-input", "--quiet"],
        on_failure="Is the network there? What pip says above names the package.",
    )


def watched(command: Sequence[str], *, on_failure: str = "") -> None:
    """Run a silent command, with a sign of life now and then; its words show only if it fails."""
    with tempfile.TemporaryFile() as words:
        begun = told = time.monotonic()
        program = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=words, stderr=words
        )
        try:
            while program.poll() is None:
                time.sleep(0.05)
                if time.monotonic() - told > HEARTBEAT_S:
                    told = time.monotonic()
                    say(f"   ... {told - begun:.0f} s")
        finally:
            program.kill()
            program.wait()
        if program.returncode != 0:
            words.seek(0)
            sys.stderr.write(words.read().decode(errors="replace"))
            raise SystemExit(f"`{shlex.join(command)}` failed with {program.returncode}. {on_failure}".strip())


def has_pip() -> bool:
    """Tell whether `.venv` is whole: its interpreter starts and has pip, and no install was cut off."""
    if not PYTHON.exists() or not STAMP.exists():
        return False
    return subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0


def read_stamp() -> dict[str, str]:
    """Read what was last installed; nothing if an install was cut off."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return stamp


def write_launcher() -> None:
    """Write the command `avow`, without an install that would need a build tool."""
    path = VENV / "bin" / "avow"
    if not path.exists() or path.read_text() != LAUNCHER:
        path.write_text(LAUNCHER)
        path.chmod(0o755)


def site_packages() -> Path:
    """Where `.venv` keeps its packages."""
    return VENV / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def static_checks() -> list[tuple[str, list[str]]]:
    """List what is checked without running Avow."""
    return [
        ("lint", tool("ruff", "check", "--quiet", ".")),
        ("format", tool("ruff", "format", "--check", "--quiet", ".")),
        ("types", tool("basedpyright")),
    ]


Part = tuple[str, Sequence[str]]


def all_of(*parts: Part, beside: Sequence[Part] = (), folder: Path = ROOT) -> int:
    """
    Run all parts even if one fails, then list their times; fail if any did.

    Those in `beside` run at the same time as the last part, and what they said is shown when they have ended.
    """
    results: list[tuple[str, int, float]] = []
    for name, command in parts[:-1]:
        say(f"-> {name}")
        results.append((name, *timed(command, folder)))
    with ThreadPoolExecutor() as threads, tempfile.TemporaryDirectory(prefix="avow-parts-") as place:
        said = [Path(place) / str(number) for number in range(len(beside))]
        running = [
            threads.submit(timed, command, folder, path) for (_, command), path in zip(beside, said, strict=True)
        ]
        name, command = parts[-1]
        say(f"-> {name}" + "".join(f", and beside it {other}" for other, _ in beside))
        results.append((name, *timed(command, folder)))
        for (other, _), part, path in zip(beside, running, said, strict=True):
            results.append((other, *part.result()))
            say(f"-> {other}")
            sys.stdout.write(path.read_text(encoding="utf-8", errors="replace"))
    say("")
    for name, code, took in results:
        say(f"{'ok    ' if code == 0 else 'FAILED'} {took:7.1f} s  {name}")
    return max(min(code, 1) if code >= 0 else 1 for _, code, _ in results)


def timed(command: Sequence[str], folder: Path, output: Path | None = None) -> tuple[int, float]:
    """Run a command, its words going into a file if one is given: its exit code, and how many seconds it took."""
    begun = time.monotonic()
    if output is None:
        return subprocess.call(command, cwd=folder, env=environment()), time.monotonic() - begun
    with output.open("wb") as file:
        code = subprocess.call(command, cwd=folder, env=environment(), stdout=file, stderr=subprocess.STDOUT)
    return code, time.monotonic() - begun


def tool(name: str, *arguments: str) -> list[str]:
    """Name a tool of `.venv` in a way that works below a path with spaces."""
    return [str(PYTHON), "-m", name, *arguments]


def environment() -> dict[str, str]:
    """Give our programs the environment without what would lead Python or pip to other packages."""
    misleading = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"}
    return {name: value for name, value in os.environ.items() if name not in misleading}


def without_addresses(text: str) -> str:
    """Remove every line that names where packages were found."""
    return "".join(line for line in text.splitlines(keepends=True) if "://" not in line and not line.startswith("-"))


def digest(path: Path) -> str:
    """Identify the contents of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(text: str) -> None:
    """Print a line at once, also into a file or a pipe."""
    print(text, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print what begins, and how long it took."""
    say(f"-> {name}")
    begun = time.monotonic()
    yield
    say(f"   {time.monotonic() - begun:.1f} s")


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other dev.py of this clone installs."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("-> waiting for another dev.py that is installing")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name."""
    name, *rest = arguments or ["help"]
    command = COMMANDS.get(name.lstrip("-"))
    if command is None:
        say(f"There is no command `{name}`; choose one of these.\n")
        show_help([])
        return 64
    try:
        return command(rest)
    except PermissionError as error:
        raise SystemExit(
            f"`{error.filename}` belongs to another account: run dev.py as that one, or remove `{VENV}` as that one."
        ) from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"`{shlex.join(map(str, error.cmd))}` failed with {error.returncode}.") from None
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
