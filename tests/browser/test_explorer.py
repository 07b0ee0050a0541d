"""The explorer in Chromium: viewers, answers, what was withheld, and what never leaves the page."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Response, expect

from server import demo_partners
from tests.browser.visits import Opener, Shop, Visit

pytestmark = pytest.mark.browser

PARTNERS = frozenset(name.replace("_", " ") for name in demo_partners.ABOUT)
EXAMPLES = ["Recent orders", "My profile"]


async def _ran(seen: Visit) -> list[str | None]:
    """The Authorization header of each time that the example was run."""
    return [asked.authorization for asked in await seen.asked() if asked.operation == "Orders"]


def _is_answer_to_an_example(response: Response) -> bool:
    return response.url.endswith("/graphql") and "IntrospectionQuery" not in (response.request.post_data or "")


def _bearer(shop: Shop, name: str) -> str:
    return f"Bearer {shop.tokens[name]}"


async def test_the_page_names_itself_and_its_parts(visit: Opener, development: Shop):
    seen = await visit(development)

    await expect(seen.page).to_have_title("Avow schema explorer")
    await expect(seen.page.locator("html")).to_have_attribute("lang", "en")
    for part in ("Document", "Answer", "Withheld", "Schema"):
        await expect(seen.page.get_by_role("heading", name=part, exact=True)).to_be_visible()


async def test_every_demo_viewer_can_be_chosen(visit: Opener, development: Shop):
    seen = await visit(development)

    names = [name.replace("_", " ") for name in development.tokens]
    await expect(seen.page.locator("#viewer option")).to_have_text(["anonymous", "this browser's session", *names])


async def test_the_schema_fills_the_documentation(visit: Opener, development: Shop):
    seen = await visit(development)

    await seen.page.get_by_role("link", name="OrderLine", exact=True).click()

    await expect(seen.page.get_by_text("One product of an order, as it was called and priced")).to_be_visible()


async def test_a_document_runs_and_its_answer_is_shown(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("customer")

    await seen.run()

    await expect(seen.page.locator(".editor-answer")).to_contain_text("Noor de Wit")
    await expect(seen.page.locator(".provenance")).to_contain_text("to customer in")


async def test_every_example_has_an_answer_for_every_viewer(visit: Opener, development: Shop):
    seen = await visit(development)

    for viewer in ("anonymous", *(name.replace("_", " ") for name in development.tokens)):
        async with seen.page.expect_response("**/graphql"):
            await (seen.page.reload() if viewer == "anonymous" else seen.ask_as(viewer))
        for example in EXAMPLES:
            await seen.page.get_by_role("button", name=f"Example: {example}").click()
            async with seen.page.expect_response(_is_answer_to_an_example) as asked:
                await seen.page.get_by_role("button", name="Run", exact=True).click()
            answer = await (await asked.value).json()
            if example == "Recent orders" and viewer in PARTNERS and "errors" in answer:
                # A partner whose duty needs no orders has no token for them.
                assert [error["extensions"]["code"] for error in answer["errors"]] == ["INSUFFICIENT_SCOPE"], viewer
                continue
            assert "errors" not in answer, (viewer, example)
            assert answer["data"]


async def test_switching_the_viewer_runs_nothing_and_marks_the_answer(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("customer")
    await seen.run()

    async with seen.page.expect_response("**/graphql"):
        await seen.ask_as("supplier")

    await expect(seen.page.locator(".stale")).to_have_text(
        "This answer was given to customer. You now ask as supplier.Run again"
    )
    await expect(seen.page.locator(".editor-answer")).to_contain_text("Noor de Wit")
    assert await _ran(seen) == [_bearer(development, "customer")]


async def test_running_again_asks_as_the_new_viewer(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("customer")
    await seen.run()
    await seen.ask_as("other customer")

    await seen.page.get_by_role("button", name="Run again").click()

    await expect(seen.page.locator(".editor-answer")).to_contain_text("Zaragoza")
    await expect(seen.page.locator(".editor-answer")).not_to_contain_text("Noor de Wit")
    await expect(seen.page.locator(".stale")).to_have_count(0)
    assert await _ran(seen) == [_bearer(development, "customer"), _bearer(development, "other_customer")]


async def test_the_schema_is_read_as_the_viewer(visit: Opener, development: Shop):
    seen = await visit(development)
    await expect(seen.page.get_by_role("link", name="Query", exact=True)).to_be_visible()

    async with seen.page.expect_response("**/graphql"):
        await seen.ask_as("customer")

    asked = await seen.asked()
    assert [one.operation for one in asked] == ["IntrospectionQuery"] * 2
    assert [one.authorization for one in asked] == [None, _bearer(development, "customer")]


async def test_the_cookie_goes_along_only_when_it_is_asked_for(visit: Opener, development: Shop):
    seen = await visit(development)
    cookie = development.tokens["customer"]
    await seen.page.context.add_cookies([{"name": "avow_session", "value": cookie, "url": development.url}])

    await seen.run()
    await expect(seen.page.locator(".editor-answer")).not_to_contain_text("Noor de Wit")
    await seen.ask_as("this browser's session")
    await seen.page.keyboard.press("Control+Enter")
    await expect(seen.page.locator(".editor-answer")).to_contain_text("Noor de Wit")

    sent = [(one.cookie, one.authorization) for one in await seen.asked() if one.operation == "Orders"]
    assert sent == [(None, None), (f"avow_session={cookie}", None)]


async def test_each_withheld_field_has_its_sentence(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("supplier")
    await expect(seen.page.get_by_role("link", name="Query", exact=True)).to_be_visible()

    async with seen.page.expect_response("**/graphql") as asked:
        await seen.run()
    withheld = (await (await asked.value).json())["extensions"]["privacy"]["withheld"]

    effects = {"NULL": "is left out", "MASK": "is masked"}
    listed = seen.page.locator(".withheld li")
    await expect(listed).to_have_count(len(withheld))
    for entry, line in zip(withheld, await listed.all_inner_texts(), strict=True):
        assert f"{'.'.join(entry['path'])} {effects[entry['effect']]}: " in line
        assert entry["code"] in line
    await expect(listed.last).to_have_text(
        "orders.nodes.total is left out: it is not shared with this viewer.NOT_SHARED"
    )
    fields = len({tuple(entry["path"]) for entry in withheld})
    await expect(seen.page.get_by_role("status")).to_have_text(f"{fields} fields were withheld from supplier.")


async def test_clauses_and_what_would_open_a_field_are_told_where_the_answer_tells_them(
    visit: Opener, development: Shop
):
    seen = await visit(development)
    await seen.ask_as("child")
    await seen.page.get_by_role("button", name="Example: My profile").click()

    await seen.run()

    await expect(seen.page.locator(".withheld li").first).to_have_text(
        "viewer.account.phone is left out: the guardian has not consented. It would open with the guardian's consent."
        "GUARDIAN_CONSENT_REQUIREDclause P7.3"
    )


async def test_an_answer_without_gaps_says_so(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("customer")

    await seen.run()

    await expect(seen.page.get_by_role("status")).to_have_text("Nothing was withheld from this answer.")


async def test_variables_that_are_no_json_leave_no_withheld_list_behind(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("supplier")
    await seen.run()
    await seen.page.get_by_role("button", name="Variables").click()
    await seen.page.get_by_label("Variables, as JSON").focus()
    await seen.page.keyboard.type("{ oops")

    await seen.page.get_by_role("button", name="Run", exact=True).click()

    await expect(seen.page.get_by_role("status")).to_contain_text("refused or failed")
    await expect(seen.page.locator(".withheld")).to_have_count(0)


async def test_production_takes_a_token_and_asks_for_no_viewers(visit: Opener, production: Shop):
    seen = await visit(production)
    await expect(seen.page.get_by_text("The schema is told to known viewers.")).to_be_visible()

    await seen.use_token("customer")
    await expect(seen.page.get_by_label("Ask as")).to_have_value("pasted")
    await expect(seen.page.get_by_role("link", name="Query", exact=True)).to_be_visible()
    await seen.run()

    await expect(seen.page.locator(".editor-answer")).to_contain_text("Noor de Wit")
    await expect(seen.page.get_by_label("Token")).to_have_value("")
    assert await _ran(seen) == [_bearer(production, "customer")]
    assert "/explorer/viewers" not in [urlsplit(request.url).path for request in seen.requests]


async def test_a_schema_that_is_closed_to_the_viewer_is_explained(visit: Opener, production: Shop):
    seen = await visit(production)

    await seen.page.get_by_role("button", name="Reload").click()

    await expect(seen.page.get_by_role("alert")).to_contain_text(
        "The schema is not shown to anonymous. The server says: The schema is told to known viewers only"
    )
    # Chromium itself notes the refusal's status; the page adds nothing to it.
    assert [line for line in seen.console if "Failed to load resource" not in line] == []
    seen.console.clear()


@pytest.mark.parametrize("environment", ["development", "production"])
async def test_a_token_is_in_no_storage_address_cookie_or_text(visit: Opener, shops: dict[str, Shop], environment: str):
    shop = shops[environment]
    seen = await visit(shop)
    if environment == "production":
        await seen.use_token("customer")
    else:
        await seen.ask_as("customer")
    await seen.run()
    assert await _ran(seen) == [_bearer(shop, "customer")]

    held = await seen.page.evaluate(
        """async () => JSON.stringify([
          { ...localStorage }, { ...sessionStorage }, document.cookie, location.href,
          history.state, window.name, document.documentElement.outerHTML,
          await indexedDB.databases(), await caches.keys(),
        ])"""
    )

    assert "Orders" in held
    for token in shop.tokens.values():
        assert token not in held
        assert token not in json.dumps([request.url for request in seen.requests])
    assert await seen.page.context.cookies() == []


async def test_nothing_is_kept_when_the_tab_is_gone(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("customer")
    await seen.run()

    kept = await seen.page.evaluate("Object.keys(localStorage)")

    assert kept == []


async def test_an_answer_is_kept_nowhere(visit: Opener, development: Shop):
    seen = await visit(development)
    await seen.ask_as("customer")
    await seen.run()
    await expect(seen.page.locator(".editor-answer")).to_contain_text("Noor de Wit")

    kept = await seen.page.evaluate("JSON.stringify({ ...sessionStorage })")

    assert "query Orders" in kept
    assert "Noor" not in kept


async def test_completions_and_hints_work_under_the_content_security_policy(visit: Opener, development: Shop):
    seen = await visit(development)
    await expect(seen.page.get_by_role("link", name="Query", exact=True)).to_be_visible()
    await seen.page.get_by_label("GraphQL document").focus()
    await seen.page.keyboard.press("Control+a")
    await seen.page.keyboard.type("{ or")

    await expect(seen.page.locator(".CodeMirror-hints")).to_contain_text("orders")
    await seen.page.keyboard.press("Escape")
    await seen.page.keyboard.type("dinary")

    await expect(seen.page.locator(".CodeMirror-lint-mark-error").first).to_be_attached()
    assert await seen.violations() == []


async def test_the_policy_really_stops_what_it_forbids(visit: Opener, development: Shop):
    seen = await visit(development)

    await seen.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.head.append(script);
        }"""
    )

    assert await seen.page.evaluate("window.ran") is None
    assert await seen.violations() == ["script-src-elem inline"]
    await seen.page.evaluate("window.violations = []")
    seen.console.clear()
