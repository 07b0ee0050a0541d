"""The two commands of a newcomer work with nothing but Python, from any path, and heal themselves."""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dev

SCRIPT = dev.ROOT / "dev.py"
CLI = """
import signal, sys, time

def main():
    print(sys.argv, flush=True)
    if "wait" in sys.argv:
        signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
        print("waiting", flush=True)
        time.sleep(30)
    return 5
"""


def script(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "dev.py"), *arguments],
        # Nothing here may need the network: no registry is at this address.
        env={**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_RETRIES": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def pinned(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock.read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in small, below a path with spaces: nothing to install, and a program to run."""
    folder = tmp_path_factory.mktemp("dev") / "a clone with spaces"
    (folder / "server").mkdir(parents=True)
    shutil.copy(SCRIPT, folder)
    for lock in dev.LOCKS.values():
        (folder / lock.name).write_text("# nothing\n")
    (folder / "server" / "cli.py").write_text(CLI)
    made = script(folder, "run", "--port", "1 2")
    assert made.returncode == 5, made.stderr
    return folder


def test_it_needs_no_package() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SCRIPT.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported <= sys.stdlib_module_names


def test_an_older_python_is_told_in_a_sentence() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))
    pretend = "import sys, runpy; sys.version_info = (3, 9, 1); runpy.run_path(sys.argv[1], run_name='__main__')"

    told = subprocess.run(
        [sys.executable, "-c", pretend, str(SCRIPT)], capture_output=True, text=True, timeout=30, check=False
    )

    assert told.returncode == 1
    assert told.stderr.startswith("Avow needs Python 3.11 or newer")
    assert "Traceback" not in told.stderr


def test_the_first_run_passes_arguments_and_the_exit_code(project: Path) -> None:
    again = script(project, "run", "--port", "1 2")

    assert again.stdout.splitlines()[-1] == "['avow', 'serve', '--port', '1 2']"
    assert again.returncode == 5


def test_a_second_run_installs_nothing(project: Path) -> None:
    again = script(project, "run")

    assert "installing" not in again.stdout
    assert "making" not in again.stdout


def test_the_interrupt_key_reaches_the_server_and_its_exit_code_comes_back(project: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, str(project / "dev.py"), "run", "wait"], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    with program:
        for line in program.stdout:
            if line.startswith("waiting"):
                break

        program.send_signal(signal.SIGINT)

        assert program.wait(10) == 7


def test_an_install_that_was_cut_off_is_begun_from_nothing(project: Path) -> None:
    (project / ".venv" / "installed.json").unlink()
    half = project / ".venv" / "half a package"
    half.touch()

    healed = script(project, "run")

    assert healed.returncode == 5
    assert "removing what an interrupted install" in healed.stdout
    assert not half.exists()


def test_a_changed_lock_installs_again(project: Path) -> None:
    (project / "requirements.lock").write_text("# nothing, said otherwise\n")

    assert "installing" in script(project, "run").stdout
    assert "installing" not in script(project, "run").stdout


def test_a_package_with_another_hash_is_refused(project: Path) -> None:
    wheels = project / "wheels"
    wheels.mkdir()
    shutil.copytree(project / "server", project / "package" / "server")
    wheel = wheels / "strange-1.0-py3-none-any.whl"
    shutil.make_archive(str(wheel.with_suffix("")), "zip", project / "package")
    wheel.with_suffix(".zip").rename(wheel)
    lock = project / "requirements.lock"
    before = lock.read_text()
    lock.write_text(f"strange @ {wheel.as_uri()} --hash=sha256:{'0' * 64}\n")

    refused = script(project, "run")
    lock.write_text(before)

    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_what_is_planned_says_so_and_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # pytest ends with 5 when it finds no test, so a program that does the same stands in for it.
    def nothing_to_install(_: str) -> None:
        return

    def finds_no_test(*_: str) -> list[str]:
        return [sys.executable, "-c", "raise SystemExit(5)"]

    monkeypatch.setattr(dev, "install", nothing_to_install)
    monkeypatch.setattr(dev, "tool", finds_no_test)

    assert dev.soak([]) == dev.PLANNED
    assert capsys.readouterr().out.startswith("planned:")


