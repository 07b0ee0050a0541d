"""The page for front-end developers shows the commands and the code that are tested."""

import json
import re

import pytest

from tests.clients.running import ASK, BUILD, EXAMPLES, TOKEN, text

GUIDE = text("docs/front-end.md")
BLOCKS = [(block[1], block[2]) for block in re.finditer(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)]
SUFFIXES = {"ts": (".ts",), "graphql": (".graphql", ".ts")}


def test_the_commands_of_the_guide_are_those_that_are_tested() -> None:
    told = "\n".join(block for kind, block in BLOCKS if kind == "sh")

    for command in (BUILD, *ASK.values(), TOKEN):
        assert command in told


@pytest.mark.parametrize(("kind", "block"), [found for found in BLOCKS if found[0] in SUFFIXES])
def test_the_code_of_the_guide_is_in_the_examples(kind: str, block: str) -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("typescript", "relay", "apollo")
        for path in (EXAMPLES / folder).iterdir()
        if path.suffix in SUFFIXES[kind]
    ]

    assert any(block in source for source in sources)


def test_the_guide_shows_code_of_each_example() -> None:
    assert len([kind for kind, _ in BLOCKS if kind in SUFFIXES]) >= len(ASK)


def test_every_scalar_of_the_schema_has_a_type_in_each_example() -> None:
    scalars = set(re.findall(r"^scalar (\w+)", text("schema/schema.graphql"), re.MULTILINE))
    generated = re.search(r"const scalars = \{(.*?)\}", text("examples/generate.mjs"), re.DOTALL)

    assert generated is not None
    assert set(re.findall(r"(\w+): \"string\"", generated[1])) >= scalars
    assert set(json.loads(text("examples/relay/relay.config.json"))["customScalarTypes"]) >= scalars


def test_the_packages_are_exact_and_named_in_the_dependencies() -> None:
    packages = json.loads(text("examples/package.json"))
    locked = json.loads(text("examples/package-lock.json"))["packages"]
    told = text("docs/dependencies.md")

    wanted = packages["dependencies"] | packages["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name in wanted if f"`{name}`" not in told] == []
    assert [name for name, package in locked.items() if "resolved" in package] == []
    assert [name for name, package in locked.items() if name and "integrity" not in package] == []
