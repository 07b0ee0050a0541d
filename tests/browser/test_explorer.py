"""The explorer in Chromium: viewers, answers, what was withheld, and what never leaves the page."""

import json

import pytest
from playwright.async_api import expect

from tests.browser.visits import Opener, Site

pytestmark = pytest.mark.browser

CUSTOMER = "Bearer avow_session_of-the-customer"
SUPPLIER = "Bearer avow_session_of-the-supplier"
NUMBER = "AV-7Q2M-41"


async def test_the_page_names_itself_and_its_parts(visit: Opener, development: Site):
    seen = await visit(development)

    await expect(seen.page).to_have_title("Avow schema explorer")
    await expect(seen.page.locator("html")).to_have_attribute("lang", "en")
    for part in ("Document", "Answer", "Withheld", "Schema"):
        await expect(seen.page.get_by_role("heading", name=part, exact=True)).to_be_visible()


async def test_the_schema_fills_the_documentation(visit: Opener, development: Site):
    seen = await visit(development)

    await seen.page.get_by_role("link", name="OrderLine", exact=True).click()

    await expect(seen.page.get_by_text("One product in an order.")).to_be_visible()


async def test_a_document_runs_and_its_answer_is_shown(visit: Opener, development: Site):
    seen = await visit(development)
    await seen.ask_as("customer")

    await seen.run()

    await expect(seen.page.locator(".editor-answer")).to_contain_text(NUMBER)
    await expect(seen.page.locator(".provenance")).to_contain_text("to customer in")


async def test_switching_the_viewer_runs_nothing_and_marks_the_answer(
    visit: Opener, development: Site
):
    seen = await visit(development)
    await seen.ask_as("customer")
    await seen.run()
    ran = [ask for ask in development.server.seen if ask.operation == "Orders"]

    await seen.ask_as("supplier")

    await expect(seen.page.locator(".stale")).to_have_text(
        "This answer was given to customer. You now ask as supplier.Run again"
    )
    await expect(seen.page.locator(".editor-answer")).to_contain_text("Wen Li")
    assert [ask for ask in development.server.seen if ask.operation == "Orders"] == ran


async def test_running_again_asks_as_the_new_viewer(visit: Opener, development: Site):
    seen = await visit(development)
    await seen.ask_as("customer")
    await seen.run()
    assert development.server.seen[-1].authorization == CUSTOMER
    await seen.ask_as("supplier")

    await seen.page.get_by_role("button", name="Run again").click()

    await expect(seen.page.locator(".editor-answer")).to_contain_text("W•••")
    await expect(seen.page.locator(".stale")).to_have_count(0)
    assert development.server.seen[-1].operation == "Orders"
    assert development.server.seen[-1].authorization == SUPPLIER


async def test_the_schema_is_read_as_the_viewer(visit: Opener, development: Site):
    seen = await visit(development)
    await expect(seen.page.get_by_role("link", name="Query", exact=True)).to_be_visible()
    assert development.server.seen[-1].authorization is None

    async with seen.page.expect_response("**/graphql"):
        await seen.ask_as("customer")

    assert development.server.seen[-1].operation == "IntrospectionQuery"
    assert development.server.seen[-1].authorization == CUSTOMER


async def test_the_cookie_goes_along_only_when_it_is_asked_for(visit: Opener, development: Site):
    seen = await visit(development)
    await seen.page.context.add_cookies(
        [{"name": "session", "value": "held-by-this-browser", "url": development.url}]
    )

    await seen.run()
    without = development.server.seen[-1]
    await seen.ask_as("this browser's session")
    await seen.page.keyboard.press("Control+Enter")
    await expect(seen.page.locator(".provenance")).to_contain_text("this browser's session")

    assert without.cookie is None
    assert development.server.seen[-1].cookie == "session=held-by-this-browser"
    assert development.server.seen[-1].authorization is None


async def test_each_withheld_field_has_its_sentence(visit: Opener, development: Site):
    seen = await visit(development)
    await seen.ask_as("supplier")

    await seen.run()

    await expect(seen.page.get_by_role("status")).to_have_text(
        "2 fields were withheld from supplier."
    )
    await expect(seen.page.locator(".withheld li")).to_have_text(
        [
            "orders.nodes.recipient.name is masked: this is not the time in which this viewer "
            "needs it.WINDOW_CLOSED",
            "orders.nodes.recipient.phone is left out: this is not the time in which this viewer "
            "needs it.WINDOW_CLOSED",
        ]
    )


