"""A call of the AWS API as it comes over HTTP: which operation it is, its parameters, and how an answer of ours goes back.

What goes out is compared with botocore's model of the service first, as botocore's Stubber does, so that no test can rest on an
answer that AWS could never give.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel
from botocore.validate import validate_parameters
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

Answer: TypeAlias = "dict[str, Any]"
Environ: TypeAlias = "dict[str, Any]"

# Where the service in a signature has another name than in boto3.
_BOTO3_NAMES = {
    "elasticfilesystem": "efs",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "tagging": "resourcegroupstaggingapi",
}
# Two services with one name in signatures: the version of their APIs tells them apart.
_LOAD_BALANCERS = {"2012-06-01": "elb", "2015-12-01": "elbv2"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Args:
        service: boto3's name of it, `service-quotas`.
        operation: the API's name of it, `GetServiceQuota`.
        region: of the signature.
        parameters: by their names in the API.
    """

    service: str
    operation: str
    region: str
    parameters: Mapping[str, Any]
    protocol: str

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


class AwsError(ServiceException):
    """An error that a service answers with."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


def read_call(environ: Environ) -> Call | None:
    """The call of a request, whose body can be read again afterwards; None for what is no signed call."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
    if len(scope) != 5:  # https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
        return None
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    region = scope[2]
    service = _BOTO3_NAMES.get(scope[3], scope[3])
    if service == "elasticloadbalancing":
        service = _LOAD_BALANCERS[request.values["Version"]]
    model = get_service_model(service)
    target = request.headers.get("X-Amz-Target")
    url_parameters: Mapping[str, Any] = {}
    if target:
        name = target.rpartition(".")[2]
    elif "Action" in request.values:
        name = request.values["Action"]
    else:
        found, url_parameters = get_service_router(service).match(request)
        name = str(found.name)
    protocol = determine_request_protocol(model, request.content_type)
    parsed = PROTOCOL_PARSERS[protocol](model.operation_model(name)).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": dict(url_parameters),
        }
    )
    return Call(service, name, region, parsed or {}, protocol)


def written(call: Call, answer: Answer | AwsError) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body of an answer of ours."""
    if not isinstance(answer, AwsError):
        validate(call.service, call.operation, answer)
    operation = get_service_model(call.service).operation_model(call.operation)
    serialized = get_serializer_class(call.service, call.protocol)(operation).serialize(answer)
    status = serialized["status_code"]
    if isinstance(answer, AwsError) and answer.code in FORBIDDEN:
        status = 403
    body = serialized["body"]
    data = body.encode() if isinstance(body, str) else body
    headers = {str(name): str(value) for name, value in serialized["headers"].items()}
    headers["Content-Length"] = str(len(data))
    return str(status), list(headers.items()), data


# What every service may answer, whatever its model says:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#CommonErrors,
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
FORBIDDEN = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "ExpiredToken")
COMMON_ERROR_CODES.extend((*FORBIDDEN, "ExpiredTokenException", "RequestExpired"))


def denial(call: Call) -> AwsError:
    """What a service answers to who lacks the permission."""
    about = f"User: arn:aws:iam::123456789012:user/test is not authorized to perform: {call}"
    if call.service == "ec2":
        return AwsError("UnauthorizedOperation", f"You are not authorized to perform this operation. {about}")
    rest_or_json = call.protocol in ("json", "rest-json")
    return AwsError("AccessDeniedException" if rest_or_json else "AccessDenied", about)


def validate(service: str, operation: str, answer: Answer) -> None:
    """Compares an answer with botocore's model, as `botocore.stub.Stubber` does.

    Raises:
        ParamValidationError: AWS never gives such an answer.
    """
    shape = _model(service).operation_model(operation).output_shape
    if shape is not None:
        validate_parameters(answer, shape)
    elif answer:
        raise ValueError(f"{service} {operation} answers nothing")


_MODELS: dict[str, BotocoreModel] = {}


def _model(service: str) -> BotocoreModel:
    if service not in _MODELS:
        _MODELS[service] = BotocoreModel(Loader().load_service_model(service, "service-2"), service)
    return _MODELS[service]
