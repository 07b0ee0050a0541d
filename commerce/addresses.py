"""E-mail addresses and telephone numbers of people who sign in, each in one normal form."""

from dataclasses import dataclass, field
from typing import Literal

from commerce.messages import LONGEST_ADDRESS, Channel
from commerce.refusals import Refusal
from models.sealed import blind_index

# Longer texts never reach the libraries, which take their time with them. RFC 3696 allows an address 64 + 1 + 255.
LONGEST_EMAIL = 320
LONGEST_PHONE = 64


class EmailNotValid(Refusal):
    """A text that no mail can be sent to."""

    code = "EMAIL_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(
            "Give one e-mail address such as `name@example.com`, with ASCII letters before the `@`.", field=("email",)
        )


class PhoneNotValid(Refusal):
    """A text that is no telephone number."""

    code = "PHONE_NOT_VALID"

    def __init__(self) -> None:
        super().__init__(
            "Give a telephone number with its country code, such as `+86 138 0013 8000`.", field=("phone",)
        )


@dataclass(frozen=True)
class Address:
    """
    By what a person is reached and signs in.

    Args:
        column: The column that holds it.
        text: In its normal form: equal addresses are equal texts.
    """

    column: Literal["email", "phone"]
    text: str = field(repr=False)

    @property
    def channel(self) -> Channel:
        """The channel on which it is reached."""
        return Channel.EMAIL if self.column == "email" else Channel.TEXT

    @property
    def index(self) -> bytes:
        """The blind index by which it is looked up."""
        return blind_index(f"account.{self.column}", self.text)

    @property
    def index_of_given(self) -> bytes:
        """The blind index by which a person finds what others gave of them; it never meets that of an account."""
        return blind_index(f"given.{self.column}", self.text)

    @property
    def words(self) -> tuple[str, ...]:
        """What of it may not be in a password: the name before the `@`, or the number, also without country code."""
        if self.column == "email":
            return (self.text.partition("@")[0], self.text)
        import phonenumbers

        return (self.text, str(phonenumbers.parse(self.text).national_number))


def email(text: str) -> Address:
    """
    Read an e-mail address; upper and lower case are the same one, and nothing is asked of the network.

    Raises:
        EmailNotValid: It is none.
    """
    if len(text) > LONGEST_EMAIL:
        raise EmailNotValid
    # Here, as all that is slow to import and not needed by first answers (`server.later`).
    import email_validator

    try:
        read = email_validator.validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except (email_validator.EmailNotValidError, UnicodeError, ValueError):
        raise EmailNotValid from None
    if read.ascii_email is None or len(read.ascii_email) > LONGEST_ADDRESS:
        raise EmailNotValid
    return Address("email", read.ascii_email.lower())


def phone(text: str, *, region: str | None = None) -> Address:
    """
    Read a telephone number, in whatever form its country writes it.

    Args:
        region: The country whose own form is understood; None for international forms alone.

    Raises:
        PhoneNotValid: It is none, or none of a line that can be called.
    """
    if len(text) > LONGEST_PHONE:
        raise PhoneNotValid
    import phonenumbers

    try:
        read = phonenumbers.parse(text.strip(), region)
    except phonenumbers.NumberParseException:
        raise PhoneNotValid from None
    if not phonenumbers.is_valid_number(read) or read.extension:
        raise PhoneNotValid
    return Address("phone", phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164))


def read(text: str, *, region: str | None = None) -> Address:
    """
    Read what somebody signs in with: an e-mail address if it has an `@`, otherwise a telephone number.

    Raises:
        EmailNotValid: It has an `@` and is no address.
        PhoneNotValid: It has none and is no number in international form, or in that of `region`.
    """
    return email(text) if "@" in text else phone(text, region=region)