async def test_clauses_and_what_would_open_a_field_are_told_where_the_answer_tells_them(
    visit: Opener, development: Site
):
    seen = await visit(development)
    await seen.ask_as("agent")

    await seen.run()

    await expect(seen.page.locator(".withheld li")).to_have_text(
        "orders.nodes.recipient.phone is left out: no open ticket calls for it. "
        "It would open with an open ticket.TICKET_NOT_OPENclause P2.6"
    )


async def test_an_answer_without_gaps_says_so(visit: Opener, development: Site):
    seen = await visit(development)
    await seen.ask_as("customer")

    await seen.run()

    await expect(seen.page.get_by_role("status")).to_have_text(
        "Nothing was withheld from this answer."
    )


async def test_variables_that_are_no_json_leave_no_withheld_list_behind(
    visit: Opener, development: Site
):
    seen = await visit(development)
    await seen.ask_as("supplier")
    await seen.run()
    await seen.page.get_by_role("button", name="Variables").click()
    await seen.page.get_by_label("Variables, as JSON").focus()
    await seen.page.keyboard.type("{ oops")

    await seen.page.get_by_role("button", name="Run", exact=True).click()

    await expect(seen.page.get_by_role("status")).to_contain_text("refused or failed")
    await expect(seen.page.locator(".withheld")).to_have_count(0)


async def test_production_takes_a_token_and_asks_for_no_viewers(visit: Opener, production: Site):
    seen = await visit(production)

    await seen.page.get_by_label("Token").fill("avow_session_of-the-customer")
    await seen.page.keyboard.press("Enter")
    await expect(seen.page.get_by_label("Ask as")).to_have_value("pasted")
    await seen.run()

    await expect(seen.page.locator(".editor-answer")).to_contain_text("Wen Li")
    await expect(seen.page.get_by_label("Token")).to_have_value("")
    assert production.server.seen[-1].authorization == CUSTOMER
    assert "/explorer/viewers" not in seen.paths


async def test_a_schema_that_is_closed_to_the_viewer_is_explained(visit: Opener, production: Site):
    seen = await visit(production)

    await seen.page.get_by_label("Token").fill("avow_session_of-nobody")
    await seen.page.get_by_role("button", name="Use token").click()

    await expect(seen.page.get_by_role("alert")).to_contain_text("The token is not known.")
    # Chromium itself notes an answer of 401; the page adds nothing to it.
    assert all("401" in line for line in seen.console)
    seen.console.clear()


@pytest.mark.parametrize("site_name", ["development", "production"])
async def test_a_token_is_in_no_storage_address_cookie_or_text(
    visit: Opener, request: pytest.FixtureRequest, site_name: str
):
    site: Site = request.getfixturevalue(site_name)
    seen = await visit(site)
    if site_name == "production":
        await seen.page.get_by_label("Token").fill("avow_session_of-the-customer")
        await seen.page.keyboard.press("Enter")
    else:
        await seen.ask_as("customer")
    await seen.run()
    assert site.server.seen[-1].authorization == CUSTOMER

    held = await seen.page.evaluate(
        """async () => JSON.stringify([
          { ...localStorage }, { ...sessionStorage }, document.cookie, location.href,
          history.state, window.name, document.documentElement.outerHTML,
          await indexedDB.databases(), await caches.keys(),
        ])"""
    )
    paths = json.dumps(seen.paths)

    assert "Orders" in held
    assert "avow_session" not in held
    assert "of-the-customer" not in held + paths
    assert await seen.page.context.cookies() == []


async def test_nothing_is_kept_when_the_tab_is_gone(visit: Opener, development: Site):
    seen = await visit(development)
    await seen.ask_as("customer")
    await seen.run()

    kept = await seen.page.evaluate("Object.keys(localStorage)")

    assert kept == []


async def test_completions_and_hints_work_under_the_content_security_policy(
    visit: Opener, development: Site
):
    seen = await visit(development)
    await expect(seen.page.get_by_role("link", name="Query", exact=True)).to_be_visible()
    document = seen.page.get_by_label("GraphQL document")
    await document.focus()
    await seen.page.keyboard.press("Control+a")
    await seen.page.keyboard.type("{ or")

    await expect(seen.page.locator(".CodeMirror-hints")).to_contain_text("orders")
    await seen.page.keyboard.press("Escape")
    await seen.page.keyboard.type("dinary")

    await expect(seen.page.locator(".CodeMirror-lint-mark-error").first).to_be_attached()
    assert await seen.violations() == []


async def test_the_policy_really_stops_what_it_forbids(visit: Opener, development: Site):
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
