"""By which ways each type can be reached, for the generated matrix."""

from tests.graphql.ways import Way, by_event, by_ids, by_number, by_root, one_by_one

# Type -> way -> how it is gone, and whether it leads to every object that the viewer may know of.
WAYS: dict[str, dict[str, tuple[Way, bool]]] = {
    "Order": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "order(number)": (by_number, True),
        "orderUpdated(number)": (by_event, True),
        "orders.nodes": (by_root("{ orders(first: 100) { nodes { {} } } }", "orders", "nodes"), True),
        "orders.edges": (by_root("{ orders(first: 100) { edges { node { {} } } } }", "orders", "edges", "node"), True),
        "User.orders": (
            by_ids(of="User", inside="orders(first: 50) {{ nodes {{ {} }} }}", path=("orders", "nodes")),
            False,
        ),
    },
    "OrderLine": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "Order.lines": (by_ids(of="Order", inside="lines {{ {} }}", path=("lines",)), True),
        "FulfillmentOrder.lines": (by_ids(of="FulfillmentOrder", inside="lines {{ {} }}", path=("lines",)), True),
    },
    "FulfillmentOrder": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "fulfillmentOrders.nodes": (
            by_root("{ fulfillmentOrders(first: 100) { nodes { {} } } }", "fulfillmentOrders", "nodes"),
            True,
        ),
    },
    "Shipment": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "Order.shipments": (
            by_ids(of="Order", inside="shipments(first: 9) {{ nodes {{ {} }} }}", path=("shipments", "nodes")),
            True,
        ),
        "FulfillmentOrder.shipments": (
            by_ids(of="FulfillmentOrder", inside="shipments {{ {} }}", path=("shipments",)),
            True,
        ),
    },
    "ShipmentLine": {
        "Shipment.lines": (by_ids(of="Shipment", inside="lines {{ {} }}", path=("lines",)), True),
    },
    "TrackingEvent": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "Shipment.trackingEvents": (
            by_ids(
                of="Shipment", inside="trackingEvents(first: 9) {{ nodes {{ {} }} }}", path=("trackingEvents", "nodes")
            ),
            True,
        ),
    },
    "Payment": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "payments.nodes": (by_root("{ payments(first: 100) { nodes { {} } } }", "payments", "nodes"), True),
    },
    "OrderAnomaly": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "orderAnomalies.nodes": (
            by_root("{ orderAnomalies(first: 100) { nodes { {} } } }", "orderAnomalies", "nodes"),
            True,
        ),
        "Order.anomalies": (by_ids(of="Order", inside="anomalies {{ {} }}", path=("anomalies",)), True),
    },
    "Cart": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "cart": (by_root("{ cart { {} } }", "cart"), False),
    },
    "CartLine": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "Cart.lines": (by_ids(of="Cart", inside="lines {{ {} }}", path=("lines",)), True),
        "cart.lines": (by_root("{ cart { lines { {} } } }", "cart", "lines"), False),
    },
    "Search": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.searches": (
            by_ids(of="User", inside="searches(first: 50) {{ nodes {{ {} }} }}", path=("searches", "nodes")),
            False,
        ),
    },
    "OrderRecipient": {
        "FulfillmentOrder.recipient": (
            by_ids(of="FulfillmentOrder", inside="recipient {{ {} }}", path=("recipient",)),
            False,
        ),
        "Order.recipient": (by_ids(of="Order", inside="recipient {{ {} }}", path=("recipient",)), True),
        "orders.nodes.recipient": (
            by_root("{ orders(first: 100) { nodes { recipient { {} } } } }", "orders", "nodes", "recipient"),
            True,
        ),
    },
    "User": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "users.nodes": (by_root("{ users(first: 100) { nodes { {} } } }", "users", "nodes"), True),
        "users.edges": (by_root("{ users(first: 100) { edges { node { {} } } } }", "users", "edges", "node"), True),
        "viewer.account": (by_root("{ viewer { account { {} } } }", "viewer", "account"), False),
        "viewer.account.wards": (
            by_root("{ viewer { account { wards { {} } } } }", "viewer", "account", "wards"),
            False,
        ),
        "Order.buyer": (by_ids(of="Order", inside="buyer {{ {} }}", path=("buyer",)), False),
        "Ticket.account": (by_ids(of="Ticket", inside="account {{ {} }}", path=("account",)), False),
    },
    "Guardianship": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.guardianship": (by_ids(of="User", inside="guardianship {{ {} }}", path=("guardianship",)), True),
    },
    "GuardianChallenge": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.guardianChallenge": (
            by_ids(of="User", inside="guardianChallenge {{ {} }}", path=("guardianChallenge",)),
            False,
        ),
    },
    "Verification": {
        "User.verification": (by_ids(of="User", inside="verification {{ {} }}", path=("verification",)), True)
    },
    "IdentityVerification": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.identityVerification": (
            by_ids(of="User", inside="identityVerification {{ {} }}", path=("identityVerification",)),
            False,
        ),
        "identityChecks.nodes": (
            by_root("{ identityChecks(first: 100) { nodes { {} } } }", "identityChecks", "nodes"),
            True,
        ),
    },
    "EnterpriseVerification": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "Enterprise.verification": (
            by_ids(of="Enterprise", inside="verification {{ {} }}", path=("verification",)),
            False,
        ),
        "enterpriseChecks.nodes": (
            by_root("{ enterpriseChecks(first: 100) { nodes { {} } } }", "enterpriseChecks", "nodes"),
            True,
        ),
    },
    "PurchaseApproval": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.purchaseApprovals": (
            by_ids(
                of="User",
                inside="purchaseApprovals(first: 50) {{ nodes {{ {} }} }}",
                path=("purchaseApprovals", "nodes"),
            ),
            True,
        ),
    },
    "Consent": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.consentHistory": (
            by_ids(
                of="User", inside="consentHistory(first: 50) {{ nodes {{ {} }} }}", path=("consentHistory", "nodes")
            ),
            True,
        ),
    },
    "GuardianConsent": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.guardianConsentHistory": (
            by_ids(
                of="User",
                inside="guardianConsentHistory(first: 50) {{ nodes {{ {} }} }}",
                path=("guardianConsentHistory", "nodes"),
            ),
            True,
        ),
    },
    "UserProfile": {"User.profile": (by_ids(of="User", inside="profile {{ {} }}", path=("profile",)), True)},
    "Address": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.addresses": (by_ids(of="User", inside="addresses {{ {} }}", path=("addresses",)), True),
    },
    "LegalGround": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "legalGrounds.nodes": (
            by_root("{ legalGrounds(first: 100) { nodes { {} } } }", "legalGrounds", "nodes"),
            True,
        ),
        "User.legalGrounds": (
            by_ids(of="User", inside="legalGrounds(first: 50) {{ nodes {{ {} }} }}", path=("legalGrounds", "nodes")),
            False,
        ),
        "viewer.legalGrounds": (
            by_root("{ viewer { legalGrounds(first: 50) { nodes { {} } } } }", "viewer", "legalGrounds", "nodes"),
            False,
        ),
    },
    "LegalGroundUse": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "LegalGround.uses": (
            by_ids(of="LegalGround", inside="uses(first: 50) {{ nodes {{ {} }} }}", path=("uses", "nodes")),
            True,
        ),
    },
    "Disclosure": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.disclosures": (
            by_ids(of="User", inside="disclosures(last: 50) {{ nodes {{ {} }} }}", path=("disclosures", "nodes")),
            False,
        ),
        "viewer.disclosures": (
            by_root("{ viewer { disclosures(last: 50) { nodes { {} } } } }", "viewer", "disclosures", "nodes"),
            False,
        ),
    },
    "Enterprise": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "User.enterprise": (by_ids(of="User", inside="enterprise {{ {} }}", path=("enterprise",)), True),
    },
    "EnterpriseContact": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "Enterprise.contacts": (by_ids(of="Enterprise", inside="contacts {{ {} }}", path=("contacts",)), False),
        "thirdParty.enterpriseContacts": (
            by_root(
                "{ thirdParty { enterpriseContacts(first: 50) { nodes { {} } } } }",
                "thirdParty",
                "enterpriseContacts",
                "nodes",
            ),
            False,
        ),
    },
    "ThirdPartyRecord": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "thirdParty.records": (
            by_root("{ thirdParty { records(first: 50) { nodes { {} } } } }", "thirdParty", "records", "nodes"),
            True,
        ),
    },
    "ThirdPartyDisclosure": {
        "ThirdPartyRecord.disclosures": (
            by_ids(
                of="ThirdPartyRecord",
                inside="disclosures(last: 50) {{ nodes {{ {} }} }}",
                path=("disclosures", "nodes"),
            ),
            True,
        ),
    },
    "ObjectionNotice": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "objectionNotices.nodes": (
            by_root("{ objectionNotices(first: 100) { nodes { {} } } }", "objectionNotices", "nodes"),
            True,
        ),
    },
    "Transfer": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "transfers.nodes": (by_root("{ transfers(first: 100) { nodes { {} } } }", "transfers", "nodes"), True),
        "User.transfers": (
            by_ids(of="User", inside="transfers(first: 50) {{ nodes {{ {} }} }}", path=("transfers", "nodes")),
            False,
        ),
        "viewer.transfers": (
            by_root("{ viewer { transfers(first: 50) { nodes { {} } } } }", "viewer", "transfers", "nodes"),
            False,
        ),
    },
    "Ticket": {
        "nodes": (by_ids(), True),
        "node": (one_by_one, True),
        "viewer.tickets": (
            by_root("{ viewer { tickets(first: 100) { nodes { {} } } } }", "viewer", "tickets", "nodes"),
            False,
        ),
    },
}
