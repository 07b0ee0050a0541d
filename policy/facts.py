"""What a decision may depend on: a finite tuple of facts about the viewer, the subject and the case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from policy.ages import AgeBand
from policy.classes import DataClass
from policy.parties import Party
from policy.purposes import AFFILIATE_TASKS, Purpose


class Ask(NamedTuple):
    """
    One question to the policy: may this party see this class of data, the facts being these?

    Every field ranges over a finite set, so the laws of the policy are proven by asking everything there is to ask.

    Args:
        party: What the viewer is to the subject.
        data_class: What is asked for.
        purpose_fits: Whether the viewer's purpose is one that the class may be used for, and the token was made for.
        age: The subject's age band.
        guardian_consents: Whether the guardian consents to the viewer's purpose.
        account_cancelled: Whether the subject's account was cancelled.
        window_open: Whether what the viewer does for the subject is under way: the delivery with its after-sales
            window, the payment, the check of identity.
        ticket_open: Whether the asking agent has an open ticket of the subject.
        membership_verified: Whether membership was verified on it.
        staff_trained: Whether a member of staff holds valid privacy training.
        delegated: Whether a partner made the token for a subcontractor.
        in_standing: Whether the partner's agreement and security review are in force.
        region_fits: Whether no border is crossed, or on one of the three grounds.
        objected: Whether the person without an account objected to the use of their data.
        version_pending: Whether a version of the policy that widens this use awaits the subject's consent.
        own_consent: Whether the subject consents to the viewer's purpose; somebody under age does by their guardian.
        sensitive_consent: Whether the subject consents, separately, to sharing what is sensitive with affiliates.
        task: For which of the four tasks an affiliate asks; of others it is the first, and means nothing.
        legal_ground: Whether an approved legal ground opens this class of this subject to this viewer.
        ground_covers_child: Whether that ground is one that holds for a child.
        linked: Whether what is asked for leads to a person; where it does not, it is about nobody.
    """

    party: Party
    data_class: DataClass
    purpose_fits: bool
    age: AgeBand
    guardian_consents: bool
    account_cancelled: bool
    window_open: bool
    ticket_open: bool
    membership_verified: bool
    staff_trained: bool
    delegated: bool = False
    in_standing: bool = True
    region_fits: bool = True
    objected: bool = False
    version_pending: bool = False
    own_consent: bool = False
    sensitive_consent: bool = False
    task: Purpose = AFFILIATE_TASKS[0]
    legal_ground: bool = False
    ground_covers_child: bool = False
    linked: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """
    A condition of a rule, named as the answer names it when it is what is missing.

    Args:
        name: The word under `missing`.
        reads: The fields of `Ask` that it depends on; asks that differ in others are decided alike.
        holds: Whether an ask has it.
    """

    name: str
    reads: tuple[str, ...]
    holds: Callable[[Ask], bool]

    def __repr__(self) -> str:
        return self.name


PURPOSE_FITS = Fact("purpose", ("purpose_fits",), lambda ask: ask.purpose_fits)
GUARDIAN_CONSENTS = Fact("guardian_consent", ("guardian_consents",), lambda ask: ask.guardian_consents)
ACCOUNT_LIVES = Fact("account", ("account_cancelled",), lambda ask: not ask.account_cancelled)
WINDOW_OPEN = Fact("window", ("window_open",), lambda ask: ask.window_open)
TICKET_OPEN = Fact("ticket", ("ticket_open",), lambda ask: ask.ticket_open)
MEMBERSHIP_VERIFIED = Fact("membership", ("membership_verified",), lambda ask: ask.membership_verified)
STAFF_TRAINED = Fact("training", ("staff_trained",), lambda ask: ask.staff_trained)
IN_STANDING = Fact("agreement", ("in_standing",), lambda ask: ask.in_standing)
REGION_FITS = Fact("region", ("region_fits",), lambda ask: ask.region_fits)
VERSION_ACCEPTED = Fact("version", ("version_pending",), lambda ask: not ask.version_pending)
# Facts that close, and that nothing the viewer can do takes back.
IS_DELEGATED = Fact("delegated", ("delegated",), lambda ask: ask.delegated)
HAS_OBJECTED = Fact("objection", ("objected",), lambda ask: ask.objected)
WINDOW_ENDED = Fact("delivered", ("window_open",), lambda ask: not ask.window_open)
IS_CHILD = Fact("child", ("age",), lambda ask: ask.age is AgeBand.CHILD)
# Of a child everything is sensitive (P1.0).
IS_SENSITIVE = Fact("sensitive", ("age",), lambda ask: ask.data_class.is_sensitive or ask.age is AgeBand.CHILD)
IS_MINOR = Fact("minor", ("age",), lambda ask: ask.age is AgeBand.MINOR)
OWN_CONSENT = Fact("consent", ("own_consent",), lambda ask: ask.own_consent)
SENSITIVE_CONSENT = Fact("sensitive_consent", ("sensitive_consent",), lambda ask: ask.sensitive_consent)
LEGAL_GROUND = Fact("ground", ("legal_ground",), lambda ask: ask.legal_ground)
GROUND_COVERS_CHILD = Fact(
    "ground", ("legal_ground", "ground_covers_child"), lambda ask: ask.legal_ground and ask.ground_covers_child
)
IS_UNLINKED = Fact("unlinked", ("linked",), lambda ask: not ask.linked)


def for_task(task: Purpose) -> Fact:
    """Make the fact that an affiliate asks for one of the four tasks (P4.3)."""
    return Fact("task", ("task",), lambda ask: ask.task is task)
