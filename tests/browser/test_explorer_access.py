"""The explorer for everybody: keyboard, screen reader, contrast, small windows."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.visits import Opener, Shop
from tests.wanted import unavailable

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "explorer" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = [1280, 390]


@pytest.fixture(scope="session")
def axe() -> Path:
    """The accessibility checker's script, or a skipped test."""
    if not AXE.exists():
        unavailable("`explorer/node_modules/axe-core` is missing: run `npm ci` in explorer/.")
    return AXE


async def _focused(page: Page) -> str:
    name: str = await page.evaluate(
        """() => {
          const element = document.activeElement;
          return element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ??
            (element.className === "withheld" ? "withheld list" : element.textContent.trim());
        }"""
    )
    return name


async def _tab_to(page: Page, name: str, *, within: int = 12) -> None:
    passed: list[str] = []
    for _ in range(within):
        await page.keyboard.press("Tab")
        passed.append(await _focused(page))
        if passed[-1] == name:
            return
    pytest.fail(f"Tab did not reach {name}, only {passed}.")


async def test_the_keyboard_alone_reaches_and_uses_everything(visit: Opener, development: Shop):
    page = (await visit(development)).page
    await expect(page.get_by_role("link", name="Query", exact=True)).to_be_visible()

    await page.keyboard.press("Tab")
    assert await _focused(page) == "Skip to the document"
    await expect(page.get_by_role("link", name="Skip to the document")).to_be_in_viewport()
    await _tab_to(page, "Ask as")
    await page.keyboard.type("supplier")
    await _tab_to(page, "Run")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("4 fields were withheld")
    await _tab_to(page, "GraphQL document")
    # An editor is no trap: Tab leaves it instead of indenting.
    await _tab_to(page, "Variables", within=1)
    await _tab_to(page, "Answer, as JSON, read only", within=1)
    await _tab_to(page, "withheld list", within=1)
    await _tab_to(page, "Reload", within=1)
    await page.keyboard.press("Shift+Tab")
    assert await _focused(page) == "withheld list"


async def test_the_skip_link_leads_past_the_switcher(visit: Opener, development: Shop):
    page = (await visit(development)).page

    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    await _tab_to(page, "Run", within=1)


async def test_the_shortcut_runs_from_anywhere(visit: Opener, development: Shop):
    page = (await visit(development)).page
    await page.get_by_label("Ask as").focus()

    await page.keyboard.press("Control+Enter")

    await expect(page.locator(".provenance")).to_contain_text("to anonymous")


async def test_the_shortcut_runs_once_from_within_the_editor(visit: Opener, development: Shop):
    seen = await visit(development)
    page = seen.page
    await page.get_by_label("GraphQL document").focus()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".provenance")).to_contain_text("to anonymous")
    await expect(page.get_by_role("status")).to_have_text("Nothing was withheld from this answer.")

    assert [one.operation for one in await seen.asked()].count("Orders") == 1


async def test_on_a_narrow_page_opening_the_schema_leads_there(visit: Opener, development: Shop):
    page = (await visit(development, width=390)).page
    await expect(page.locator("#schema")).to_be_hidden()

    await page.get_by_role("button", name="Schema").click()

    await expect(page.locator("#schema")).to_be_focused()
    await expect(page.get_by_role("link", name="Query", exact=True)).to_be_in_viewport()


async def test_no_width_needs_scrolling_sideways(visit: Opener, development: Shop):
    page = (seen := await visit(development)).page
    await seen.ask_as("operator")
    await seen.run()
    await seen.ask_as("supplier")
    await expect(page.locator(".stale")).to_be_visible()
    await page.get_by_role("button", name="Variables").click()

    for width in (1280, 1100, 800, 390, 320):
        await page.set_viewport_size({"width": width, "height": 844})

        assert await page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
async def test_axe_finds_no_violation(
    visit: Opener, development: Shop, production: Shop, axe: Path, width: int, scheme: str
):
    found: list[str] = []
    for site, states in (
        (development, ("fresh", "withheld", "stale", "schema")),
        (production, ("fresh",)),
    ):
        seen = await visit(site, width=width, scheme=scheme, bypass_csp=True)
        await seen.page.add_script_tag(path=axe)
        for state in states:
            match state:
                case "withheld":
                    await seen.ask_as("operator")
                    await seen.run()
                    await seen.page.get_by_role("button", name="Variables").click()
                case "stale":
                    await seen.ask_as("supplier")
                    await expect(seen.page.locator(".stale")).to_be_visible()
                case "schema":
                    if width < 1100:
                        await seen.page.get_by_role("button", name="Schema").click()
                    await seen.page.get_by_role("link", name="Order", exact=True).click()
                    await seen.page.get_by_role("link", name="status", exact=True).click()
                case _:
                    await expect(seen.page.get_by_text("No answer yet.")).to_be_visible()
            found += [f"{state}: {line}" for line in await _violations(seen.page)]
    assert found == []


async def _violations(page: Page) -> list[str]:
    lines: list[str] = await page.evaluate(
        """async () => {
          const { violations } = await axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
          });
          return violations.flatMap(({ id, nodes }) =>
            nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`));
        }"""
    )
    return lines
