"""What is not done when the program starts."""

import inspect
from pathlib import Path

import pytest
from tortoise import fields
from tortoise.models import Model

MODELS = Path(__file__).parents[2] / "models"


def test_no_source_is_read_when_a_model_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_: object) -> str:
        raise AssertionError("the source is read")

    monkeypatch.setattr(inspect, "getsource", read)

    class Made(Model):
        id = fields.IntField(primary_key=True)

    assert Made._meta.fields_map["id"].description is None


def test_no_column_has_a_comment_that_tortoise_would_have_found() -> None:
    assert [path.name for path in MODELS.glob("*.py") if "#:" in path.read_text().replace('"#:"', "")] == []
