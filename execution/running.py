"""Runs a plan breadth-first: each field of all objects at one place at once, in rows and batches."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from inspect import isawaitable
from typing import Any, cast

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, located_error
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path as ResponsePath

from execution.introspection import told
from execution.leaves import LeafNotCompleted
from execution.level import Level, below, flattened
from execution.lookahead import Columns
from execution.opening import Opened, opened
from execution.plan import ObjectPlan, OperationPlan, Shape, Source, Step
from models.lookahead import selecting
from models.rounds import returned, together
from permissions.context import OperationContext
from permissions.entering import enter
from permissions.may_see import PolicyExtension, is_something
from policy.situations import Verdict


class Failed:
    """Stands for a value that could not be had; it makes null of the nearest place around it that may be null."""

    __slots__ = ("error",)

    def __init__(self, error: GraphQLError) -> None:
        self.error = error


class Run:
    """
    One run of a plan.

    What batch functions, resolvers and the policy do is what stock execution has them do; the order is another one.
    An answer in which nothing failed is put together without looking for failures.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        plan: OperationPlan,
        context: OperationContext,
        variables: VariableValues,
        fragments: dict[str, Any],
    ) -> None:
        self._schema = schema
        self._plan = plan
        self._context = context
        self._variables = variables
        self._fragments = fragments
        self._has_failed = False
        self.errors: list[GraphQLError] = []

    async def data(self) -> dict[str, Any] | None:
        """Run the plan; None where a failure reached the root. `errors` has what is to be said."""
        (answer,) = await self._objects(self._plan.root, Level([None]))
        return cast("dict[str, Any] | None", self._settled(answer))

    async def _objects(self, plan: ObjectPlan, level: Level) -> list[Any]:
        if self._plan.is_mutation and level.above is None:
            columns: list[list[Any]] = []
            for step in plan.steps:
                columns.append(await self._values(step, plan, level))
                if isinstance(columns[-1][0], Failed):
                    # What follows a mutation that failed without a place for its null is not done.
                    return columns[-1]
        else:
            columns = await self._side_by_side(plan, level)
        keys = plan.keys
        if not keys:
            # All that was asked for is left out by a condition.
            return [{} for _ in level.parents]
        if self._has_failed:
            return [self._object(keys, values) for values in zip(*columns, strict=True)]
        return [dict(zip(keys, values)) for values in zip(*columns)]  # noqa: B905  # the columns of one level

    async def _side_by_side(self, plan: ObjectPlan, level: Level) -> list[list[Any]]:
        """Give the values of all fields of a level; what leads to rows asks for them in the same round."""
        self._decide(plan, level)
        if plan.decides:
            await self._open_sealed(plan, level)
        columns: list[list[Any]] = [[]] * len(plan.steps)
        branches: list[int] = []
        for place, step in enumerate(plan.steps):
            if step.asks and plan.branches > 1:
                branches.append(place)
            else:
                columns[place] = await self._values(step, plan, level)
        if branches:
            found_by_branch = await together(self._values(plan.steps[place], plan, level) for place in branches)
            for place, found in zip(branches, found_by_branch, strict=True):
                columns[place] = returned(found)
        return columns

    def _decide(self, plan: ObjectPlan, level: Level) -> None:
        """Decide all fields in the order of the answer, before any of them gets its rows."""
        for step in plan.steps:
            if step.guard is not None:
                level.verdicts(step, self._context)

    def _object(self, keys: Sequence[str], values: tuple[Any, ...]) -> Any:
        failure = next((value for value in values if isinstance(value, Failed)), None)
        return failure or dict(zip(keys, values, strict=True))

    async def _values(self, step: Step, plan: ObjectPlan, level: Level) -> list[Any]:
        if step.source is Source.TYPENAME:
            return [plan.type.name] * len(level.parents)
        if step.guard is not None:
            answers = await self._decided(step, plan, level)
        elif step.source is Source.CELLS:
            answers = self._read(step, level, level.rows, None)
        elif step.source is Source.ROWS:
            answers = await self._batch(step, level, level.parents, None)
        else:
            answers = [await self._resolved(step, level, place) for place in range(len(level.parents))]
        if step in level.finished:
            return self._bounded(step, step.shape, answers, level, are_items=False)
        if step.shape.leaf is not None and not self._has_failed:
            return self._leaves(step, step.shape, answers, level)
        return await self._completed(step, step.shape, answers, level)

    async def _decided(self, step: Step, plan: ObjectPlan, level: Level) -> list[Any]:
        """Give a classified field's values where the policy shows them, and what stands for them elsewhere."""
        guard, context = step.guard, self._context
        assert guard is not None, "only classified fields are decided"
        verdicts = level.verdicts(step, context)
        shown = level.clear(verdicts)
        if shown is not None and not shown:
            return level.in_place(guard, verdicts)
        # INVARIANT (withheld is never loaded): what follows is asked of the rows alone that may show it.
        if step.source is Source.CELLS:
            await self._open_sealed(plan, level)
            rows = level.rows if shown is None else [level.rows[place] for place in shown]
            values = self._read(step, level, rows, shown)
        else:
            parents = level.parents if shown is None else [level.parents[place] for place in shown]
            values = await self._batch(step, level, parents, shown)
        if not level.is_own(context.viewer.person):
            self._release(guard, verdicts, level, values, shown)
        if shown is None:
            return values
        answers = level.in_place(guard, verdicts)
        for place, value in zip(shown, values, strict=True):
            answers[place] = value
        return answers

    def _release(
        self, guard: PolicyExtension, verdicts: list[Verdict], level: Level, values: list[Any], shown: list[int] | None
    ) -> None:
        """Put on record what is shown of others; rows of one case are noted together, so one with a value is enough."""
        disclosed = level.disclosed
        if shown is None and not self._has_failed and None not in values and [] not in values:
            # Fields of one class say the same of the same rows.
            said = (guard.permission.data_class, *map(id, verdicts))
            if said in disclosed.said:
                return
            disclosed.said.add(said)
            firsts = disclosed.firsts
        else:
            with_value = [
                place
                for place, value in _placed(values, shown)
                if is_something(value) and not isinstance(value, Failed)
            ]
            firsts = disclosed.firsts_of(with_value)
        for place in firsts:
            guard.release(self._context, level.parents[place].case, verdicts[level.group_of[place]])

    async def _open_sealed(self, plan: ObjectPlan, level: Level) -> None:
        """Decrypt all cells of a level that are sealed and may be shown, at once."""
        if level.opened is None:
            context = self._context
            level.opened = await opened(level.rows, level.may_open(plan, context), context.open_cells)

    def _read(self, step: Step, level: Level, rows: list[Any], places: list[int] | None) -> list[Any]:
        read = step.read
        assert read is not None, "only columns are read"
        if step.guard is not None and level.opened and not level.opened.keys().isdisjoint(step.columns):
            return self._unsealed(step, level, level.opened, range(len(rows)) if places is None else places)
        if step.whole is not None:
            with suppress(Exception):
                values = step.whole(rows)
                level.finished.add(step)
                return values
        try:
            return read(rows)
        except Exception:  # noqa: BLE001  # one row's fault is not another's
            return [self._read_alone(step, level, row, place) for place, row in _placed(rows, places)]

    def _read_alone(self, step: Step, level: Level, row: Any, place: int) -> Any:
        try:
            return cast(Any, step.read)([row])[0]
        except Exception as fault:  # noqa: BLE001  # what a resolver raises is an error of its field
            return self._failed(step, level, place, fault)

    def _unsealed(self, step: Step, level: Level, opened: Opened, places: Sequence[int]) -> list[Any]:
        make = step.declared.value if step.declared is not None else None
        columns: list[Sequence[Any]] = []
        for column in step.columns:
            all_values = opened[column] if column in opened else [getattr(row, column) for row in level.rows]
            columns.append(all_values if len(places) == len(all_values) else [all_values[place] for place in places])
        if make is None and not any(issubclass(kind, Exception) for kind in set(map(type, columns[0]))):
            return list(columns[0])
        return [
            self._made(step, level, place, make, cells)
            for place, cells in zip(places, zip(*columns, strict=True), strict=True)
        ]

    def _made(
        self, step: Step, level: Level, place: int, make: Callable[..., Any] | None, cells: tuple[Any, ...]
    ) -> Any:
        for cell in cells:
            if isinstance(cell, Exception):
                return self._failed(step, level, place, cell)
        try:
            return make(*cells) if make is not None else cells[0]
        except Exception as fault:  # noqa: BLE001  # what a resolver raises is an error of its field
            return self._failed(step, level, place, fault)

    async def _batch(self, step: Step, level: Level, parents: list[Any], places: list[int] | None) -> list[Any]:
        rows, declared, field = step.rows, step.declared, step.field
        assert rows is not None, "only fields with a batch function come here"
        assert field is not None, "fields with a batch function are the schema's"
        assert declared is not None, "fields with a batch function are declared"
        if not parents:
            return []
        try:
            arguments = _page(get_argument_values(field, step.nodes[0], self._variables)) if field.args else {}
            with selecting(self._wanted(step)):
                answers = await rows(parents, self._context.viewer, **arguments)
            if len(answers) != len(parents):
                raise RuntimeError(f"A batch function gave {len(answers)} answers for {len(parents)} parents.")
            # INVARIANT (no list without a bound): not even where rows came by another way than our own writes.
            bound = declared.at_most
            kept = list(answers) if bound is None else [answer and answer[:bound] for answer in answers]
            enter(kept, self._context, step.width, step.path, parents)
        except Exception as fault:  # noqa: BLE001  # what a resolver raises is an error of its field
            return [self._failed(step, level, place, fault) for place, _ in _placed(parents, places)]
        return kept

    async def _resolved(self, step: Step, level: Level, place: int) -> Any:
        field, resolve = step.field, step.field and step.field.resolve
        try:
            if field is None or resolve is None:
                value, errors = told(self._schema, self._plan.operation, step, self._fragments, self._variables)
                self.errors += errors
                return value
            arguments = get_argument_values(field, step.nodes[0], self._variables)
            with selecting(self._wanted(step)):
                answer = resolve(level.parents[place], self._info(step, level, place), **arguments)
                return await answer if isawaitable(answer) else answer
        except Exception as fault:  # noqa: BLE001  # what a resolver raises is an error of its field
            return self._failed(step, level, place, fault)

    def _wanted(self, step: Step) -> Columns | None:
        return None if step.wanted is None else step.wanted.by(self._context.viewer.parties)

    def _info(self, step: Step, level: Level, place: int) -> GraphQLResolveInfo[OperationContext]:
        path: ResponsePath | None = None
        for key in (*level.path(place), step.key):
            path = ResponsePath(path, key, None)
        type_name = step.name.partition(".")[0]
        field: Any = step.field
        return GraphQLResolveInfo(
            field_name=step.nodes[0].name.value,
            field_nodes=step.nodes,
            return_type=field.type,
            parent_type=cast(Any, self._schema.get_type(type_name)),
            path=cast(Any, path),
            schema=self._schema,
            fragments=self._fragments,
            root_value=None,
            operation=self._plan.operation,
            variable_values=self._variables,
            context=self._context,
            is_awaitable=cast(Any, isawaitable),
            abort_signal=None,
            async_helpers=cast(Any, None),
        )

    async def _completed(
        self, step: Step, shape: Shape, values: list[Any], level: Level, *, are_items: bool = False
    ) -> list[Any]:
        """
        Complete values to what the answer shows, and work out where failures and nulls end.

        Args:
            level: That of the objects whose field it is or, of the items of lists, their own.
            are_items: Whether the values are the items of lists.
        """
        if shape.item is not None:
            done = await self._lists(step, shape.item, values, level)
        elif shape.leaf is not None:
            return self._leaves(step, shape, values, level, are_items=are_items)
        else:
            done = await self._composed(step, shape, values, level, are_items=are_items)
        return self._bounded(step, shape, done, level, are_items=are_items)

    def _leaves(
        self, step: Step, shape: Shape, values: list[Any], level: Level, *, are_items: bool = False
    ) -> list[Any]:
        complete = shape.leaf
        assert complete is not None, "only leaves are completed so"
        if self._has_failed and any(isinstance(value, Failed) for value in values):
            places = [place for place, value in enumerate(values) if not isinstance(value, Failed)]
            done = list(values)
            for place, value in zip(places, complete([values[place] for place in places]), strict=True):
                done[place] = value
        else:
            done = complete(values)
        if any(isinstance(value, LeafNotCompleted) for value in done) if done is not values else False:
            done = [
                self._failed(step, level, place, value.cause, is_item=are_items)
                if isinstance(value, LeafNotCompleted)
                else value
                for place, value in enumerate(done)
            ]
        return self._bounded(step, shape, done, level, are_items=are_items)

    async def _lists(self, step: Step, item: Shape, values: list[Any], level: Level) -> list[Any]:
        lists = [None if value is None or isinstance(value, Failed) else list(value) for value in values]
        below = flattened(level, step.key, lists)
        done = await self._completed(step, item, below.parents, below, are_items=True)
        made: list[Any] = []
        start = 0
        for value, of in zip(values, lists, strict=True):
            if of is None:
                made.append(value)
                continue
            items = done[start : start + len(of)]
            start += len(of)
            failure = next((each for each in items if isinstance(each, Failed)), None) if self._has_failed else None
            made.append(failure or items)
        return made

    async def _composed(
        self, step: Step, shape: Shape, values: list[Any], level: Level, *, are_items: bool
    ) -> list[Any]:
        objects = shape.objects
        assert objects is not None, "only objects are composed"
        places = [place for place, value in enumerate(values) if value is not None and not isinstance(value, Failed)]
        if not places:
            return values
        if shape.type is not None and len(places) == len(values) and are_items:
            return await self._objects(objects(shape.type), level)
        done = list(values)
        by_type: dict[Any, list[int]] = {}
        for place in places:
            type_ = shape.type or next((each for each in shape.possible if _is_of(each, values[place])), None)
            by_type.setdefault(type_, []).append(place)
        for type_, at in by_type.items():
            if type_ is None:
                fault = TypeError(f"`{step.name}` leads to an object of none of the types that it may be of.")
                made: list[Any] = [self._failed(step, level, place, fault, is_item=are_items) for place in at]
            else:
                made = await self._objects(objects(type_), below(level, step.key, values, at, are_items=are_items))
            for place, value in zip(at, made, strict=True):
                done[place] = value
        return done

    def _bounded(self, step: Step, shape: Shape, done: list[Any], level: Level, *, are_items: bool) -> list[Any]:
        """End failures where a null may stand, and make failures of nulls where none may."""
        if shape.is_nullable:
            return [self._settled(value) for value in done] if self._has_failed else done
        if None in done:
            fault = TypeError(f"Cannot return null for non-nullable field {step.name}.")
            return [
                self._failed(step, level, place, fault, is_item=are_items) if value is None else value
                for place, value in enumerate(done)
            ]
        return done

    def _settled(self, value: Any) -> Any:
        if isinstance(value, Failed):
            self.errors.append(value.error)
            return None
        return value

    def _failed(self, step: Step, level: Level, place: int, fault: Exception, *, is_item: bool = False) -> Failed:
        self._has_failed = True
        path = level.path(place)
        return Failed(located_error(fault, step.nodes, path if is_item else [*path, step.key]))


def _page(arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: arguments.get(name) for name in ("first", "after", "last", "before")}


def _placed(items: list[Any], places: list[int] | None) -> list[tuple[int, Any]]:
    return list(enumerate(items) if places is None else zip(places, items, strict=True))


def _is_of(type_: Any, value: Any) -> bool:
    return bool(type_.is_type_of(value, None))
