"""The GraphQL schema: types whose every field says what it shows, put together and checked."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from permissions.may_see import Info
from permissions.register import check
from resolvers.subjects import check_columns
from schema.access_tokens import AccessTokenMutations, AccessTokenQueries
from schema.accounts import AccountMutations
from schema.age_correction_actions import AgeCorrectionMutations
from schema.anomalies import AnomalyQueries
from schema.audit import AuditQueries
from schema.carts import CartMutations, CartQueries
from schema.catalogue import CatalogueQueries
from schema.catalogue_actions import CatalogueMutations
from schema.checkout import CheckoutMutations
from schema.consent_actions import ConsentMutations, ConsentQueries
from schema.devices import DeviceQueries
from schema.directives import declare
from schema.disclosures import DisclosureQueries
from schema.enterprise_actions import EnterpriseMutations
from schema.enterprise_verifications import EnterpriseVerificationQueries
from schema.errors import TYPES
from schema.fulfilment_actions import FulfilmentMutations
from schema.fulfilments import FulfilmentQueries
from schema.guardian_actions import GuardianMutations, GuardianQueries
from schema.identity_verification_actions import IdentityVerificationMutations
from schema.identity_verifications import IdentityVerificationQueries
from schema.inventory import InventoryMutations, InventoryQueries
from schema.legal_ground_actions import LegalGroundMutations
from schema.legal_grounds import LegalGroundQueries
from schema.mutations import OrderMutations
from schema.order_entry import OrderEntryMutations
from schema.partner_actions import PartnerMutations
from schema.partners import PartnerQueries
from schema.payments import PaymentQueries
from schema.policy_version_actions import PolicyVersionMutations
from schema.policy_versions import PolicyVersionQueries
from schema.privacy import PrivacyRecord
from schema.privacy_schema import PrivacyQueries
from schema.profiles import ProfileMutations
from schema.purchase_approval_actions import PurchaseApprovalMutations
from schema.query import Query
from schema.scalars import SCALARS
from schema.search_actions import SearchMutations
from schema.searches import SearchQueries
from schema.sessions import SessionMutations
from schema.step_up import StepUpMutations
from schema.subjects import agree
from schema.subscriptions import Subscription
from schema.third_parties import ThirdPartyQueries
from schema.third_party_actions import ThirdPartyMutations
from schema.tracking_actions import TrackingMutations
from schema.transfers import TransferQueries
from schema.view_as import ViewAsQueries


@strawberry.type(name="Query", description="What can be asked.")
class Reads(
    Query,
    PolicyVersionQueries,
    GuardianQueries,
    CatalogueQueries,
    CartQueries,
    FulfilmentQueries,
    InventoryQueries,
    AuditQueries,
    LegalGroundQueries,
    TransferQueries,
    DisclosureQueries,
    ConsentQueries,
    ThirdPartyQueries,
    DeviceQueries,
    SearchQueries,
    PaymentQueries,
    IdentityVerificationQueries,
    EnterpriseVerificationQueries,
    AnomalyQueries,
    PartnerQueries,
    AccessTokenQueries,
    PrivacyQueries,
    ViewAsQueries,
):
    """Root of all reads, of every slice."""


@strawberry.type(description="What can be done.")
class Mutation(
    AccountMutations,
    SessionMutations,
    StepUpMutations,
    ProfileMutations,
    OrderMutations,
    OrderEntryMutations,
    GuardianMutations,
    IdentityVerificationMutations,
    PurchaseApprovalMutations,
    AgeCorrectionMutations,
    ConsentMutations,
    SearchMutations,
    PolicyVersionMutations,
    CartMutations,
    CheckoutMutations,
    CatalogueMutations,
    InventoryMutations,
    FulfilmentMutations,
    TrackingMutations,
    LegalGroundMutations,
    PartnerMutations,
    AccessTokenMutations,
    ThirdPartyMutations,
    EnterpriseMutations,
):
    """Root of all actions."""


schema = strawberry.Schema(
    query=Reads,
    mutation=Mutation,
    subscription=Subscription,
    types=TYPES,
    extensions=[PrivacyRecord],
    config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS, info_class=Info),
)
declare(schema)
# INVARIANT (every field is decided): a schema with an undeclared field does not load, so no server starts with it.
check(schema)
# The same for what is stored, and for whom each side says that it is about (P1.0).
check_columns()
agree(schema)


def sdl() -> str:
    """Print the schema, with `@personal` on every field that is personal data."""
    return schema.as_str() + "\n"
