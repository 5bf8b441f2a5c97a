"""Secrets: the configuration says where one is, never what it is."""

import os
from pathlib import Path
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

SCHEMES: Final = ("file", "env", "credential")
ALLOWED: Final = "file:/path/to/file, env:NAME or credential:NAME (a systemd credential)"


class SecretUnavailableError(Exception):
    """A secret cannot be read; the message names its place, never its value."""


class Secret:
    """A reference to a secret: `file:/path`, `env:NAME` or `credential:NAME`.

    Only `reveal` reads the value; printing, comparing or dumping shows the reference.
    """

    __slots__ = ("reference",)

    def __init__(self, reference: str) -> None:
        scheme, _, place = reference.partition(":")
        if scheme not in SCHEMES or not place:
            # The text itself is not repeated: it may be the secret.
            raise ValueError(f"a secret is not written into the configuration; write {ALLOWED}")
        self.reference = reference

    def reveal(self) -> str:
        """Read the secret, without a trailing line break.

        Raises:
            SecretUnavailableError: the file, variable or credential is absent or unreadable.
        """
        scheme, _, place = self.reference.partition(":")
        if scheme == "env":
            if place not in os.environ:
                raise SecretUnavailableError(f"the environment has no variable {place}")
            return os.environ[place]
        path = Path(place)
        if scheme == "credential":
            folder = os.environ.get("CREDENTIALS_DIRECTORY")
            if folder is None:
                raise SecretUnavailableError(
                    f"credential {place}: $CREDENTIALS_DIRECTORY is not set; systemd sets it "
                    "where the unit has LoadCredential="
                )
            path = Path(folder) / place
        try:
            return path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise SecretUnavailableError(
                f"the secret file {path} cannot be read: {reason}"
            ) from error

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reference == self.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Accept a reference as text; dump the reference."""
        del source, handler
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda secret: secret.reference
            ),
            json_schema_input_schema=core_schema.str_schema(pattern="^(file|env|credential):.+$"),
        )

    @classmethod
    def _validate(cls, value: object) -> "Secret":
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str):
            raise ValueError(f"a secret is not written into the configuration; write {ALLOWED}")  # noqa: TRY004 - pydantic reports ValueError
        return cls(value)
