"""What an environment may choose: the issuer of its users, tracing, a firewall, a hosted console."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.aws.environments import DEV, ENVIRONMENTS, ExternalIssuer, Tracing
from tests.infra.conftest import Synthesized
from tests.infra.synthesis import Synthesis, properties, stand_in_bundles, synthesize
from tests.infra.test_permissions import UNITS, role_of, statements_of
from tests.infra.test_templates import environment_of, functions

ISSUER = ExternalIssuer(
    issuer="https://id.example.com", audience="flows", jwks_url="https://id.example.com/keys"
)
TRACED = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


@pytest.fixture(scope="module")
def other_synthesis(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """Of an environment that has chosen otherwise than all of ours."""
    folder = tmp_path_factory.mktemp("other")
    environment = replace(DEV, name="other", identity=ISSUER, tracing=Tracing.OF_OUR_CODE)
    return synthesize(environment, stand_in_bundles(folder / "bundles"), folder / "synthesis")


def test_an_issuer_that_exists_already_takes_the_place_of_the_pool(other_synthesis: Synthesis) -> None:
    given = environment_of(functions(other_synthesis)["control"])

    assert not properties(other_synthesis.data_template, "AWS::Cognito::UserPool")
    assert (given["OIDC_ISSUER"], given["OIDC_AUDIENCE"]) == (ISSUER.issuer, ISSUER.audience)
    assert given["JWKS_URL"] == ISSUER.jwks_url


def test_a_pool_of_ours_is_the_issuer_elsewhere(synthesis: Synthesis) -> None:
    given = environment_of(functions(synthesis)["subscription"])

    assert given["OIDC_ISSUER"].startswith("https://cognito-idp.")
    assert given["JWKS_URL"] == f"{given['OIDC_ISSUER']}/.well-known/jwks.json"


def test_our_code_is_traced_only_where_that_was_chosen(
    other_synthesis: Synthesis, synthesized: Synthesized
) -> None:
    assert environment_of(functions(other_synthesis)["run_flow"])["TRACING"] == "true"
    for name in ENVIRONMENTS:
        assert environment_of(functions(synthesized(name))["run_flow"])["TRACING"] == "false"


def test_every_function_may_write_its_segments(synthesis: Synthesis) -> None:
    for unit in UNITS:
        allowed = {
            action
            for statement in statements_of(role_of(unit, synthesis), synthesis)
            for action in statement["Action"]
        }

        assert allowed >= TRACED


def test_a_firewall_guards_the_sign_in_where_that_was_chosen(synthesized: Synthesized) -> None:
    rules = {
        name: properties(synthesized(name).service_template, "AWS::WAFv2::WebACL") for name in ENVIRONMENTS
    }
    associated = properties(synthesized("prod").service_template, "AWS::WAFv2::WebACLAssociation")

    assert {name: len(found) for name, found in rules.items()} == {"dev": 0, "staging": 0, "prod": 1}
    assert len(associated) == 1


def test_the_pages_of_the_console_are_read_through_its_distribution_only(synthesized: Synthesized) -> None:
    template = synthesized("prod").service_template
    (bucket,) = properties(template, "AWS::S3::Bucket")
    (distribution,) = properties(template, "AWS::CloudFront::Distribution")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    behavior = distribution["DistributionConfig"]["DefaultCacheBehavior"]
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert not properties(synthesized("dev").service_template, "AWS::CloudFront::Distribution")


def tags(synthesis: Synthesis) -> Iterator[tuple[str, dict[str, str]]]:
    for template in synthesis.templates:
        for resource in template["Resources"].values():
            given: Any = resource.get("Properties", {}).get("Tags")
            if given is not None:
                yield resource["Type"], _by_key(given)


def _by_key(given: list[dict[str, str]] | dict[str, str]) -> dict[str, str]:
    """Services differ in how they take tags."""
    return given if isinstance(given, dict) else {tag["Key"]: tag["Value"] for tag in given}


def test_every_cost_says_whose_it_is(synthesis: Synthesis) -> None:
    found = list(tags(synthesis))
    wanted = {"application": "chaingraph", "environment": synthesis.environment.name}

    assert [kind for kind, given in found if not wanted.items() <= given.items()] == []
    assert {kind for kind, _ in found} >= {
        "AWS::ApiGatewayV2::Api",
        "AWS::EC2::VPC",
        "AWS::ECS::Service",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::RDS::DBInstance",
        "AWS::StepFunctions::StateMachine",
    }
