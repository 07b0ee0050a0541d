"""A visit to the explorer that watches everything the page does."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Error, Page, Request, expect

_WATCH_POLICY = """
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
  });
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """
    A running shop.

    Args:
        url: The address of the explorer's page.
        tokens: The token of each demo viewer, by name.
    """

    url: str
    tokens: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser sent to /graphql, as it was on the wire."""

    operation: str
    authorization: str | None
    cookie: str | None


@dataclass(slots=True)
class Visit:
    """
    A page that is looked at, and what it did meanwhile.

    Args:
        page: The page, loaded.
        console: Errors and warnings that it wrote, and exceptions that it did not catch.
        hosts: Every host that it sent a request to.
        requests: Every request, in order.
    """

    page: Page
    shop: Shop
    console: list[str] = field(default_factory=list[str])
    hosts: set[str] = field(default_factory=set[str])
    requests: list[Request] = field(default_factory=list[Request])

    def watch(self) -> None:
        """Note what the page does from now on."""

        def note_line(said: ConsoleMessage) -> None:
            if said.type in ("error", "warning"):
                self.console.append(said.text)

        def note_exception(error: Error) -> None:
            self.console.append(str(error))

        def note_request(request: Request) -> None:
            self.hosts.add(urlsplit(request.url).netloc)
            self.requests.append(request)

        self.page.on("console", note_line)
        self.page.on("pageerror", note_exception)
        self.page.on("request", note_request)

    async def violations(self) -> list[str]:
        """List what the content security policy stopped."""
        found: list[str] = await self.page.evaluate("window.violations")
        return found

    async def asked(self) -> list[Asked]:
        """List what went to /graphql, with the headers that the browser added."""
        found: list[Asked] = []
        for request in self.requests:
            if urlsplit(request.url).path == "/graphql":
                headers = await request.all_headers()
                body: dict[str, str | None] = request.post_data_json or {}
                found.append(Asked(body["operationName"] or "", headers.get("authorization"), headers.get("cookie")))
        return found

    async def ask_as(self, name: str) -> None:
        """Choose a viewer in the switcher."""
        await self.page.get_by_label("Ask as").select_option(label=name)

    async def use_token(self, name: str) -> None:
        """Paste the token of a demo viewer."""
        await self.page.get_by_label("Token").fill(self.shop.tokens[name])
        await self.page.get_by_role("button", name="Use token").click()

    async def run(self) -> None:
        """Run the document and wait for the answer."""
        await self.page.get_by_role("button", name="Run", exact=True).click()
        await self.page.locator(".provenance").wait_for()


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens visits, and closes each of them at the end of the test."""

    browser: Browser
    visits: list[Visit]

    async def __call__(
        self, shop: Shop, *, width: int = 1280, scheme: str = "light", bypass_csp: bool = False
    ) -> Visit:
        """
        Open the page of a shop in a fresh profile.

        Args:
            width: Of the window, in CSS pixels.
            scheme: `light` or `dark`, the viewer's preference.
            bypass_csp: Let the test inject a script into the page.
        """
        context = await self.browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=bypass_csp,
        )
        context.set_default_timeout(10_000)
        await context.add_init_script(_WATCH_POLICY)
        visit = Visit(await context.new_page(), shop)
        visit.watch()
        self.visits.append(visit)
        await visit.page.goto(shop.url)
        # The three editors are there: the document, its variables and the answer.
        await expect(visit.page.locator(".CodeMirror")).to_have_count(3)
        return visit
