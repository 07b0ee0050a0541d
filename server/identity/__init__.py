"""Adapters of the port to providers that check identities: one over HTTP, and a sandbox that answers it."""

from server.identity.http import HttpVerifier
from server.identity.sandbox import Sandbox

__all__ = ["HttpVerifier", "Sandbox"]
