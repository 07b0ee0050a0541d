"""Everything that is configured from outside, read once from the environment and typed."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from execution.limits import DocumentLimits
from models.secrets import KEY_ENCRYPTION_KEY_BYTES, MASTER_BYTES, Secrets
from server.places import Place, PlaceRefused, declared
from server.secret_files import SecretFileUnsafe, key_encryption_text, master_text
from server.setting_texts import cluster, decoded, is_guessable, is_loopback, is_postgresql, listed, parts_of

MAKE_ONE = "`openssl rand -base64 32` makes one"
IDENTITY_URL = "AVOW_IDENTITY_URL"
IDENTITY_PARTNER = "AVOW_IDENTITY_PARTNER"


class Environment(Enum):
    """What the program is run for."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsFaulty(Exception):
    """
    The environment does not make a whole configuration.

    Args:
        faults: One sentence for each fault, with the variable and the remedy; never a variable's value where it
            may be secret.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    The configuration of one program; its representation shows no secret.

    `docs/configuration.md` tells the variable behind each.
    """

    environment: Environment
    host: str
    port: int
    data: Place
    database: Place | None
    """None: the embedded clusters in `data` are used."""
    database_owner_url: str | None = field(repr=False)
    """The same database by another login."""
    keys: Place | None
    keys_owner_url: str | None = field(repr=False)
    secrets: Secrets
    region: str
    """ISO 3166-1 code of the country that the servers stand in."""
    relay: Place | None
    """The mail server that messages are handed to; None: they are files in `data`."""
    mail_from: str
    identity_url: str | None = None
    """Where the provider that checks identities is; None: nobody checks them."""
    identity_key: str | None = field(default=None, repr=False)
    identity_partner: str | None = None
    """What it is called in the register of partners; None: by its host."""
    allowed_origins: frozenset[str] = frozenset()
    """Origins of front ends on other hosts whose browsers may use the session cookie."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    cost_maximum: int = 20_000
    """How much the operations of one viewer may cost at once."""
    cost_per_second: int = 500
    """How much of it comes back each second."""

    @property
    def is_production(self) -> bool:
        """Whether real people's data may be at stake."""
        return self.environment is Environment.PRODUCTION

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database is None

    @property
    def data_folder(self) -> Path:
        """The folder of this program's own files."""
        return Path(self.data.address)

    @property
    def storage_region(self) -> str:
        """ISO 3166-1 code of the country that what is held of people is stored in."""
        return (self.database or self.data).region


def read(environ: Mapping[str, str]) -> Settings:
    """
    Read the configuration.

    In development missing secrets are made and kept in `AVOW_DATA`.

    Raises:
        SettingsFaulty: With all the faults at once.
    """
    return _Reading(environ).settings()


