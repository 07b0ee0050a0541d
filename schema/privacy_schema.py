"""The policy as it can be asked: how fields are guarded, what a party would see, what an operation would touch."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, NamedTuple, cast

import orjson
import strawberry
from graphql import GraphQLSchema

from permissions.errors import OperationRefused
from permissions.fields import part, public, root
from permissions.may_see import Info
from permissions.preview import touched_by
from permissions.privacy_of import FieldPrivacy as FieldGuard
from permissions.privacy_of import at_path, privacy_of
from policy.classes import CLASSES, Category, DataClass
from policy.explain import Explanation, explanation
from policy.parties import Party
from policy.purposes import Purpose
from policy.rules import Effect, Rule
from policy.subjects import Subject
from schema.enums import described

MOST_FIELDS = 2_000


class FieldKind(Enum):
    """How a field of the schema is guarded."""

    PUBLIC = "public"
    PART = "part"
    CLASSIFIED = "classified"
    LINK = "link"
    ROOT = "root"
    MUTATION = "mutation"
    EVENT = "event"


described(
    FieldKind,
    "How a field is guarded.",
    {
        FieldKind.PUBLIC: "Anybody may see it.",
        FieldKind.PART: "It belongs to an object that was decided as a whole.",
        FieldKind.CLASSIFIED: "It is personal data: the policy decides on it for each viewer.",
        FieldKind.LINK: "It leads to objects of which you get those that are for you.",
        FieldKind.ROOT: "A way in; what it leads to is limited to what is for you.",
        FieldKind.MUTATION: "An action.",
        FieldKind.EVENT: "A subscription; each event leads to what is for you at its moment.",
    },
)
described(
    Category,
    "The categories of personal data.",
    {category: f"{category.value[0].upper()}{category.value[1:]}." for category in Category},
    name="PersonalDataCategory",
)
described(
    Subject,
    "Whom personal data is about.",
    {subject: f"{subject.value[0].upper()}{subject.value[1:]}." for subject in Subject},
    name="DataSubject",
)
described(
    Effect,
    "What a rule does.",
    {
        Effect.PERMIT: "It opens; nothing is shown without one that does.",
        Effect.MASK: "It shows a constant in place of what is not shown.",
        Effect.FORBID: "It closes, whatever opens.",
    },
    name="RuleEffect",
)


def _purposes(data_class: frozenset[Purpose]) -> list[Purpose]:
    return sorted(data_class, key=lambda purpose: purpose.bit)


@strawberry.type(description="One kind of personal data, the unit that the policy decides on.")
class ClassPrivacy:
    """A row is `policy.classes.DataClass`."""

    name: str = part("What it is called in `@personal` and in the matrix.")
    category: Category = part("To which of the categories of personal data it belongs.")
    is_sensitive: bool = part("Whether the stricter rules for sensitive data apply to everybody's.")
    is_registration: bool = part("Whether its use ends with the account.")
    purposes: list[Purpose] = part("All that it may be used for.", value=_purposes)
    mask: str | None = part("What is shown in its place where a mask is; null if it is never masked.")
    taxonomy: str = part("Its key in the Fides taxonomy of data categories.")


@strawberry.type(description="How one field of the schema is guarded.")
class FieldPrivacy:
    """A row is `permissions.privacy_of.FieldPrivacy`."""

    type_name: str = part("The type that it belongs to.")
    field_name: str = part("Its name there.")
    kind: FieldKind = part("How it is guarded.", value=FieldKind)
    data_class: ClassPrivacy | None = part("Of which class it is; null unless it is classified.")
    subject: Subject | None = part("Whom it is about; null unless it is classified.")
    description: str = part("What it shows.")


class _PrivacySchema(NamedTuple):
    classes: Sequence[DataClass]
    fields: Sequence[FieldGuard]
    schema: GraphQLSchema


@strawberry.type(description="How the whole schema is guarded.")
class PrivacySchema:
    """About the schema and about nobody."""

    classes: list[ClassPrivacy] = public("All classes of personal data.", at_most=len(CLASSES))
    fields: list[FieldPrivacy] = public("All fields, by type and name.", at_most=MOST_FIELDS)


def _names(facts: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(fact.name for fact in facts))


@strawberry.type(description="One reading of one clause of the policy.")
class AccessRule:
    """A row is `policy.rules.Rule`."""

    clause: str = part("The clause that it rests on.")
    effect: Effect = part("What it does.")
    says: str = part("What it says.")
    when: list[str] = part("Facts that must all hold for it to speak.", value=_names)
    unless: list[str] = part("Facts of which any lifts it.", value=_names)
    reading: str | None = part("The decision record, where the clause had to be interpreted.")


def _rules(rules: tuple[Rule, ...]) -> list[Rule]:
    return list(rules)


@strawberry.type(description="What a party sees of a class of personal data, and why; about nobody in particular.")
class AccessExplanation:
    """A row is `policy.explain.Explanation`."""

    party: Party = part("Who asks.")
    data_class: ClassPrivacy = part("What about.")
    sight: str = part("What they see, exceptions first: `CLEAR`, `MASK` or `NULL`, each after its condition.")
    under_ground: str = part("The same where an approved legal ground names the class, the person and the viewer.")
    purpose: Purpose = part("What the party asks for unless it says otherwise.")
    purpose_fits: bool = part("Whether the class may be used for that.")
    consents: list[str] = part("The consents on which it can depend.", value=list)
    rules: list[AccessRule] = part("The rules that speak of it.", value=_rules)


class _Matrix(NamedTuple):
    cells: Sequence[Explanation]


@strawberry.type(description="What each party sees of each class of personal data, and why.")
class PolicyMatrix:
    """About nobody."""

    cells: list[AccessExplanation] = public("By party and class.", at_most=len(Party) * len(CLASSES))


class _Touched(NamedTuple):
    field: FieldGuard
    explanation: Explanation


@strawberry.type(description="A field that an operation would show to a party.")
class PreviewedDisclosure:
    """A row is a field with the explanation of its class."""

    field: FieldPrivacy = part("The field.")
    explanation: AccessExplanation = part("What the party would see of it, and why.")


class _Preview(NamedTuple):
    party: Party
    purposes: list[Purpose]
    consents: list[str]
    disclosures: list[_Touched]


@strawberry.type(description="What an operation would touch, told without running it.")
class DisclosurePreview:
    """Whose data it would be depends on rows, so it is told for the party."""

    party: Party = part("Who would get it.")
    is_personal: bool = part(
        "Whether the answer can hold personal data; if not, it is the same for everybody.",
        columns=("disclosures",),
        value=bool,
    )
    purposes: list[Purpose] = part("For what it would be used.")
    consents: list[str] = part("The consents on which some of it can depend.")
    disclosures: list[PreviewedDisclosure] = part("Every field of personal data that it selects, once.")


Path = Annotated[
    str, strawberry.argument(description="`Type.field`, or fields from a way in: `order.recipient.phone`.")
]
As = Annotated[Party, strawberry.argument(description="As what somebody would ask.", name="as")]
Document = Annotated[str, strawberry.argument(description="The operation; it is checked like one that is run.")]
Name = Annotated[str | None, strawberry.argument(description="Which one, if there are several.")]
Variables = Annotated[
    str | None,
    strawberry.argument(description="Its variables, a JSON object as text; they decide `@skip` and `@include`."),
]


def _core(info: Info) -> GraphQLSchema:
    return info._raw_info.schema


def _found(info: Info, path: str) -> FieldGuard:
    found = at_path(_core(info), path)
    if found is None:
        raise OperationRefused(
            "FIELD_NOT_FOUND", "The schema has no field at this path: give `Type.field`, or fields from a way in."
        )
    return found


async def _field_privacy(info: Info, path: Path) -> Any:
    return _found(info, path)


async def _privacy_schema(info: Info) -> Any:
    return _PrivacySchema(CLASSES, privacy_of(_core(info)), _core(info))


async def _explain_access(info: Info, path: Path, as_: As) -> Any:
    about = _found(info, path).data_class
    return explanation(as_, about) if about is not None else None


async def _policy_matrix() -> Any:
    return _Matrix([explanation(party, about) for party in Party for about in CLASSES])


def read_variables(variables: str | None) -> Mapping[str, Any]:
    """
    Read the variables of an operation that another one holds.

    Raises:
        OperationRefused: `BAD_VARIABLES` for what is no JSON object.
    """
    if variables is None:
        return {}
    try:
        read: Any = orjson.loads(variables)
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise OperationRefused("BAD_VARIABLES", "`variables` is the text of a JSON object of names and values.")
    return cast(Mapping[str, Any], read)


async def _disclosure_preview(
    info: Info, document: Document, as_: As, variables: Variables = None, operation_name: Name = None
) -> Any:
    values = read_variables(variables)
    parsed = info.context.prepare(document)
    fields = touched_by(_core(info), parsed, operation_name=operation_name, variables=values)
    touched = [_Touched(field, explanation(as_, field.data_class)) for field in fields if field.data_class is not None]
    return _Preview(
        party=as_,
        purposes=[as_.purpose] if touched else [],
        consents=list(dict.fromkeys(name for each in touched for name in each.explanation.consents)),
        disclosures=touched,
    )


@strawberry.type
class PrivacyQueries:
    """Reads of the policy itself: public, because the policy is."""

    privacy_schema: PrivacySchema = root("How the whole schema is guarded.", resolver=_privacy_schema, weight=2_000)
    field_privacy: FieldPrivacy = root("How a field is guarded.", resolver=_field_privacy)
    explain_access: AccessExplanation | None = root(
        "What a party sees of a field and why; null for a field that is not personal data.", resolver=_explain_access
    )
    policy_matrix: PolicyMatrix = root("The whole policy.", resolver=_policy_matrix, weight=4_000)
    disclosure_preview: DisclosurePreview = root(
        "What an operation would touch if a party ran it: fields, classes, purposes and consents. It is not run.",
        resolver=_disclosure_preview,
    )
