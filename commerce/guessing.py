"""How many guesses a password withstands: by zxcvbn's words, patterns and figures, in bounded time."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from zxcvbn import matching, scoring

# zxcvbn adds 10,000 guesses for each further pattern, as a factor: with a third one there are enough already. So a
# weak text is one pattern or two, each of which touches an end of it, and nothing else has to be looked for.
FEWEST_GUESSES = scoring.MIN_GUESSES_BEFORE_GROWING_SEQUENCE**2
_LONGEST_DATE = 10
# Walks over keys are counted no further: their figures grow with the length, and the work with its cube.
_LONGEST_WALK = 24
_LONGEST_BRUTE = 7

_matching: Any = matching
_scoring: Any = scoring


@dataclass(frozen=True)
class Estimate:
    """
    How a text is guessed with the least effort.

    Args:
        guesses: How many it takes; `FEWEST_GUESSES` stands for that many or more.
        patterns: What it is made of, in zxcvbn's words: `dictionary`, `repeat`, `date`, ..., `bruteforce`.
    """

    guesses: int
    patterns: frozenset[str]


class _Part(NamedTuple):
    guesses: int
    pattern: str


class _Lexicon(NamedTuple):
    ranks: dict[str, int]
    forwards: list[str]
    backwards: list[str]
    longest: int


@dataclass
class _Ends:
    """The cheapest pattern for each head and each tail of a text, by their length."""

    text: str
    heads: dict[int, _Part] = field(default_factory=dict[int, _Part])
    tails: dict[int, _Part] = field(default_factory=dict[int, _Part])

    def add(self, match: dict[str, Any]) -> None:
        """Count in a match, if it touches an end."""
        first, behind = match["i"], match["j"] + 1
        is_head, is_tail = first == 0, behind == len(self.text)
        if not (is_head or is_tail):
            return
        part = _Part(int(_scoring.estimate_guesses(match, self.text)), match["pattern"])
        if is_head:
            self.heads[behind] = min(part, self.heads.get(behind, part))
        if is_tail:
            length = behind - first
            self.tails[length] = min(part, self.tails.get(length, part))


def estimate(text: str) -> Estimate:
    """
    Tell how a text is guessed with the least effort.

    It never takes a text for stronger than zxcvbn does, below `FEWEST_GUESSES`: it knows all of zxcvbn's matches at
    both ends, and more. Where zxcvbn enumerates all ways at once in which symbols may stand for letters, which is
    exponential in their number, here each word is followed sign by sign, as far as there are words that begin so.
    """
    return _estimate(text, {})


def _estimate(text: str, known: dict[str, Estimate]) -> Estimate:
    # The same text comes again and again among the repeats of repeats; without the notes those would multiply.
    if text not in known:
        ends = _Ends(text)
        for match in _matches(text, known):
            ends.add(match)
        known[text] = _cheapest(ends)
    return known[text]


def _cheapest(ends: _Ends) -> Estimate:
    length = len(ends.text)
    best = Estimate(FEWEST_GUESSES, frozenset())
    if length in ends.heads:
        best = min(best, _of(ends.heads[length].guesses, ends.heads[length]), key=_guesses)
    for at, head in ends.heads.items():
        if tail := ends.tails.get(length - at):
            both = 2 * head.guesses * tail.guesses + scoring.MIN_GUESSES_BEFORE_GROWING_SEQUENCE
            best = min(best, _of(both, head, tail), key=_guesses)
    return best


def _of(guesses: int, *parts: _Part) -> Estimate:
    return Estimate(guesses, frozenset(part.pattern for part in parts))


def _guesses(of: Estimate) -> int:
    return of.guesses


def _matches(text: str, known: dict[str, Estimate]) -> Iterator[dict[str, Any]]:
    yield from _words(text)
    yield from _repeats(text, known)
    yield from _walks(text)
    yield from _matching.sequence_match(text) if text else ()
    yield from _matching.regex_match(text)
    yield from _dates(text)
    for length in range(1, min(len(text), _LONGEST_BRUTE) + 1):
        yield _match("bruteforce", text, 0, length)
        yield _match("bruteforce", text, len(text) - length, length)


def _match(pattern: str, text: str, first: int, length: int, **facts: Any) -> dict[str, Any]:
    return {"pattern": pattern, "i": first, "j": first + length - 1, "token": text[first : first + length], **facts}


def _words(text: str) -> Iterator[dict[str, Any]]:
    lexicon = _lexicon()
    for is_tail in (False, True):
        read = text[::-1] if is_tail else text
        for is_reversed in (False, True):
            # A tail is read from its end, so a word in it comes backwards, and a reversed one forwards.
            is_forwards = is_tail == is_reversed
            for spelt in _spelt(read, lexicon.forwards if is_forwards else lexicon.backwards, lexicon.longest):
                length = len(spelt)
                substituted = {
                    sign: letter for sign, letter in zip(read[:length].lower(), spelt, strict=True) if sign != letter
                }
                if substituted and length == 1:
                    continue
                yield _match(
                    "dictionary",
                    text,
                    len(text) - length if is_tail else 0,
                    length,
                    rank=lexicon.ranks[spelt if is_forwards else spelt[::-1]],
                    reversed=is_reversed,
                    l33t=bool(substituted),
                    sub=substituted,
                )


def _spelt(read: str, words: list[str], longest: int) -> Iterator[str]:
    """Follow all words that a text may begin with, each sign read as itself or as the letters that it stands for."""
    begun = [""]
    for sign in read[:longest]:
        further: list[str] = []
        for so_far in begun:
            for letter in _readings(sign):
                spelt = so_far + letter
                at = bisect_left(words, spelt)
                if at == len(words) or not words[at].startswith(spelt):
                    continue
                further.append(spelt)
                if words[at] == spelt:
                    yield spelt
        begun = further
        if not begun:
            return


def _readings(sign: str) -> str:
    # A few capitals have two signs in lower case; no word has those.
    itself = sign.lower()
    return (itself if len(itself) == 1 else "") + _letters().get(sign, "")


@cache
def _letters() -> dict[str, str]:
    table: dict[str, list[str]] = _matching.L33T_TABLE
    signs = {sign for signs in table.values() for sign in signs}
    return {sign: "".join(letter for letter, signs in table.items() if sign in signs) for sign in signs}


@cache
def _lexicon() -> _Lexicon:
    ranks: dict[str, int] = {}
    dictionaries: dict[str, dict[str, int]] = _matching.RANKED_DICTIONARIES
    for dictionary in dictionaries.values():
        for word, rank in dictionary.items():
            ranks[word] = min(rank, ranks.get(word, rank))
    backwards = sorted(word[::-1] for word in ranks)
    return _Lexicon(ranks, sorted(ranks), backwards, max(map(len, ranks)))


def _repeats(text: str, known: dict[str, Estimate]) -> Iterator[dict[str, Any]]:
    for period in range(1, len(text) // 2 + 1):
        for is_tail in (False, True):
            base = text[len(text) - period :] if is_tail else text[:period]
            if not (text.endswith(base * 2) if is_tail else text.startswith(base * 2)):
                continue
            if (base + base).find(base, 1) < period:
                # It is itself a repeat, of something shorter that was seen already.
                continue
            guesses, times = _estimate(base, known).guesses, 2
            while text.endswith(base * times) if is_tail else text.startswith(base * times):
                length = period * times
                first = len(text) - length if is_tail else 0
                yield _match("repeat", text, first, length, base_guesses=guesses, repeat_count=times)
                times += 1


def _walks(text: str) -> Iterator[dict[str, Any]]:
    for match in _matching.spatial_match(text):
        counted = dict(match)
        if len(match["token"]) > _LONGEST_WALK:
            counted |= {
                "token": match["token"][:_LONGEST_WALK],
                "turns": min(match["turns"], _LONGEST_WALK - 1),
                "shifted_count": 0,
            }
        yield counted


def _dates(text: str) -> Iterator[dict[str, Any]]:
    yield from _matching.date_match(text[:_LONGEST_DATE])
    tail = text[-_LONGEST_DATE:]
    for match in _matching.date_match(tail):
        shift = len(text) - len(tail)
        yield {**match, "i": match["i"] + shift, "j": match["j"] + shift}