def test_help_and_make_know_every_command() -> None:
    shown = script(dev.ROOT, "help")
    made = re.search(r"^COMMANDS := (.*)$", (dev.ROOT / "Makefile").read_text(), re.MULTILINE)

    assert made is not None
    assert set(made[1].split()) == set(dev.COMMANDS)
    for name, command in dev.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(command.__doc__ or '?')}$", shown.stdout, re.MULTILINE)
    unknown = script(dev.ROOT, "tset")
    assert unknown.returncode == 64
    assert "no command `tset`" in unknown.stdout


def test_every_part_runs_and_one_failure_fails_all(capfd: pytest.CaptureFixture[str]) -> None:
    fails = [sys.executable, "-c", "raise SystemExit(3)"]
    dies = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    passes = [sys.executable, "-c", "print('ran')"]

    assert dev.all_of(("first", fails), ("second", passes)) == 1
    assert dev.all_of(("first", dies), ("second", passes)) == 1
    assert dev.all_of(("only", passes)) == 0
    assert capfd.readouterr().out.count("ran\n") == 3


def test_parts_beside_the_last_one_run_at_the_same_time_and_are_shown_whole(capfd: pytest.CaptureFixture[str]) -> None:
    waits = [sys.executable, "-c", "import time; time.sleep(1); print('waited')"]
    fails = [sys.executable, "-c", "import sys; print('the reason'); sys.exit(3)"]
    begun = time.monotonic()

    assert dev.all_of(("first", waits), beside=[("second", waits)]) == 0
    took = time.monotonic() - begun

    assert dev.all_of(("first", waits), beside=[("second", fails)]) == 1
    said = capfd.readouterr().out
    assert took < 1.9
    assert said.count("waited\n") == 3
    assert "the reason\n" in said
    assert re.search(r"^FAILED +[\d.]+ s  second$", said, re.MULTILINE)


def test_a_failed_install_shows_the_words_of_the_program(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="failed with 3"):
        dev.watched([sys.executable, "-c", "import sys; print('the reason'); sys.exit(3)"])

    assert "the reason" in capfd.readouterr().err


@pytest.mark.parametrize("lock", dev.LOCKS.values(), ids=dev.LOCKS)
def test_a_lock_pins_and_hashes_everything_and_names_no_registry(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)

    assert len(entries) > 30
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries if entry.strip())
    assert dev.without_addresses(text) == text


def test_project_and_locks_agree_on_every_direct_dependency() -> None:
    project: dict[str, Any] = tomllib.loads((dev.ROOT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    for name, lock in dev.LOCKS.items():
        wanted = [*project["dependencies"], *(each for extra in dev.EXTRAS[name] for each in extras[extra])]
        exact = dict(each.split(" ;")[0].split("==") for each in wanted)

        assert exact.items() <= pinned(lock).items()
    assert pinned(dev.LOCKS["runtime"]).items() <= pinned(dev.LOCKS["dev"]).items()


def test_every_direct_dependency_is_explained_once() -> None:
    project: dict[str, Any] = tomllib.loads((dev.ROOT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    wanted: list[str] = [*project["dependencies"], *(each for extra in extras.values() for each in extra)]
    explained = re.findall(r"^\| `([^`]+)` \|", (dev.ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)

    assert sorted(explained) == sorted(each.split("==")[0] for each in wanted)


def test_an_address_in_a_lock_is_removed() -> None:
    line = "rich==15.0.0 \\\n"

    assert dev.without_addresses(f"--index-url https://registry.invalid/simple\n-i x\n{line}# from https://a\n") == line
