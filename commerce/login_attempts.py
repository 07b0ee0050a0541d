"""Which attempts to sign in are counted, and who is let in while strangers try."""

from datetime import timedelta

from commerce import throttling
from commerce.sessions import Client
from commerce.throttling import Rate

PER_CLIENT = Rate("login.client", burst=50, interval=timedelta(seconds=3))
# Twenty at once and then one in 30 s: 2,900 guesses a day from one place, at a password that takes 10^8.
PER_PLACE = Rate("login.place", burst=20, interval=timedelta(seconds=30))
# From however many places: 5,800 guesses a day, two in a hundred of 10^8 in a year.
PER_ACCOUNT = Rate("login.account", burst=100, interval=timedelta(seconds=15))
FAMILIAR = "login.familiar"
FAMILIAR_FOR = timedelta(days=90)


async def count(index: bytes, *, client: Client) -> None:
    """
    Count an attempt to sign in, or refuse it.

    What is tight is counted for an address at a client: a stranger's wrong guesses elsewhere use up nothing of it.
    What is counted for an address at all clients together slows down whoever has many of them. It does not hold
    where somebody has signed in by this address before, so a stranger can not use that up either.

    Whatever is known of the address, the same statements run.

    Args:
        index: The blind index of the address, whether or not there is an account.

    Raises:
        TooManyAttempts: With the seconds to wait.
    """
    place = _place(index, client)
    await throttling.attempt(PER_CLIENT, client.ip_hash)
    await throttling.attempt(PER_PLACE, place)
    is_familiar = await throttling.remembers(FAMILIAR, place)
    # A familiar client has a count of its own here, which never refuses what the tighter one lets through.
    await throttling.attempt(PER_ACCOUNT, place if is_familiar else index)


async def succeed(index: bytes, *, client: Client) -> None:
    """
    Forgive a client's attempts at an address after it has signed in by it, and let it in from now on.

    What all clients together have tried stays: the owner's log-ins give a guesser no new attempts.
    """
    place = _place(index, client)
    for rate in (PER_PLACE, PER_ACCOUNT):
        await throttling.forgive(rate, place)
    await throttling.remember(FAMILIAR, place, lasting=FAMILIAR_FOR)


def _place(index: bytes, client: Client) -> bytes:
    # The index has a fixed length, so no two pairs give the same bytes.
    return index + client.ip_hash
