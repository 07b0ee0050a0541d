"""The data catalogue as a Fides manifest: every column of every table, what it holds, and what that is used for."""

from collections.abc import Iterable
from typing import Any

import orjson

from policy.classes import CLASSES, DataClass
from policy.purposes import Purpose
from policy.subjects import Subject
from server.policy_pages import Declared, declared_columns

NOT_PERSONAL = "system.operations"

# What Fides' own taxonomy does not have; each key's parent is one that it has.
EXTENSION = {
    "user.demographic.nationality": "Nationality, which identity documents tell and some sellers must ask for."
}

SUBJECT_EXTENSION = {
    "account_applicant": "Somebody who is opening an account, and has none yet.",
    "minor": "Somebody under age, whom a guardian watches over.",
    "guardian": "The guardian of somebody under age.",
    "recipient": "Whom an order goes to; the buyer gave their data.",
    "enterprise_contact": "Who acts for a company; its account gave their data.",
    "payer": "Who pays for an order of another; the buyer gave their data.",
    "third_party": "Somebody without an account, who asks what is held of them.",
}

DATA_SUBJECTS: dict[Subject, str] = {
    Subject.ACCOUNT_HOLDER: "customer",
    Subject.APPLICANT: "account_applicant",
    Subject.WARD: "minor",
    Subject.GUARDIAN: "guardian",
    Subject.RECIPIENT: "recipient",
    Subject.CONTACT: "enterprise_contact",
    Subject.PAYER: "payer",
    Subject.CLAIMANT: "third_party",
    Subject.STAFF: "employee",
    Subject.VISITOR: "visitor",
}
"""The key of Fides' data subjects, or of its extension above, for each of whom data is about."""

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
    lines += ["data_subject:", *(f"  - {_flow(_subject(key, text))}" for key, text in SUBJECT_EXTENSION.items())]
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


def _subject(key: str, description: str) -> dict[str, Any]:
    name = key.replace("_", " ").capitalize()
    return {"fides_key": key, "name": name, "description": description, "is_default": False}


def _dataset() -> dict[str, Any]:
    return {
        "fides_key": "avow_shop",
        "name": "Avow's shop",
        "description": "Every table and column of the shop. The keys that open sealed columns are in another database.",
    }


def _tables() -> list[tuple[str, list[dict[str, Any]]]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for declared in sorted(declared_columns(), key=lambda each: each[:2]):
        tables.setdefault(declared.table, []).append(_column(declared))
    return list(tables.items())


def _column(declared: Declared) -> dict[str, Any]:
    held, subject = declared.held, declared.subject
    if held is None or subject is None:
        return {"name": declared.column, "data_categories": [NOT_PERSONAL]}
    return {
        "name": declared.column,
        "description": f"{held.name}: {held.category.value}; about {subject.value}.",
        "data_categories": [held.taxonomy],
        "data_subjects": [DATA_SUBJECTS[subject]],
    }


def _system() -> dict[str, Any]:
    return {
        "fides_key": "avow",
        "name": "Avow",
        "description": "A commerce platform whose privacy policy is code.",
        "system_type": "Application",
    }


def _declarations() -> list[dict[str, Any]]:
    stored = {(held, subject) for _, _, held, subject in declared_columns() if held is not None and subject is not None}
    # Nothing is stored yet of some classes; what they would be about is known where the class itself says so.
    stored |= {(held, held.about) for held in CLASSES if held.about is not None}
    return [
        {
            "name": f"{purpose.name}, {subject.name}: {purpose.value}; about {subject.value}",
            "data_categories": categories,
            "data_use": DATA_USES[purpose],
            "data_subjects": [DATA_SUBJECTS[subject]],
            "dataset_references": ["avow_shop"],
        }
        for purpose in Purpose
        for subject in Subject
        if (categories := _categories(held for held, of in stored if of is subject and purpose in held.purposes))
    ]


def _categories(classes: Iterable[DataClass]) -> list[str]:
    return sorted({held.taxonomy for held in classes})
