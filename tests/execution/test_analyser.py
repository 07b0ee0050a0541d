"""The analyser's figures, each at its limit and one beyond it."""

import pytest
from graphql import Lexer, Source, TokenKind, get_introspection_query, parse

from execution.analyser import DocumentFacts, analyse
from execution.limits import DocumentLimits
from execution.refusals import DocumentRefused
from execution.scanner import scan

LIMITS = DocumentLimits()


def facts(document: str, limits: DocumentLimits = LIMITS) -> DocumentFacts:
    scan(document, limits)
    return analyse(parse(document), limits)


def refusal(document: str, limits: DocumentLimits = LIMITS) -> str:
    with pytest.raises(DocumentRefused) as refused:
        facts(document, limits)
    assert refused.value.message.count("`") % 2 == 0
    return refused.value.code


def deep(levels: int) -> str:
    return "{ item { " + "child { " * (levels - 1) + "name" + " }" * (levels + 1)


def test_ten_object_levels_pass_and_eleven_do_not() -> None:
    assert facts(deep(10)).operations
    assert refusal(deep(11)) == "QUERY_TOO_DEEP"


def test_the_wrappers_of_connections_are_no_levels() -> None:
    page = "children { edges { node { "
    assert facts("{ item { child { " * 1 + page * 4 + "child { child { child { name " + "}" * (3 + 3 * 4 + 3))
    assert refusal("{ item { " + page * 10 + "name " + "}" * (30 + 2)) == "QUERY_TOO_DEEP"


def test_depth_goes_on_through_fragments_of_both_kinds() -> None:
    chain = "".join(f"fragment F{i} on Node {{ child {{ ...F{i + 1} }} }} " for i in range(9))
    assert facts("{ item { ...F0 } } " + chain + "fragment F9 on Node { name }")
    assert refusal("{ item { ... { ...F0 } } } " + chain + "fragment F9 on Node { child { name } }") == "QUERY_TOO_DEEP"


def test_a_fragment_counts_at_the_deepest_of_its_places() -> None:
    shallow_then_deep = (
        "{ item { ...F " + "child { " * 8 + "...F" + " }" * 10 + " fragment F on Node { child { name } }"
    )
    assert facts(shallow_then_deep)
    assert refusal(shallow_then_deep.replace("child { name }", "child { child { name } }")) == "QUERY_TOO_DEEP"


def test_the_explorer_s_introspection_passes_and_a_deeper_one_does_not() -> None:
    assert facts(get_introspection_query(input_value_deprecation=True, specified_by_url=True)).introspects
    assert refusal("{ __schema { types { " + "ofType { " * 15 + "name" + " }" * 18) == "QUERY_TOO_DEEP"
    assert refusal(
        "{ __schema { ...F } } fragment F on __Schema { types { " + "ofType { " * 15 + "name" + " }" * 17
    ) == ("QUERY_TOO_DEEP")


def test_introspection_is_seen_wherever_it_hides() -> None:
    for document in (
        "{ __schema { a } }",
        "{ b: __type(name: 1) { a } }",
        "{ ...F } fragment F on Query { __schema { a } }",
    ):
        assert facts(document).introspects
    assert not facts("{ __typename item { __typename } }").introspects


def aliases(count: int, of: str = "name") -> str:
    return " ".join(f"a{i}: {of}" for i in range(count))


def test_fifteen_aliases_at_a_level_pass_and_sixteen_do_not() -> None:
    assert facts("{ item { " + aliases(15) + " } }")
    assert refusal("{ item { " + aliases(16) + " } }") == "QUERY_TOO_MANY_ALIASES"


def test_aliases_of_one_level_are_counted_together_wherever_they_are_written() -> None:
    split = "{ item { " + aliases(8) + " ...F child { " + aliases(15) + " } } } fragment F on Node { ... { %s } }"
    assert facts(split % aliases(7))
    assert refusal(split % aliases(8)) == "QUERY_TOO_MANY_ALIASES"


def test_aliases_that_fragments_multiply_are_counted_as_often_as_they_run() -> None:
    doubling = "".join(
        f"fragment F{i} on Node {{ a: child {{ ...F{i + 1} }} b: child {{ ...F{i + 1} }} }} " for i in range(4)
    )
    assert refusal("{ item { ...F0 } } " + doubling + "fragment F4 on Node { name }") == "QUERY_TOO_MANY_ALIASES"


