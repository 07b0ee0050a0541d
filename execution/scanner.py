"""A first look at a document's text, before anything is built from it."""

import re

from execution.limits import DocumentLimits
from execution.refusals import DocumentRefused

_TOKEN = re.compile(
    r'''(?P<string>"""(?:\\"""|(?!""").)*+"""|"(?!"")(?:\\.|[^"\\\r\n])*+"|""(?!"))'''
    r"""|(?P<unclosed>")"""
    r"""|(?P<opening>[{(\[])"""
    r"""|(?P<closing>[})\]])"""
    r"""|(?P<other>\#[^\r\n]*+|\.\.\.|[A-Za-z_][A-Za-z0-9_]*+|[-0-9][-+.0-9A-Za-z]*+|[!$&:=@|?.])""",
    re.DOTALL,
)


def scan(text: str, limits: DocumentLimits) -> int:
    """
    Count a document's tokens and refuse it when it is too long, too large or too nested.

    One pass that never goes back, so the time is bounded by the length alone. Text that is no GraphQL is
    left to the parser, which says where the fault is.

    Returns:
        The number of tokens, comments included.

    Raises:
        DocumentRefused: `QUERY_TOO_LARGE` or `QUERY_TOO_DEEP`.
    """
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > limits.text_bytes:
        raise DocumentRefused(
            "QUERY_TOO_LARGE",
            f"The document has {size} bytes, the limit is {limits.text_bytes}. "
            "Send values as variables and split the document.",
        )
    tokens = nesting = 0
    for token in _TOKEN.finditer(text):
        tokens += 1
        if tokens > limits.tokens:
            raise DocumentRefused(
                "QUERY_TOO_LARGE",
                f"The document has more than {limits.tokens} tokens, comments included. "
                "Ask for less, or split the document.",
            )
        match token.lastgroup:
            case "unclosed":
                break
            case "opening":
                nesting += 1
                if nesting > limits.nesting:
                    raise DocumentRefused(
                        "QUERY_TOO_DEEP",
                        f"More than {limits.nesting} brackets are open at once. "
                        "Ask for deeper objects by their id in a request of their own.",
                    )
            case "closing":
                nesting -= 1
            case _:
                continue
    return tokens
