"""Whatever fits the API's description, or nearly fits, is answered without an internal error."""

import contextlib
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

EXAMPLES = 5
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
BEARER = {"authorization": "Bearer t0ken"}


@pytest.fixture(scope="module")
def address(shared):
    """A guarded appliance with photos, reached with the token."""
    appliance = shared.guarded()
    for name in ("one", "two"):
        appliance.shoot(name)
    return appliance.server.address


@pytest.fixture(scope="module")
def api(address):
    """The API as the running server describes it."""
    return schemathesis.openapi.from_url(f"{address}/api/openapi.json", headers=BEARER)


def test_no_request_is_answered_with_an_internal_error(api):
    operations = [result.ok() for result in api.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _try(operation, mode)


def _try(operation, mode):
    @given(operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def answered(case):
        response = case.call(headers=BEARER)
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400 and response.content:
            assert " " in response.json()["error"]

    # An operation that takes nothing can be asked nothing wrong.
    with contextlib.suppress(Unsatisfiable, SkipTest):
        answered()


def test_every_operation_and_field_is_described(shared):
    appliance = shared.make()
    spec = shared.browse(appliance).get("/api/openapi.json").json()
    for path, methods in spec["paths"].items():
        for method, facts in methods.items():
            assert facts["description"], (method, path)
            for parameter in facts.get("parameters", []):
                assert parameter.get("description"), (method, path, parameter["name"])
