"""What others would see, told to staff side by side: an operation is run as each, and no value of it leaves."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NamedTuple

import strawberry

from permissions.errors import OperationRefused
from permissions.fields import part, root
from permissions.may_see import Info
from permissions.viewing import IS_NOT_THERE, Outcome, Place, Told, Viewing
from policy.classes import DataClass
from policy.parties import Party
from policy.purposes import Purpose
from policy.viewer import StaffRole, Viewer
from resolvers import view_as
from resolvers.view_as import MOST_VIEWERS, Given
from schema.enums import described
from schema.privacy_schema import ClassPrivacy, Name, read_variables
from schema.viewer import ViewerKind

VIEW_AS = "viewAs"
FIELDS = 12_000
"""How many fields the runs of all viewers may resolve. All of them count: what they came to would tell how many rows
there are that are not told of."""

described(
    Outcome,
    "What a viewer would get at one place of an answer.",
    {
        Outcome.SHOWN: "What is there would be shown; whether there is a value is not told.",
        Outcome.MASKED: "A constant would stand in its place.",
        Outcome.WITHHELD: "Null would stand in its place, whatever is there.",
        Outcome.NULL: "There is no object for this viewer, or none that you may be told of.",
        Outcome.ERROR: "There would be an error, of which the code is told.",
    },
    name="ViewOutcome",
)


@strawberry.input(description="A partner, with a token for all that its kind may do and its agreement says.")
class ViewAsPartnerInput:
    """Part of `ViewAsInput`."""

    id: strawberry.ID = strawberry.field(description="The partner; take it from `partners`.")
    purpose: Purpose | None = strawberry.field(default=None, description="For what alone the token is.")
    is_delegated: bool = strawberry.field(
        default=False, description="Whether the token is one that the partner made for a subcontractor."
    )


@strawberry.input(one_of=True, description="As whom to run it: exactly one of these.")
class ViewAsInput:
    """One viewer of `viewAs`."""

    account_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The person with this account: a customer, a minor, a guardian."
    )
    staff_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A member of staff, by their `viewer.staffId`."
    )
    staff_role: StaffRole | None = strawberry.field(
        default=strawberry.UNSET, description="A trained member of staff without tickets and legal grounds."
    )
    partner: ViewAsPartnerInput | None = strawberry.field(default=strawberry.UNSET, description="A partner.")
    is_anonymous: bool | None = strawberry.field(
        default=strawberry.UNSET, description="`true`: whoever has no credential."
    )


@strawberry.type(description="What a viewer would get at a place, for one kind of rows there.")
class ViewAsSight:
    """A row is an outcome with its viewer."""

    viewer: int = part("Which viewer, counted from 0 in the order of `as`.")
    outcome: Outcome = part("What they would get.")
    code: str | None = part("Why not more, as staff may know; null if nothing is withheld.")
    party: Party | None = part("What they are to whom it is about; null where nothing was decided.")
    clauses: list[str] = part("The clauses that made it so, but for those that tell an age.", value=list)
    missing: list[str] = part("What would open it, but for a guardian's consent.", value=list)


@strawberry.type(description="One place of the answer, for all viewers.")
class ViewAsRow:
    """A row is a path with the class that was decided on there."""

    path: list[str] = part("The response names that lead to it, without positions in lists.", value=list)
    data_class: ClassPrivacy | None = part("Of which class it is; null for objects, which are there or not.")
    sights: list[ViewAsSight] = part(
        "By viewer. Several for one viewer where rows of the list are decided differently; how many rows is not told."
    )


@strawberry.type(description="Somebody as whom it was run.")
class ViewAsViewer:
    """In the order of `as`."""

    kind: ViewerKind = part("In which capacity they ask.", value=ViewerKind)
    refused: str | None = part("The code with which the operation is not run for them at all; null if it was.")


@strawberry.type(description="What an operation would show to several viewers, side by side, without any value of it.")
class ViewAs:
    """About whoever the operation is about; each outcome was decided for the member of staff who is told."""

    viewers: list[ViewAsViewer] = part("As whom it was run.")
    rows: list[ViewAsRow] = part(
        "The places of personal data and of objects, by path; other fields show what they are."
    )


class _Sight(NamedTuple):
    viewer: int
    outcome: Outcome
    code: str | None
    party: Party | None
    clauses: Sequence[str] = ()
    missing: Sequence[str] = ()


class _Row(NamedTuple):
    path: Sequence[str]
    data_class: DataClass | None
    sights: list[_Sight]


class _Viewer(NamedTuple):
    kind: str
    refused: str | None


class _Answer(NamedTuple):
    viewers: list[_Viewer]
    rows: list[_Row]


Document = Annotated[str, strawberry.argument(description="The query; it is checked like one that the viewer sends.")]
Variables = Annotated[str | None, strawberry.argument(description="Its variables, a JSON object as text.")]
As = Annotated[
    list[ViewAsInput], strawberry.argument(description=f"As whom to run it, 1 to {MOST_VIEWERS}.", name="as")
]
CaseReference = Annotated[
    str,
    strawberry.argument(
        description="The number of the file for which it is done: 3 to 40 capital letters, digits, `.`, `/` and `-`. "
        "The journal of staff keeps it, so it says nothing of a person."
    ),
]


def _given(value: Any) -> Any:
    return None if value is strawberry.UNSET else value


def _wanted(one: ViewAsInput) -> Given:
    partner = _given(one.partner)
    return Given(
        account=_given(one.account_id),
        staff=_given(one.staff_id),
        role=_given(one.staff_role),
        partner=partner and partner.id,
        purpose=partner and partner.purpose,
        is_delegated=partner is not None and partner.is_delegated,
        is_anonymous=bool(_given(one.is_anonymous)),
    )


async def _view_as(
    info: Info,
    document: Document,
    as_: As,
    case_reference: CaseReference,
    variables: Variables = None,
    operation_name: Name = None,
) -> Any:
    context, by = info.context, info.context.viewer
    viewpoints = await view_as.found([_wanted(one) for one in as_], case_reference=case_reference, by=by)
    if context.rehearse is None:
        raise OperationRefused(
            "VIEW_AS_NOT_VALID", "`viewAs` is not run inside of `viewAs`: leave it out of `document`."
        )
    rehearsal = context.rehearse(document, operation_name, read_variables(variables))
    budget = FIELDS // len(viewpoints)
    if rehearsal.asked > budget:
        raise OperationRefused(
            "QUERY_TOO_COSTLY", "The document asks for too much to run it for all viewers: ask for less, or name fewer."
        )
    # Before it is looked, so that there is no look that was not noted.
    await view_as.note(viewpoints, case_reference=case_reference, by=by)
    viewings: list[Viewing] = []
    async with view_as.reading():
        for viewpoint in viewpoints:
            viewing = Viewing(by, context.disclosures)
            if viewpoint.case is not None:
                viewing.knows(viewpoint.case)
            await rehearsal.run(viewpoint.viewer, viewing, budget=budget)
            viewings.append(viewing)
    return _side_by_side([each.viewer for each in viewpoints], viewings)


def _side_by_side(viewers: list[Viewer], viewings: list[Viewing]) -> _Answer:
    places = {place for viewing in viewings for place in viewing.places}
    decided = {path for path, data_class in places if data_class is not None}
    rows = [
        _Row(
            path,
            data_class,
            [
                _Sight(number, told.outcome, told.code or None, told.party, told.clauses, told.missing)
                for number, viewing in enumerate(viewings)
                for told in _sorted(_told(viewing, (path, data_class)))
            ],
        )
        for path, data_class in sorted(places, key=_by_path)
        # What is decided has no row as an object besides.
        if data_class is not None or path not in decided
    ]
    said = [_Viewer(viewer.kind, viewing.refused) for viewer, viewing in zip(viewers, viewings, strict=True)]
    return _Answer(said, rows)


def _told(viewing: Viewing, place: Place) -> set[Told]:
    path, data_class = place
    if viewing.refused is not None:
        return {Told(Outcome.ERROR, viewing.refused)}
    told = set(viewing.places.get(place, ()))
    if data_class is not None:
        told |= {each for each in viewing.places.get((path, None), ()) if each.outcome is Outcome.ERROR}
    return told or {IS_NOT_THERE}


def _sorted(told: Iterable[Told]) -> list[Told]:
    return sorted(
        told, key=lambda each: (each.outcome.value, each.code, each.party.name if each.party else "", each[3:])
    )


def _by_path(place: Place) -> tuple[Sequence[str], str]:
    path, data_class = place
    return path, data_class.name if data_class is not None else ""


@strawberry.type
class ViewAsQueries:
    """Reads of what others would see."""

    view_as: ViewAs = root(
        "What an operation would show to several viewers, side by side. It is run as each, reads only, shows no value "
        "to anybody, and is noted; for privacy officers and auditors.",
        resolver=_view_as,
        weight=FIELDS,
    )
