"""Makes a column that holds ids a foreign key, with what is in it; Tortoise would drop the column and add another."""

from copy import deepcopy
from typing import Any, cast

from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.migrations.operations import TortoiseOperation
from tortoise.migrations.schema_editor import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class ReferTo(TortoiseOperation):
    """
    Let a column of ids refer to the rows of a table.

    Args:
        model_name: Whose column.
        column: The column, a field of ids so far.
        name: What the reference is called; its column stays `column`.
        field: The foreign key, which names its table and what happens when a row of it is deleted.
    """

    def __init__(self, *, model_name: str, column: str, name: str, field: Any) -> None:
        self.model_name = model_name
        self.column = column
        self.name = name
        self.field = field

    def state_forward(self, app_label: str, state: State) -> None:
        """Put the foreign key in the place of the field of ids."""
        model = self.get_model_state(state, app_label, self.model_name)
        del model.fields[self.column]
        model.fields[self.name] = deepcopy(self.field)
        referred = state.apps.split_reference(self.field.model_name)
        state.reload_models({(app_label, self.model_name), referred})

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Add the constraint; a row that refers to nothing fails the migration."""
        if state_editor is None:
            return
        model = new_state.apps.get_model(f"{app_label}.{self.model_name}")
        field = cast("ForeignKeyFieldInstance[Any]", model._meta.fields_map[self.name])
        referred = field.related_model._meta.db_table
        await state_editor._run_sql(  # pyright: ignore[reportPrivateUsage]
            f'ALTER TABLE "{model._meta.db_table}" ADD FOREIGN KEY ("{self.column}") REFERENCES "{referred}" ("id") '
            f"ON DELETE {field.on_delete.value};"
        )