def test_what_fragments_multiply_without_aliases_is_counted_too() -> None:
    page = "child { ...F%d } children { nodes { ...F%d } edges { node { ...F%d } } }"
    growing = "".join(f"fragment F{i} on Node {{ {page % (i + 1, i + 1, i + 1)} }} " for i in range(8))
    assert refusal("{ item { ...F0 } } " + growing + "fragment F8 on Node { name }") == "QUERY_TOO_LARGE"


def test_twenty_directives_pass_and_twenty_one_do_not() -> None:
    def document(count: int) -> str:
        return "query @a { item { " + "name @include(if: true) " * (count - 1) + "} }"

    assert facts(document(20))
    assert refusal(document(21)) == "QUERY_TOO_MANY_DIRECTIVES"


def test_lists_of_two_hundred_and_fifty_entries_pass_wherever_they_stand() -> None:
    for place in (
        "{ item(ids: [%s]) { name } }",
        "query ($a: [Int] = [%s]) { item(ids: $a) { name } }",
        "{ item { name @include(if: [%s]) } }",
        "{ item(a: {b: [{c: [%s]}]}) { name } }",
    ):
        assert facts(place % ("1 " * 250))
        assert refusal(place % ("1 " * 251)) == "LIST_TOO_LONG"


def test_root_fields_operations_and_fragments_are_bounded() -> None:
    limits = DocumentLimits(root_fields=3, operations=2, fragments=2)

    assert facts("{ a b ...F } fragment F on Query { b c }", limits).operations[0].root_fields == ("a", "b", "c")
    assert refusal("{ a b ...F } fragment F on Query { c d }", limits) == "QUERY_TOO_MANY_FIELDS"
    assert refusal("query A { a } query B { a } query C { a }", limits) == "QUERY_TOO_LARGE"
    assert (
        refusal("{ ...F } " + "".join(f"fragment F{i} on Query {{ a }} " for i in range(3)), limits)
        == "QUERY_TOO_LARGE"
    )


def test_the_root_fields_of_each_operation_are_its_own() -> None:
    found = facts(
        "query A { item { name } } mutation B { x: first first ...F } fragment F on Mutation { second x: first }"
    )

    assert [(each.name, each.kind, sorted(each.root_fields)) for each in found.operations] == [
        ("A", "query", ["item"]),
        ("B", "mutation", ["first", "first", "second"]),
    ]


def test_cycles_and_unknown_fragments_come_to_an_end() -> None:
    assert facts("{ ...A } fragment A on Query { item { ...B } } fragment B on Node { child { ...A ...B } }")
    assert facts("{ ...Missing item { ...Missing } }")


def test_fifteen_thousand_bytes_and_a_thousand_tokens_pass() -> None:
    assert scan("{name}" + " " * 14_994, LIMITS) == 3
    assert refusal("{name}" + " " * 14_995) == "QUERY_TOO_LARGE"
    assert scan("{name}#" + "\N{EURO SIGN}" * 4_997, LIMITS) == 4
    assert refusal("{name}#" + "\N{EURO SIGN}" * 4_998) == "QUERY_TOO_LARGE"
    assert scan("{" + "a " * 998 + "}", LIMITS) == 1_000
    assert refusal("{" + "a " * 999 + "}") == "QUERY_TOO_LARGE"
    assert refusal("#\n" * 1_001 + "{name}") == "QUERY_TOO_LARGE"


@pytest.mark.parametrize(
    "document",
    [
        '{ a(b: "} ] ) # not a comment", c: """ " \\""" # """) { d } } # e { f',
        "query Q($v: [Int!]! = [1, -2.5e3] @x) { ...F @include(if: $v) ... on T { a: b } } fragment F on T { c }",
        '{ a(b: "", c: """""", d: "\\"", e: "\\\\") }',
        "\ufeff{a,b,,c}\r\n",
        "{ a & | ! $b : = @c }",
    ],
)
def test_the_scanner_counts_the_tokens_that_the_parser_counts(document: str) -> None:
    lexer = Lexer(Source(document))
    while lexer.advance().kind is not TokenKind.EOF:
        continue
    # The lexer skips comments, but chains them with the rest.
    counted, token = 0, lexer.token.prev
    while token is not None and token.kind is not TokenKind.SOF:
        counted, token = counted + 1, token.prev

    assert scan(document, LIMITS) == counted
