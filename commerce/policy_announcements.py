"""Tells everybody of a version of the policy that was announced: in batches, and on from where it stopped (P9.1)."""

from asyncpg import Record

from commerce import outbox
from commerce.outbox import Event, Topic
from models import clock, database
from models.accounts import PolicyVersion, PolicyVersionState
from models.database import retrying, transaction
from models.ids import new_id
from policy.enforcement import keeps

AT_ONCE = 200

_OPEN = "SELECT version FROM policy_version WHERE state = $1 AND told_at IS NULL ORDER BY version"
# Another process that has the version at hand is not waited for.
_TAKE = """SELECT id, version, told_through, effective_at <= $2 AS is_effective FROM policy_version
    WHERE version = $1 AND told_at IS NULL FOR UPDATE SKIP LOCKED"""
_WITHOUT = """a.state <> 'CANCELLED' AND a.external_source IS NULL AND a.agreed_version IS DISTINCT FROM $2
    AND NOT EXISTS (SELECT FROM policy_notice n WHERE n.account_id = a.id AND n.policy_version_id = $1)"""
_NEXT = f"""SELECT a.id FROM account a
    WHERE a.id > coalesce($4::uuid, '00000000-0000-0000-0000-000000000000') AND {_WITHOUT} ORDER BY a.id LIMIT $3"""  # noqa: S608
_LEFT = f"SELECT a.id FROM account a WHERE {_WITHOUT} ORDER BY a.id LIMIT $3"  # noqa: S608


@keeps("P9.1", otherwise=0)
async def tell() -> int:
    """
    Tell everybody who was not told yet of each version that was announced; any number of programs may do so at once.

    Whoever registers between the announcement and the first day accepts the version before, and so is told as well.
    From the first day on a last look finds those who were overlooked, and then the version is done with.

    Returns:
        How many people there were.
    """
    told = 0
    for row in await database.fetch(_OPEN, PolicyVersionState.ANNOUNCED.value):
        while batch := await _tell_some(row["version"]):
            told += batch
    return told


async def _tell_some(version: int) -> int:
    async def write() -> int:
        async with transaction():
            taken = await database.fetch(_TAKE, version, clock.now())
            return await _notice(taken[0]) if taken else 0

    return await retrying(write)


async def _notice(version: Record) -> int:
    people = await database.fetch(_NEXT, version["id"], version["version"], AT_ONCE, version["told_through"])
    if people:
        await PolicyVersion.filter(id=version["id"]).update(told_through=people[-1]["id"])
    elif version["is_effective"]:
        people = await database.fetch(_LEFT, version["id"], version["version"], AT_ONCE)
        if not people:
            await PolicyVersion.filter(id=version["id"]).update(told_at=clock.now())
    accounts = [row["id"] for row in people]
    now = clock.now()
    # INVARIANT (told once): the notice and the message are one transaction, and there is one notice for each of both.
    await database.execute(
        """INSERT INTO policy_notice (id, account_id, policy_version_id, told_at)
        SELECT p.id, p.account, $3, $4 FROM unnest($1::uuid[], $2::uuid[]) AS p(id, account)""",
        [new_id() for _ in accounts],
        accounts,
        version["id"],
        now,
    )
    if accounts:
        await outbox.enqueue(
            *(
                Event(Topic.POLICY_ANNOUNCED, {"account": account, "version": version["version"]})
                for account in accounts
            )
        )
    return len(accounts)
