"""
What migrations know of the models between two operations, kept so that a migration does not pay for all before it.

Tortoise replays all earlier migrations before each one, and prepares every model for queries after each operation. With
hundreds of operations that made filling an empty database take most of a minute.
"""

from functools import cached_property
from typing import Any, cast

from pypika_tortoise.queries import Query
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model


class _Models(StateApps):
    """Prepares each class of a model once; a model that changes is made anew, as another class."""

    def _build_initial_querysets(self) -> None:
        every = self.apps
        self.apps = {
            label: {name: model for name, model in models.items() if not _is_prepared(model)}
            for label, models in every.items()
        }
        try:
            super()._build_initial_querysets()
        finally:
            self.apps = every


def _is_prepared(model: type[Model]) -> bool:
    return type(model._meta.basequery) is not Query  # pyright: ignore[reportPrivateUsage]


class _Before(State):
    """The state before an operation; few look at the models in it, so they are made when asked for."""

    def __init__(self, models: dict[tuple[str, str], ModelState], then: StateApps) -> None:
        self.models = models
        self._then = then

    @cached_property
    def apps(self) -> StateApps:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._then.clone(model_states=self.models)


# What is written of a table beside its columns; no class of a model depends on it.
_BESIDE = frozenset({"indexes", "constraints", "unique_together"})


class _State(State):
    def __init__(self, models: dict[tuple[str, str], ModelState], apps: StateApps) -> None:
        super().__init__(models=models, apps=apps)
        self._made_of: dict[tuple[str, str], dict[str, Any]] = {}

    def clone(self) -> State:
        return _Before({key: model.clone() for key, model in self.models.items()}, self.apps)

    def reload_model(self, app_label: str, model_name: str) -> None:
        # An index or a constraint changes nothing in the classes: without this, each would make anew all that relate.
        key = (app_label, model_name)
        state = self.models.get(key)
        if state is None or self._made_of.get(key) != _beyond(state):
            super().reload_model(app_label, model_name)
            return
        meta = self.apps.get_model(f"{app_label}.{model_name}")._meta
        meta.indexes = tuple(state.options.get("indexes", ()))
        meta.constraints = tuple(state.options.get("constraints", ()))
        meta.unique_together = tuple(tuple(fields) for fields in state.options.get("unique_together", ()))

    def _reload(self, models_to_reload: set[tuple[str, str]]) -> None:
        super()._reload(models_to_reload)
        for key in models_to_reload:
            self._made_of[key] = _beyond(self.models[key])


def _beyond(state: ModelState) -> dict[str, Any]:
    columns = cast("dict[str, Any]", state.fields)
    return {
        "table": state.table,
        "fields": {name: id(field) for name, field in columns.items()},
        **{name: value for name, value in state.options.items() if name not in _BESIDE},
    }


class Executor(MigrationExecutor):
    """Applies one migration after the other, each to the state of the models that the one before has left."""

    def __init__(self, connection: BaseDBAsyncClient, apps: dict[str, dict[str, Any]]) -> None:
        """Take Tortoise's configuration of the apps that have migrations."""
        super().__init__(connection, apps)
        self._connections: dict[str, str] = {label: app["default_connection"] for label, app in apps.items()}
        self._state: State | None = None

    async def apply(self, connection: BaseDBAsyncClient, app: str, name: str) -> None:
        """
        Apply a migration that comes next.

        Args:
            connection: In whose transaction it is applied and noted.
        """
        self.connection = connection
        self.recorder = MigrationRecorder(connection)
        self.loader.recorder = self.recorder
        await self.migrate([MigrationTarget(app, name)])

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        # INVARIANT (one state): what is given out is what a migration then changes, so it is that after the migration.
        if self._state is None:
            self._state = _State(models={}, apps=_Models(default_connections=self._connections))
            for key in self._full_plan():
                migration = self.loader.graph.nodes[key]
                if key in applied and migration is not None:
                    await migration.apply(self._state, dry_run=True, schema_editor=None)
        return self._state
