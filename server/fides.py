"""The data catalogue as a Fides manifest: every column of every table, what it holds, and what that is used for."""

from collections.abc import Iterable
from typing import Any

import orjson

from policy.classes import CLASSES, DataClass
from policy.purposes import Purpose
from server.policy_pages import declared_columns

NOT_PERSONAL = "system.operations"

# What Fides' own taxonomy does not have; each key's parent is one that it has.
EXTENSION = {
    "user.demographic.nationality": "Nationality, which identity documents tell and some sellers must ask for."
}

DATA_USES: dict[Purpose, str] = {
    Purpose.ACCOUNT: "essential.service",
    Purpose.FULFILMENT: "essential.service.operations",
    Purpose.CUSTOMER_SERVICE: "essential.service.operations.support",
    Purpose.OVERSIGHT: "essential.legal_obligation",
    Purpose.OPERATIONS: "essential.service.operations",
    Purpose.SECURITY: "essential.service.security",
    Purpose.PUBLIC: "essential.service",
    Purpose.PAYMENT: "essential.service.payment_processing",
    Purpose.IDENTITY_VERIFICATION: "essential.service.authentication",
    Purpose.AFFILIATE_ACCOUNT: "third_party_sharing",
    Purpose.AFFILIATE_RECOMMENDATION: "third_party_sharing",
    Purpose.AFFILIATE_ABNORMAL_ACCOUNTS: "essential.fraud_detection",
    Purpose.AFFILIATE_SAFETY: "third_party_sharing.legal_obligation",
    Purpose.AFFILIATE_SENSITIVE: "third_party_sharing",
    Purpose.PERSONALISATION: "personalize.content",
    Purpose.PUBLICATION: "essential.service",
    Purpose.CROSS_BORDER: "third_party_sharing",
    Purpose.LOCATION: "functional.service",
    Purpose.RIGHTS: "essential.legal_obligation",
    Purpose.PRIVACY: "essential.legal_obligation",
    Purpose.AUDIT: "essential.legal_obligation",
}
"""The key of Fides' data uses that is nearest to each purpose."""


def manifest() -> str:
    """
    Write the manifest as YAML, with one line for each column.

    What stands on a line is JSON, which YAML contains, so no value can be misread for want of quotes.
    """
    dataset, system = _dataset(), _system()
    lines = ["data_category:", *(f"  - {_flow(_extension(key, text))}" for key, text in EXTENSION.items())]
    lines += ["dataset:", *_block(dataset, "collections")]
    for table, columns in _tables():
        lines += [
            f"      - name: {_flow(table)}",
            "        fields:",
            *(f"          - {_flow(each)}" for each in columns),
        ]
    lines += ["system:", *_block(system, "privacy_declarations")]
    lines += [f"      - {_flow(declared)}" for declared in _declarations()]
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    return orjson.dumps(value).decode()


def _block(head: dict[str, Any], below: str) -> list[str]:
    first, *rest = (f"{key}: {_flow(value)}" for key, value in head.items())
    return [f"  - {first}", *(f"    {each}" for each in rest), f"    {below}:"]


def _extension(key: str, description: str) -> dict[str, Any]:
    return {
        "fides_key": key,
        "name": key.rpartition(".")[2].capitalize(),
        "description": description,
        "parent_key": key.rpartition(".")[0],
        "is_default": False,
    }


def _dataset() -> dict[str, Any]:
    return {
        "fides_key": "avow_shop",
        "name": "Avow's shop",
        "description": "Every table and column of the shop. The keys that open sealed columns are in another database.",
    }


def _tables() -> list[tuple[str, list[dict[str, Any]]]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, column, held in sorted(declared_columns(), key=lambda each: each[:2]):
        tables.setdefault(table, []).append(_column(column, held))
    return list(tables.items())


def _column(name: str, held: DataClass | None) -> dict[str, Any]:
    described = {"description": f"{held.name}: {held.category.value}."} if held is not None else {}
    return {"name": name, **described, "data_categories": [held.taxonomy if held is not None else NOT_PERSONAL]}


def _system() -> dict[str, Any]:
    return {
        "fides_key": "avow",
        "name": "Avow",
        "description": "A commerce platform whose privacy policy is code.",
        "system_type": "Application",
    }


def _declarations() -> list[dict[str, Any]]:
    return [
        {
            "name": f"{purpose.name}: {purpose.value}",
            "data_categories": categories,
            "data_use": DATA_USES[purpose],
            "data_subjects": ["customer"],
            "dataset_references": ["avow_shop"],
        }
        for purpose in Purpose
        if (categories := _categories(held for held in CLASSES if purpose in held.purposes))
    ]


def _categories(classes: Iterable[DataClass]) -> list[str]:
    return sorted({held.taxonomy for held in classes})
