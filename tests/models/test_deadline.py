"""Deadlines: what takes too long is interrupted, and what somebody else cancels stays cancelled."""

import asyncio

import pytest

from models.deadline import Deadline


async def test_what_takes_too_long_is_interrupted():
    deadline = Deadline(0.01)

    with pytest.raises(TimeoutError), deadline:
        await asyncio.sleep(10)

    assert deadline.is_expired


async def test_a_task_goes_on_after_its_deadline():
    with pytest.raises(TimeoutError), Deadline(0.01):
        await asyncio.sleep(10)

    await asyncio.sleep(0.02)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_what_is_done_in_time_is_not_interrupted_later():
    with Deadline(0.01) as deadline:
        await asyncio.sleep(0)

    await asyncio.sleep(0.03)
    assert not deadline.is_expired


async def test_what_somebody_else_cancels_stays_cancelled():
    async def patient() -> None:
        with Deadline(10):
            await asyncio.sleep(10)

    task = asyncio.create_task(patient())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_at_the_time_of_the_deadline_is_not_lost():
    async def stubborn() -> None:
        with Deadline(0.01):
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                # Somebody else cancels as well, before the block is left.
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                raise

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(stubborn())


async def test_the_inner_of_two_deadlines_ends_its_own_block_alone():
    with Deadline(10) as outer:
        with pytest.raises(TimeoutError), Deadline(0.01):
            await asyncio.sleep(10)
        await asyncio.sleep(0)

    assert not outer.is_expired


async def test_another_fault_is_told_as_it_is_though_the_time_is_over():
    async def failing() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            raise KeyError from None

    with pytest.raises(KeyError), Deadline(0.01):
        await failing()
