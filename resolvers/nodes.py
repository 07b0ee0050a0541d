"""Ids of objects, and the objects of ids."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast
from uuid import UUID

from models.access_tokens import AccessToken
from models.accounts import Account, Address
from models.anomalies import OrderAnomaly
from models.audit import AuditEvent
from models.carts import Cart, CartLine
from models.categories import Category, Collection
from models.consents import Consent
from models.disclosures import Disclosure
from models.enterprises import Enterprise, EnterpriseContact
from models.fulfilments import FulfillmentOrder
from models.guardianships import GuardianChallenge, GuardianConsent, Guardianship
from models.identity_verifications import EnterpriseVerification, IdentityVerification
from models.ids import BadId, public_id, read_public_id
from models.legal_grounds import LegalGround, LegalGroundUse
from models.orders import Order, OrderLine, Recipient
from models.partners import DataProcessingAgreement, Partner, SecurityReview
from models.payments import Payment
from models.products import Product, ProductVariant
from models.purchase_approvals import PurchaseApproval
from models.records import model_of
from models.searches import Search
from models.sessions import Session
from models.shipments import Shipment
from models.stock import InventoryLevel, StockLocation
from models.suppliers import Supplier
from models.third_parties import ObjectionNotice, given_of
from models.tickets import Ticket
from models.tracking import TrackingEvent
from models.transfers import Transfer
from policy.refused import Refused
from policy.seen import Seen
from policy.viewer import Viewer
from resolvers.suppliers import suppliers_by_id

Rows = dict[UUID, list[Seen[Any]]]
MAX_NODES = 100

# Every type with an id, and how its rows are found: always within what the viewer may know of.
_READERS: dict[str, Callable[[Viewer, Sequence[UUID]], Awaitable[Rows]]] = {
    "User": lambda viewer, ids: Account.visible_to(viewer).by("id", ids),
    "Address": lambda viewer, ids: Address.visible_to(viewer).by("id", ids),
    "Order": lambda viewer, ids: Order.visible_to(viewer).by("id", ids),
    "OrderLine": lambda viewer, ids: OrderLine.visible_to(viewer).by("id", ids),
    "FulfillmentOrder": lambda viewer, ids: FulfillmentOrder.visible_to(viewer).by("id", ids),
    "Shipment": lambda viewer, ids: Shipment.visible_to(viewer).by("id", ids),
    "TrackingEvent": lambda viewer, ids: TrackingEvent.visible_to(viewer).by("id", ids),
    "Payment": lambda viewer, ids: Payment.visible_to(viewer).by("id", ids),
    "OrderAnomaly": lambda viewer, ids: OrderAnomaly.visible_to(viewer).by("id", ids),
    "Cart": lambda viewer, ids: Cart.visible_to(viewer).by("id", ids),
    "CartLine": lambda viewer, ids: CartLine.visible_to(viewer).by("id", ids),
    "Search": lambda viewer, ids: Search.visible_to(viewer).by("id", ids),
    "Session": lambda viewer, ids: Session.visible_to(viewer).by("id", ids),
    "Ticket": lambda viewer, ids: Ticket.visible_to(viewer).by("id", ids),
    "Supplier": suppliers_by_id,
    "Guardianship": lambda viewer, ids: Guardianship.visible_to(viewer).by("id", ids),
    "GuardianChallenge": lambda viewer, ids: GuardianChallenge.visible_to(viewer).by("id", ids),
    "GuardianConsent": lambda viewer, ids: GuardianConsent.visible_to(viewer).by("id", ids),
    "IdentityVerification": lambda viewer, ids: IdentityVerification.visible_to(viewer).by("id", ids),
    "EnterpriseVerification": lambda viewer, ids: EnterpriseVerification.visible_to(viewer).by("id", ids),
    "PurchaseApproval": lambda viewer, ids: PurchaseApproval.visible_to(viewer).by("id", ids),
    "Product": lambda viewer, ids: Product.visible_to(viewer).by("id", ids),
    "ProductVariant": lambda viewer, ids: ProductVariant.visible_to(viewer).by("id", ids),
    "Category": lambda viewer, ids: Category.rows(viewer).by("id", ids),
    "Collection": lambda viewer, ids: Collection.rows(viewer).by("id", ids),
    "LegalGround": lambda viewer, ids: LegalGround.visible_to(viewer).by("id", ids),
    "LegalGroundUse": lambda viewer, ids: LegalGroundUse.visible_to(viewer).by("id", ids),
    "Transfer": lambda viewer, ids: Transfer.visible_to(viewer).by("id", ids),
    "Consent": lambda viewer, ids: Consent.visible_to(viewer).by("id", ids),
    "Disclosure": lambda viewer, ids: Disclosure.visible_to(viewer).by("id", ids),
    "Enterprise": lambda viewer, ids: Enterprise.visible_to(viewer).by("id", ids),
    "EnterpriseContact": lambda viewer, ids: EnterpriseContact.visible_to(viewer).by("id", ids),
    "ThirdPartyRecord": lambda viewer, ids: given_of(viewer).by("id", ids),
    "ObjectionNotice": lambda viewer, ids: ObjectionNotice.visible_to(viewer).by("id", ids),
    "AuditEvent": lambda viewer, ids: AuditEvent.visible_to(viewer).by("id", ids),
    "Partner": lambda viewer, ids: Partner.rows(viewer).by("id", ids),
    "DataProcessingAgreement": lambda viewer, ids: DataProcessingAgreement.visible_to(viewer).by("id", ids),
    "SecurityReview": lambda viewer, ids: SecurityReview.visible_to(viewer).by("id", ids),
    "AccessToken": lambda viewer, ids: AccessToken.visible_to(viewer).by("id", ids),
    "StockLocation": lambda viewer, ids: StockLocation.visible_to(viewer).by("id", ids),
    "InventoryLevel": lambda viewer, ids: InventoryLevel.visible_to(viewer).by("id", ids),
}
MODELS = {
    "User": Account,
    "Address": Address,
    "Order": Order,
    "OrderLine": OrderLine,
    "FulfillmentOrder": FulfillmentOrder,
    "Shipment": Shipment,
    "TrackingEvent": TrackingEvent,
    "Payment": Payment,
    "OrderAnomaly": OrderAnomaly,
    "Cart": Cart,
    "CartLine": CartLine,
    "Search": Search,
    "Session": Session,
    "Ticket": Ticket,
    "Supplier": Supplier,
    "Guardianship": Guardianship,
    "GuardianChallenge": GuardianChallenge,
    "GuardianConsent": GuardianConsent,
    "IdentityVerification": IdentityVerification,
    "EnterpriseVerification": EnterpriseVerification,
    "PurchaseApproval": PurchaseApproval,
    "Product": Product,
    "ProductVariant": ProductVariant,
    "Category": Category,
    "Collection": Collection,
    "LegalGround": LegalGround,
    "LegalGroundUse": LegalGroundUse,
    "Transfer": Transfer,
    "Consent": Consent,
    "Disclosure": Disclosure,
    "Enterprise": Enterprise,
    "EnterpriseContact": EnterpriseContact,
    "ThirdPartyRecord": Recipient,
    "ObjectionNotice": ObjectionNotice,
    "AuditEvent": AuditEvent,
    "Partner": Partner,
    "DataProcessingAgreement": DataProcessingAgreement,
    "SecurityReview": SecurityReview,
    "AccessToken": AccessToken,
    "StockLocation": StockLocation,
    "InventoryLevel": InventoryLevel,
}


def is_row_of(value: object, type_name: str) -> bool:
    """Tell whether a value is a row that a type with an id shows."""
    return isinstance(value, Seen) and model_of(cast("Seen[Any]", value).row) is MODELS[type_name]


def audience_of(viewer: Viewer) -> str | None:
    """Name for whom ids are made: each partner has its own, so that two cannot compare whom they serve."""
    if viewer.supplier is not None:
        return f"supplier {viewer.supplier}"
    return f"partner {viewer.partner}" if viewer.is_partner else None


def ids_of(type_name: str) -> Callable[..., Awaitable[list[str]]]:
    """Make the batch function of a type's `id`."""

    async def ids(parents: Sequence[Seen[Any]], viewer: Viewer) -> list[str]:
        audience = audience_of(viewer)
        return [public_id(type_name, parent.row.id, audience) for parent in parents]

    return ids


