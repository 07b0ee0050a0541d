"""How much of the server one request may take; every figure in one place."""

from dataclasses import dataclass, field

from execution.limits import DocumentLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """The bounds of a request and of the answer to it."""

    document: DocumentLimits = field(default_factory=DocumentLimits)
    head_bytes: int = 64 * 1024
    """The request line with all headers; a GET carries its document there."""
    headers: int = 64
    head_seconds: float = 10.0
    """From the first byte of a request to the end of its headers."""
    body_bytes: int = 256 * 1024
    body_seconds: float = 10.0
    """From the end of the headers to the end of the body."""
    json_depth: int = 32
    answer_bytes: int = 2 * 1024 * 1024
    send_seconds: float = 30.0
    """How long a client may take to receive the answer."""
    operation_seconds: float = 5.0
    """From the end of the body to the answer, with the wait for a turn."""
    operations_at_once: int = 8
    """In one process; others wait for their turn."""
    connections: int = 1_000
    streams: int = 200
    """Subscriptions that are open at one worker."""
    streams_per_viewer: int = 10
    """Of these, by one account, partner or address."""
    stream_seconds: float = 900.0
    """After which a stream ends and the client comes again."""
    look_seconds: float = 1.0
    """How often changes are looked for, by one statement for all streams of a worker."""
    keep_alive_seconds: float = 5.0
    """After which a stream that has nothing to tell says so."""
    drain_seconds: int = 20
    """How long a stopping server lets requests end that have begun."""


SENSITIVE_MUTATIONS = frozenset(
    {
        "accountAgeCorrect",
        "accountConfirm",
        "accountRegister",
        "birthDateCorrect",
        "checkoutComplete",
        "enterpriseVerify",
        "guardianChallengeRespond",
        "guardianInvitationResend",
        "guardianInvite",
        "guardianPurchaseApprove",
        "identityVerify",
        "login",
        "orderCancel",
        "passwordChange",
        "sessionRotate",
        "stepUp",
        "stepUpCodeSend",
        "thirdPartyChallenge",
        "thirdPartyObject",
        "thirdPartyProve",
    }
)
"""Mutations of which one request may hold only one: a hundred of them under aliases would count as one attempt."""
