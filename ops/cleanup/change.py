"""Calls that change something."""

from __future__ import annotations

from typing import Any

from ..aws.account import Account, Answer
from ..aws.actions import action


class RefusedError(RuntimeError):
    """AWS did not do what it was asked to; `code` is AWS's own."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


def change(account: Account, service: str, operation: str, **parameters: Any) -> Answer:
    """Makes one call that changes something; its answer.

    Raises:
        RefusedError: it was not done.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: Answer = getattr(account.client(service), operation)(**parameters)
    except ClientError as error:
        said = error.response.get("Error", {})
        code = str(said.get("Code", ""))
        text = " ".join(str(said.get("Message") or "").split()).rstrip(".")
        raise RefusedError(
            f"{action(service, operation)}: {code}{f': {text}' if text else ''}", code
        ) from None
    except BotoCoreError as error:
        raise RefusedError(f"{action(service, operation)}: {' '.join(str(error).split())}") from None
    return answer
