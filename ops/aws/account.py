"""An account in a region: asked once for each thing, from several threads, and nothing is written."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from typing import Any, TypeAlias

from ..checking.check import UnaskedError
from .actions import action

Answer: TypeAlias = "dict[str, Any]"

# Who has no network should not wait for minutes; a service that throttles is asked again.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 4, 20, 4
_CONNECTIONS = 20

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
_DENIED = frozenset(
    (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "UnauthorizedException",
        "403",
        "Forbidden",
        "ForbiddenException",
        "NotAuthorized",
    )
)
# Who else than the caller's own policies denies a call, and that no permission of theirs helps against:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_DENIER = re.compile(
    r"with an explicit deny in (an? [a-z -]+[a-z])|because no (?!identity-based)([a-z -]+[a-z]) allows",
    re.IGNORECASE,
)
_CREDENTIALS = frozenset(
    ("ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId", "MissingAuthenticationToken",
     "InvalidSignatureException", "InvalidToken", "RequestExpired", "SignatureDoesNotMatch")
)  # fmt: skip
# A region that has to be enabled first knows no credentials of an account that has not enabled it.
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
_UNKNOWN = frozenset(("AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"))
# What botocore asks by itself to have credentials, before what is to be asked.
_LOGIN = frozenset(("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetRoleCredentials"))


class Account:
    """The account of the user's credentials.

    Args:
        region: where regional services are asked.
        profile: a profile of the AWS configuration; the user's default without it.
    """

    def __init__(self, region: str, profile: str | None = None) -> None:
        self.region = region
        self.profile = profile
        self.asked: set[str] = set()
        self._lock = threading.Lock()
        self._session: Any = None
        self._has_credentials = False
        self._no_credentials: Exception | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._answering: set[tuple[str, str]] = set()
        self._silent: dict[tuple[str, str], Exception] = {}
        self._answers: dict[Any, Future[Any]] = {}

    def afresh(self) -> Account:
        """The same account by the same clients, with nothing remembered of what it has answered."""
        other = Account(self.region, self.profile)
        other.asked, other._lock = self.asked, self._lock
        other._session, other._clients = self._session, self._clients
        other._has_credentials = self._has_credentials
        return other

    @property
    def id(self) -> str:
        """The account's id, twelve digits.

        Raises:
            UnaskedError: it cannot be asked.
        """
        return str(self.ask("sts", "get_caller_identity")["Account"])

    def ask(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> Answer:
        """The answer of one call; the same call is made once.

        Args:
            service: boto3's name of it, `ec2`.
            operation: boto3's name of it, `describe_subnets`.
            region: another one than the account's own.
            parameters: of the operation; those that are None are left out.

        Raises:
            UnaskedError: it cannot be asked, or the answer is an error.
        """
        found = self.find(service, operation, (), region=region, **parameters)
        assert found is not None
        return found

    def find(
        self,
        service: str,
        operation: str,
        missing: Collection[str],
        *,
        region: str | None = None,
        **parameters: Any,
    ) -> Answer | None:
        """The answer of one call, or None where the error's code is one of `missing`; otherwise as `ask`."""
        found: Answer | None = self._once(service, operation, "", missing, region, parameters)
        return found

    def pages(
        self,
        service: str,
        operation: str,
        key: str,
        missing: Collection[str] = (),
        *,
        region: str | None = None,
        **parameters: Any,
    ) -> list[Answer]:
        """What all pages of a call have under `key`; nothing, where the error's code is one of `missing`.

        Raises:
            UnaskedError: as `ask`.
        """
        found = self._once(service, operation, key, missing, region, parameters)
        return [] if found is None else found

    def _once(
        self,
        service: str,
        operation: str,
        key: str,
        missing: Collection[str],
        region: str | None,
        parameters: Mapping[str, Any],
    ) -> Any:
        given = {name: value for name, value in parameters.items() if value is not None}
        where = region or self.region
        call = (service, operation, key, where, repr(sorted(given.items())))
        with self._lock:
            self.asked.add(action(service, operation))
            known = self._answers.get(call)
            mine: Future[Any] | None = None
            if known is None:
                known = mine = self._answers[call] = Future()
        if mine is not None:
            try:
                mine.set_result(self._heard(service, operation, key, where, given))
            except BaseException as error:  # noqa: BLE001  # it is raised below, in this thread and in all that wait
                mine.set_exception(error)
        return self._judged(known.result, service, operation, missing, where)

    def _judged(
        self, result: Callable[[], Any], service: str, operation: str, missing: Collection[str], region: str
    ) -> Any:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            CredentialRetrievalError,
            HTTPClientError,
            NoCredentialsError,
            PartialCredentialsError,
            ProfileNotFound,
            SSOError,
            TokenRetrievalError,
        )
        from botocore.exceptions import ConnectionError as UnconnectedError

        try:
            return result()
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in missing:
                return None
            if error.operation_name in _LOGIN:
                raise UnaskedError(f"AWS gives no credentials: {_text(error)}") from None
            raise self._unasked(service, operation, code, region, error) from None
        except (NoCredentialsError, PartialCredentialsError):
            raise UnaskedError("no AWS credentials were found: log in, or set AWS_PROFILE") from None
        except (CredentialRetrievalError, SSOError, TokenRetrievalError) as error:
            raise UnaskedError(
                f"there are no AWS credentials: {_text(error)}: log in again, by `aws sso login` or as you do"
            ) from None
        except ProfileNotFound as error:
            raise UnaskedError(
                f"{error}: set AWS_PROFILE to one that there is, or leave --profile out"
            ) from None
        except (UnconnectedError, HTTPClientError) as error:
            raise UnaskedError(
                f"{_service(service)} in {region} cannot be reached: {_hosts(_text(error))}"
            ) from None
        # A ValueError is what botocore says of an AWS_ENDPOINT_URL that is no address.
        except (BotoCoreError, ValueError) as error:
            raise UnaskedError(f"{_service(service)} in {region} cannot be asked: {_text(error)}") from None

    def _unasked(
        self, service: str, operation: str, code: str, region: str, error: Exception
    ) -> UnaskedError:
        if code in _DENIED:
            needed = action(service, operation)
            denied = _DENIER.search(str(error))
            if denied is not None:
                by = denied[1] or f"a {denied[2]}"
                return UnaskedError(f"{needed} is denied by {by}: ask whoever keeps that", needed)
            return UnaskedError(f"the permission {needed} is missing", needed)
        if code in _CREDENTIALS:
            return UnaskedError(f"AWS takes these credentials no more ({code}): log in again")
        if code in _UNKNOWN:
            return UnaskedError(
                f"{_service(service)} in {region} does not take these credentials ({code}): log in again, unless "
                f"{region} is not enabled for the account"
            )
        return UnaskedError(f"{_service(service)} answers {operation} with {_text(error)}")

    def _heard(self, service: str, operation: str, key: str, region: str, given: Mapping[str, Any]) -> Any:
        """Asks; but nobody who has never answered twice, since each time takes as long as a network may be quiet."""
        from botocore.exceptions import ClientError, HTTPClientError
        from botocore.exceptions import ConnectionError as UnconnectedError

        where = (service, region)
        with self._lock:
            if where not in self._answering:
                # Where nothing has answered at all there is no network.
                silent = self._silent.get(where) or (
                    None if self._answering else next(iter(self._silent.values()), None)
                )
                if silent is not None:
                    raise silent
        try:
            found = self._call(service, operation, key, region, given)
        except (UnconnectedError, HTTPClientError) as error:
            with self._lock:
                self._silent.setdefault(where, error)
            raise
        except ClientError:
            self._answering.add(where)
            raise
        self._answering.add(where)
        return found

    def _call(self, service: str, operation: str, key: str, region: str, given: Mapping[str, Any]) -> Any:
        client = self.client(service, region)
        if not key:
            return getattr(client, operation)(**given)
        if not client.can_paginate(operation):
            return list(getattr(client, operation)(**given).get(key) or ())
        pages = client.get_paginator(operation).paginate(**given)
        return [item for page in pages for item in page.get(key) or ()]

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of boto3, made once: making one is what boto3 cannot do in several threads."""
        where = region or self.region
        with self._lock:
            made = self._clients.get((service, where))
            if made is None:
                made = self._clients[service, where] = self._made(service, where)
            return made

    def _made(self, service: str, region: str) -> Any:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, CredentialRetrievalError, NoCredentialsError

        if self._no_credentials is not None:
            raise self._no_credentials
        if self._session is None:
            self._session = boto3.Session(region_name=region, profile_name=self.profile)
            try:
                self._has_credentials = credentials_of(self._session) is not None
            except BotoCoreError as error:
                self._no_credentials = error
                raise
            except (OSError, ValueError) as error:
                # Of a credential_process that is not there, or says no JSON.
                self._no_credentials = CredentialRetrievalError(provider="the profile", error_msg=error)
                raise self._no_credentials from None
        if not self._has_credentials:
            raise NoCredentialsError
        patience = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            max_pool_connections=_CONNECTIONS,
        )
        return self._session.client(service, region_name=region, config=patience)


def credentials_of(session: Any) -> Any:
    """The credentials of a session of boto3, or None; the search ends with the metadata of an EC2 instance.

    Where nothing is found boto3 would search anew for each service, and wait each time.
    """
    return session.get_credentials()


def _service(name: str) -> str:
    return {
        "service-quotas": "Service Quotas",
        "elbv2": "ELB",
        "elb": "ELB",
        "fsx": "FSx",
        "logs": "CloudWatch Logs",
    }.get(name, name.upper())


def _text(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _hosts(text: str) -> str:
    """Of each URL its host: that is what is out of reach, whatever was asked of it."""
    return re.sub(r"(https?://[^/\s\"]+)[^\s\"]*", r"\1", text)