async def nodes(viewer: Viewer, ids: Sequence[str]) -> list[Seen[Any] | None]:
    """
    Find objects by their ids, in the order asked.

    An id that is malformed, foreign, of a hidden row or of none gives None, always the same way.

    Raises:
        Refused: More ids than a page holds.
    """
    if len(ids) > MAX_NODES:
        raise Refused("BAD_PAGE", f"Ask for at most {MAX_NODES} nodes at once.")
    wanted = [any_row_id(text, viewer) for text in ids]
    found: dict[tuple[str, UUID], Seen[Any]] = {}
    for type_name in dict.fromkeys(name for name, _ in filter(None, wanted)):
        keys = [row_id for name, row_id in filter(None, wanted) if name == type_name]
        for row_id, rows in (await _READERS[type_name](viewer, keys)).items():
            for row in rows:
                found[type_name, row_id] = row
    return [found.get(key) if key is not None else None for key in wanted]


def row_id(text: str, type_name: str, viewer: Viewer) -> UUID | None:
    """Read an id that should be of one type; None for anything else."""
    key = any_row_id(text, viewer)
    return key[1] if key is not None and key[0] == type_name else None


def any_row_id(text: str, viewer: Viewer) -> tuple[str, UUID] | None:
    """Read an id as the name of its type and the row's key; None for anything else."""
    try:
        type_name, row_id = read_public_id(text, audience_of(viewer))
    except BadId:
        return None
    return (type_name, row_id) if type_name in _READERS else None
