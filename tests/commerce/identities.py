"""A provider of identity checks for tests: the sandbox over HTTP, and one that can be away."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from uuid import UUID

from commerce import consents, identity_checks, identity_verifications
from commerce.identity_verifications import Claim
from models.ids import new_id
from models.partners import Partner
from policy.partners import PartnerType
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.demo_partners import Company, add_agreement, add_partner
from server.identity import HttpVerifier, Sandbox

KIND = PartnerType.IDENTITY_VERIFICATION


@dataclass(frozen=True, slots=True)
class Provider:
    """The sandbox, how it is reached, and its entry in the register of partners."""

    sandbox: Sandbox
    verifier: HttpVerifier
    partner: Partner

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let nobody reach it for the length of a block."""
        identity_checks.serve(HttpVerifier("127.0.0.1", 1, "", is_tls=False, partner=self.partner.name))
        try:
            yield
        finally:
            identity_checks.serve(self.verifier)

    async def moves_to(self, region: str) -> None:
        """Sign that from now on it works in another country."""
        await add_agreement(self.partner, region=region)


@asynccontextmanager
async def checking(*, is_agreed: bool = True, is_reviewed: bool = True) -> AsyncIterator[Provider]:
    """Let the sandbox check identities for the length of a block, as a partner that is in standing unless said."""
    company = Company(KIND, f"Checks {new_id().hex}", "DE")
    partner = await add_partner(company, is_agreed=is_agreed, is_reviewed=is_reviewed)
    sandbox = Sandbox()
    with sandbox.run(remembers=True) as url:
        provider = Provider(sandbox, HttpVerifier.at(url, partner=partner.name), partner)
        identity_checks.serve(provider.verifier)
        try:
            yield provider
        finally:
            identity_checks.serve(None)


async def verified(adult: Viewer, number: str = "AB-1") -> UUID:
    """Consent to a check and ask for it."""
    await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=adult)
    claim = Claim("Ada Holm", number, is_of_age=True)
    return await identity_verifications.verify(claim, is_confirmed=True, by=adult)