class _Reading:
    """Reads one variable after the other and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # An empty variable is what a template leaves behind for a value that was never set.
        self._environ = {name: value.strip() for name, value in environ.items() if value.strip()}
        self._faults: list[str] = []

    def settings(self) -> Settings:
        environment = self._environment()
        production = environment is Environment.PRODUCTION
        host = self._host(production=production)
        port = self._port()
        region = self._region(production=production)
        data = self._place(self._environ.get("AVOW_DATA", ".data"), "AVOW_DATA_REGION", home=region, is_own=True)
        urls = self._databases(production=production)
        database = self._place(urls["DATABASE_URL"], "DATABASE_REGION", home=region, is_own=not production)
        keys = self._place(urls["AVOW_KEYS_URL"], "AVOW_KEYS_REGION", home=region, is_own=not production)
        relay = self._place(self._smtp_url(), "AVOW_SMTP_REGION", home=region, is_own=not production)
        mail_from = self._mail_from(needed=production and relay is not None)
        identity_url = self._identity_url()
        origins = self._origins(production=production)
        proxies = self._proxies()
        # One operation at its limit must be possible.
        cost_maximum = self._number("AVOW_COST_MAXIMUM", 20_000, least=DocumentLimits().cost)
        cost_per_second = self._number("AVOW_COST_PER_SECOND", 500, least=1)
        # Last, and only if all else is right: in development this writes files.
        secrets = self._secrets(data, production=production)
        if self._faults or secrets is None or data is None or region is None:
            raise SettingsFaulty(self._faults)
        return Settings(
            environment=environment,
            host=host,
            port=port,
            data=data,
            database=database,
            database_owner_url=urls["DATABASE_OWNER_URL"],
            keys=keys,
            keys_owner_url=urls["AVOW_KEYS_OWNER_URL"],
            secrets=secrets,
            region=region,
            relay=relay,
            mail_from=mail_from,
            identity_url=identity_url,
            identity_key=self._environ.get("AVOW_IDENTITY_KEY"),
            identity_partner=self._environ.get(IDENTITY_PARTNER),
            allowed_origins=origins,
            trusted_proxies=proxies,
            cost_maximum=cost_maximum,
            cost_per_second=cost_per_second,
        )

    def _environment(self) -> Environment:
        text = self._environ.get("AVOW_ENV", Environment.DEVELOPMENT.value)
        try:
            return Environment(text)
        except ValueError:
            self._faults.append("AVOW_ENV is neither `development` nor `production`: set it to one of them.")
            # The stricter reading finds the other faults of a production system whose name is misspelt.
            return Environment.PRODUCTION

    def _host(self, *, production: bool) -> str:
        host = self._environ.get("HOST", "127.0.0.1")
        if not production and not is_loopback(host):
            self._faults.append(
                f"HOST is `{host}`, which others can reach, and development has no protection against them: "
                "set HOST to 127.0.0.1, or AVOW_ENV to `production`."
            )
        return host

    def _port(self) -> int:
        text = self._environ.get("PORT", "8000")
        if re.fullmatch("[0-9]{1,5}", text) and int(text) <= 65_535:
            return int(text)
        self._faults.append(f"PORT is `{text[:20]}`: set it to a number from 0 to 65535.")
        return 0

    def _databases(self, *, production: bool) -> dict[str, str | None]:
        urls: dict[str, str | None] = {}
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "AVOW_KEYS_URL", "AVOW_KEYS_OWNER_URL"):
            urls[name] = self._environ.get(name)
            if (url := urls[name]) and not is_postgresql(url):
                self._faults.append(
                    f"{name} is no PostgreSQL address: write it as `postgresql://user:password@host:5432/database`."
                )
        shop, keys = urls["DATABASE_URL"], urls["AVOW_KEYS_URL"]
        if production:
            for name in ("DATABASE_URL", "AVOW_KEYS_URL"):
                if not urls[name]:
                    self._faults.append(
                        f"{name} is missing: production needs clusters of its own, set it to the address of one."
                    )
        elif (shop is None) != (keys is None):
            missing = "DATABASE_URL" if shop is None else "AVOW_KEYS_URL"
            self._faults.append(
                f"{missing} is missing: set both DATABASE_URL and AVOW_KEYS_URL, or neither for the embedded database."
            )
        if production and shop and keys and cluster(shop) is not None and cluster(shop) == cluster(keys):
            self._faults.append(
                "AVOW_KEYS_URL names the same server as DATABASE_URL: put the keys into a separate cluster with "
                "backups of its own, or erasing a person would leave their key in the shop's backups."
            )
        return urls

    def _region(self, *, production: bool) -> str | None:
        if "AVOW_REGION" in self._environ:
            return self._country("AVOW_REGION")
        if production:
            self._faults.append("AVOW_REGION is missing: set it to the country code of the servers, such as `SG`.")
            return None
        return "SG"

    def _country(self, name: str) -> str | None:
        country = self._environ.get(name)
        if country is None or re.fullmatch("[A-Z]{2}", country):
            return country
        self._faults.append(f"{name} is `{country[:20]}`: set it to a country code, such as `SG`.")
        return None

    def _place(self, address: str | None, setting: str, *, home: str | None, is_own: bool) -> Place | None:
        """Declare what is at an address; what the servers have of their own stands where they do unless told."""
        region = self._country(setting)
        # A fault of the home region, or of this one, is told already.
        if address is None or home is None or (region is None and setting in self._environ):
            return None
        try:
            return declared(address, region=region or (home if is_own else None), home=home, setting=setting)
        except PlaceRefused as refused:
            self._faults.append(str(refused))
            return None

    def _smtp_url(self) -> str | None:
        url = self._environ.get("AVOW_SMTP_URL")
        if url is not None:
            # Here and below: only who sends mail waits for the mail library.
            from server.messages import MailServer

            try:
                MailServer.at(url)
            except ValueError as fault:
                self._faults.append(str(fault))
        return url

    def _mail_from(self, *, needed: bool) -> str:
        address = self._environ.get("AVOW_MAIL_FROM")
        if address is None:
            if needed:
                self._faults.append(
                    "AVOW_MAIL_FROM is missing: set it to the address of the sender, such as `shop@example.com`."
                )
            return "avow@localhost.localdomain"
        from server.messages.mail import sender

        try:
            sender(address)
        except ValueError as fault:
            self._faults.append(str(fault))
        return address

    def _identity_url(self) -> str | None:
        url = self._environ.get(IDENTITY_URL)
        if url is not None:
            from server.identity import HttpVerifier

            try:
                HttpVerifier.at(url)
            except ValueError as fault:
                self._faults.append(str(fault))
        return url

    def _origins(self, *, production: bool) -> frozenset[str]:
        origins = listed(self._environ.get("AVOW_ALLOWED_ORIGINS"))
        schemes = {"https"} if production else {"https", "http"}
        for origin in origins:
            split = parts_of(origin)
            if split is None or split.scheme not in schemes or origin != f"{split.scheme}://{split.netloc}".lower():
                self._faults.append(
                    "AVOW_ALLOWED_ORIGINS has an entry that is no origin: separate origins such as "
                    "`https://shop.example.com` by commas, in lower case, with `https`, without a path."
                )
                break
        return frozenset(origins)

    def _proxies(self) -> tuple[str, ...]:
        proxies = listed(self._environ.get("AVOW_TRUSTED_PROXIES"))
        for proxy in proxies:
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                self._faults.append(
                    "AVOW_TRUSTED_PROXIES has an entry that is no address: separate addresses or networks such as "
                    "`10.0.0.0/8` by commas."
                )
                break
        return tuple(proxies)

    def _number(self, name: str, default: int, *, least: int) -> int:
        text = self._environ.get(name, str(default))
        if re.fullmatch("[0-9]{1,9}", text) and int(text) >= least:
            return int(text)
        self._faults.append(f"{name} is `{text[:20]}`: set it to a number from {least} to 999999999.")
        return default

    def _secrets(self, data: Place | None, *, production: bool) -> Secrets | None:
        texts: dict[str, str | None] = {}
        for name, make in (("AVOW_SECRET", master_text), ("AVOW_KEY_ENCRYPTION_KEYS", key_encryption_text)):
            texts[name] = self._environ.get(name)
            if texts[name] is None and production:
                self._faults.append(f"{name} is missing: production makes no secrets itself, {MAKE_ONE}.")
            elif texts[name] is None and data is not None and not self._faults:
                try:
                    texts[name] = make(Path(data.address))
                except SecretFileUnsafe as unsafe:
                    self._faults.append(str(unsafe))
        master = self._master(texts["AVOW_SECRET"])
        keys = self._keys(texts["AVOW_KEY_ENCRYPTION_KEYS"])
        if master is None or not keys:
            return None
        if master in keys.values():
            self._faults.append("AVOW_SECRET is also one of AVOW_KEY_ENCRYPTION_KEYS: draw another one for it.")
            return None
        return Secrets(master=master, key_encryption_keys=keys, active=next(iter(keys)))

    def _master(self, text: str | None) -> bytes | None:
        if text is None:
            return None
        secret = decoded(text)
        if secret is None or len(secret) < MASTER_BYTES or is_guessable(secret):
            self._faults.append(f"AVOW_SECRET is not {MASTER_BYTES} random bytes or more in base64: {MAKE_ONE}.")
            return None
        return secret

    def _keys(self, text: str | None) -> dict[str, bytes]:
        keys: dict[str, bytes] = {}
        # A text without entries, such as a lone comma, is one entry that is no key.
        for entry in [] if text is None else listed(text) or [text]:
            name, _, encoded = entry.partition(":")
            key = decoded(encoded)
            if (
                not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", name)
                or key is None
                or len(key) != KEY_ENCRYPTION_KEY_BYTES
                or is_guessable(key)
                or name in keys
            ):
                self._faults.append(
                    "AVOW_KEY_ENCRYPTION_KEYS is not a list `id:key,id:key` of different ids with "
                    f"{KEY_ENCRYPTION_KEY_BYTES} random bytes in base64 each, the active one first: {MAKE_ONE}."
                )
                return {}
            keys[name] = key
        return keys
