"""Spec/openapi.yaml is true: schemathesis (all checks) asks the real server everything that the document allows and forbids.

A schema cannot know which secrets there are. So of every case the parts that are meant to be right are made right: a secret
is created for it, claimed where the call needs that, and its ID, token and key are put in. What a case gets wrong on purpose
stays wrong.
"""

import http.client
import json
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from raw import SECRETS, Tokens
from schemathesis.core import NotSet
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import IgnoredAuth, MissingHeaderNotRejected, RejectedPositiveData
from server import ROOT, Server

DOCUMENT = ROOT / "Spec/openapi.yaml"
EXAMPLES = 25  # of each operation, besides the boundaries that schemathesis derives from the schema
ENVELOPE = b"KLNK" + bytes(1020)

schema = schemathesis.openapi.from_path(DOCUMENT)
seen: dict[str, set[int]] = defaultdict(set)


@schema.hook
def filter_failure(context: schemathesis.HookContext, failure: Failure, case: schemathesis.Case, response: Response) -> bool:
    """No check is left out. Two answers are taken that checks do not expect, where no schema can say it:

    Without a token, or with a wrong one, a call about a secret is answered 404 and not 401, as for an ID that never was. That is
    the API's promise (Nothing for the ID alone). And whether a range lies within an envelope depends on the envelope.
    """
    match failure:
        case MissingHeaderNotRejected():
            return not (failure.header_name == "Authorization" and response.status_code == 404)
        case IgnoredAuth():
            return "got `404 Not Found`" not in failure.message
        case RejectedPositiveData() if response.status_code == 416:
            start = re.fullmatch(r"bytes=(\d+)-\d*", case.headers["Range"])
            return start is None or int(start[1]) < len(ENVELOPE)
    return True


class API:
    """The server, and what its people know that no schema tells."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def call(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
        status, _, octets = self.ask(method, path, headers, body)
        assert 200 <= status < 300, (method, status, octets)
        return octets

    def create(self) -> Tokens:
        tokens = Tokens()
        headers = {"Content-Type": "application/octet-stream", **tokens.verifiers}
        tokens.id = json.loads(self.call("POST", SECRETS, headers, ENVELOPE))["id"]
        return tokens

    def claim(self, tokens: Tokens, key: str) -> None:
        self.call("POST", f"{SECRETS}/{tokens.id}/claim", {**tokens.claiming, "Idempotency-Key": key})


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[API]:
    # The document's own bounds, which a server may narrow.
    with Server(tmp_path_factory.mktemp("openapi"), "--max-ttl", "36525d") as server:
        yield API(server)


def is_meant_to_be_right(case: schemathesis.Case, location: ParameterLocation) -> bool:
    component = case.meta.components.get(location)
    return component is None or component.mode.is_positive


def make_real(case: schemathesis.Case, api: API) -> dict[str, str]:
    """Puts in what exists; the headers that show that the caller may."""
    is_header_right = is_meant_to_be_right(case, ParameterLocation.HEADER)
    if case.operation.path == SECRETS:
        if is_header_right:
            case.headers.update(Tokens().verifiers)
        if is_meant_to_be_right(case, ParameterLocation.BODY) and not isinstance(case.body, NotSet):
            # A schema can say how long an envelope is, but not how it begins.
            octets = case.body if isinstance(case.body, bytes) else str(case.body).encode()
            case.body = ENVELOPE[:4] + octets[4:]
        return {}
    schemes = [name for one in case.operation.definition.raw.get("security", []) for name in one]
    if not schemes:
        return {}
    tokens = api.create()
    if is_meant_to_be_right(case, ParameterLocation.PATH):
        case.path_parameters["id"] = tokens.id
    if case.operation.path.endswith("/claim") and case.method in ("GET", "DELETE") and is_header_right:
        api.claim(tokens, case.headers["Idempotency-Key"])
    return {"Authorization": tokens.bearer(schemes[0])}


def test_the_document_is_one() -> None:
    OpenAPIV31SpecValidator(yaml.safe_load(DOCUMENT.read_text())).validate()


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_server_is_as_documented(case: schemathesis.Case, api: API) -> None:
    headers = make_real(case, api)
    response = case.call(base_url=api.server.base, headers=headers)
    seen[case.operation.label].add(response.status_code)
    case.validate_response(response)


def test_every_success_was_seen() -> None:
    """Comes after the cases: each operation really did what it is for."""
    for operation in schema.get_all_operations():
        documented = {int(status) for status in operation.ok().definition.raw["responses"] if status.startswith("2")}
        assert documented <= seen[operation.ok().label], operation.ok().label


def test_every_path_tells_its_methods_and_lets_browsers_call(api: API) -> None:
    for path, item in schema.raw_schema["paths"].items():
        operations = {method.upper(): item[method] for method in ("get", "post", "delete") if method in item}
        wanted = {*operations, "OPTIONS"} | ({"HEAD"} if "GET" in operations else set())
        status, headers, body = api.ask("OPTIONS", path, {"Origin": "https://example.org"})
        assert (status, body) == (204, b""), path
        assert set(headers["Allow"].split(", ")) == set(headers["Access-Control-Allow-Methods"].split(", ")) == wanted, path
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Access-Control-Max-Age"] == "86400"
        allowed = headers["Access-Control-Allow-Headers"].split(", ")
        for operation in (schema[path][method] for method in operations):
            assert {"Authorization", "Content-Type", *(one.name for one in operation.headers)} <= {*allowed}, path


def test_every_answer_can_be_read_by_browsers_and_runs_nowhere(api: API) -> None:
    """Refusals too: of every path without a token, and of a path that is none."""
    exposed = "Location, Retry-After, Content-Range, Accept-Ranges, Content-Length, WWW-Authenticate"
    for path in [*schema.raw_schema["paths"], "/api/v1/nothing"]:
        for method in ("GET", "POST", "PATCH", "OPTIONS"):
            _, headers, _ = api.ask(method, path, {"Origin": "https://example.org"})
            assert headers["Access-Control-Allow-Origin"] == "*", (method, path)
            assert headers["Access-Control-Expose-Headers"] == exposed
            assert headers["Access-Control-Allow-Credentials"] is None
            assert headers["Set-Cookie"] is None
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Security-Policy"].startswith(("default-src 'none'", "sandbox"))


def test_head_answers_as_get_does(api: API) -> None:
    for path, item in schema.raw_schema["paths"].items():
        if "get" not in item:
            continue
        tokens, headers = api.create(), {}
        if path.endswith("/claim"):
            api.claim(tokens, tokens.key)
            headers["Idempotency-Key"] = tokens.key
        for scheme in (name for one in item["get"].get("security", []) for name in one):
            headers["Authorization"] = tokens.bearer(scheme)
        for sent in (headers, {"Authorization": "Bearer none"}):
            status, fields, body = api.ask("GET", path.replace("{id}", tokens.id), sent)
            head = api.ask("HEAD", path.replace("{id}", tokens.id), sent)
            # The second may have changed between the two.
            expected, given = ({k: v for k, v in dict(one).items() if k.lower() != "date"} for one in (fields, head[1]))
            assert (head[0], given, head[2]) == (status, expected, b""), path
            assert int(fields["Content-Length"]) == len(body)
