"""Tells a story over HTTP: each step is asked of the real application, and goes into a page with its answer."""

import asyncio
import email
import json
import re
from dataclasses import dataclass, field
from email.policy import default as parsing
from pathlib import Path
from typing import Any

import httpx

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)")
_LETTER_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d \(UTC\)")
_ID = re.compile(r'("(?:id|\w+Id)": )"[^"]{20,}"')
_TOKEN = re.compile(r"avow_(session|token|proof)_[\w-]+")


@dataclass
class Story:
    """
    What was asked and answered so far.

    Args:
        client: Calls the application.
        letters: The folder that messages are written to.
        replaced: What differs from run to run, and what the page has in its place.
    """

    client: httpx.AsyncClient
    letters: Path
    replaced: dict[str, str] = field(default_factory=dict[str, str])
    parts: list[str] = field(default_factory=list[str])
    _read: set[Path] = field(default_factory=set[Path])

    def say(self, text: str) -> None:
        """Write a paragraph or a heading."""
        self.parts.append(text)

    async def ask(
        self, document: str, /, *, token: str | None = None, is_shown: bool = True, **variables: Any
    ) -> dict[str, Any]:
        """Send an operation, write it down with its answer, and give the answer."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent = {"query": document, "variables": variables}
        response = await self.client.post("/graphql", json=sent, headers=headers)
        answer: dict[str, Any] = response.json()
        if is_shown:
            given = f"```json\n{self._stable(variables)}\n```\n\n" if variables else ""
            told = self._stable(_without_cost(answer))
            self.say(f"```graphql\n{document.strip()}\n```\n\n{given}answers\n\n```json\n{told}\n```")
        return answer

    async def letter(self, to: str, kind: str, *, is_shown: bool = True) -> str:
        """Wait for a message to somebody, write it down, and give its text."""
        async with asyncio.timeout(20):
            while (found := self._find(to, kind)) is None:  # noqa: ASYNC110  # another task writes the file
                await asyncio.sleep(0.05)
        path, subject, text = found
        self._read.add(path)
        if is_shown:
            head = [f"**{subject}**", ""] if subject else []
            quoted = "\n".join(f"> {line}".rstrip() for line in [*head, *text.strip().splitlines()])
            self.say(self._same_words(quoted))
        return text

    def page(self) -> str:
        """Give the page as it is checked in."""
        return self._same_words("\n\n".join(self.parts)) + "\n"

    def _find(self, to: str, kind: str) -> tuple[Path, str, str] | None:
        for path in sorted(self.letters.glob(f"*{kind}*.eml")):
            if path not in self._read:
                letter = email.message_from_bytes(path.read_bytes(), policy=parsing)
                if letter["To"].addresses[0].addr_spec == to:
                    return path, str(letter["Subject"]), letter.get_content()
        for path in sorted(self.letters.glob(f"*{kind}*.txt")):
            receiver, _, text = path.read_text(encoding="utf-8").partition("\n\n")
            if path not in self._read and receiver == f"To: {to}":
                return path, "", text
        return None

    def _stable(self, value: Any) -> str:
        text = _ID.sub(r'\1"…"', _compact(value))
        return self._same_words(text)

    def _same_words(self, text: str) -> str:
        for varying, fixed in self.replaced.items():
            text = text.replace(varying, fixed)
        text = _LETTER_TIME.sub("2026-06-01 12:00 (UTC)", _INSTANT.sub("2026-06-01T12:00:00+00:00", text))
        return _TOKEN.sub(r"avow_\1_…", text)


def _without_cost(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an operation cost: what is left of the bucket depends on the time since the last one."""
    extensions: dict[str, Any] = answer.get("extensions", {})
    kept = {name: value for name, value in extensions.items() if name != "cost"}
    return answer | ({"extensions": kept} if kept else {})


def _compact(value: Any, indent: str = "") -> str:
    """Write JSON with what fits on one line on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= 100 or not isinstance(value, dict | list):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        items: list[str] = [f"{json.dumps(key)}: {_compact(item, inner)}" for key, item in value.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        opening, closing = "{", "}"
    else:
        items = [_compact(item, inner) for item in value]  # pyright: ignore[reportUnknownVariableType]
        opening, closing = "[", "]"
    body = f",\n{inner}".join(items)
    return f"{opening}\n{inner}{body}\n{indent}{closing}"
