"""A provider of identity checks for tests: the sandbox over HTTP, and one that can be away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from commerce import consents, guardian_verifications, identity_checks
from policy.purposes import Purpose
from policy.viewer import Viewer
from server.identity import HttpVerifier, Sandbox

NOWHERE = HttpVerifier("127.0.0.1", 1, "", is_tls=False)


@dataclass(frozen=True, slots=True)
class Provider:
    """The sandbox, and how it is reached."""

    sandbox: Sandbox
    verifier: HttpVerifier

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let nobody reach it for the length of a block."""
        identity_checks.serve(NOWHERE)
        try:
            yield
        finally:
            identity_checks.serve(self.verifier)

    @contextmanager
    def working_in(self, region: str) -> Iterator[None]:
        """Let it work in a country for the length of a block."""
        identity_checks.serve(replace(self.verifier, region=region))
        try:
            yield
        finally:
            identity_checks.serve(self.verifier)


@contextmanager
def checking() -> Iterator[Provider]:
    """Let the sandbox check identities for the length of a block."""
    sandbox = Sandbox()
    with sandbox.run(remembers=True) as url:
        provider = Provider(sandbox, HttpVerifier.at(url))
        identity_checks.serve(provider.verifier)
        try:
            yield provider
        finally:
            identity_checks.serve(None)


async def verified(adult: Viewer, number: str = "AB-1") -> UUID:
    """Consent to a check and ask for it."""
    await consents.give(frozenset({Purpose.IDENTITY_VERIFICATION}), by=adult)
    return await guardian_verifications.verify("Ada Holm", number, is_confirmed=True, by=adult)
