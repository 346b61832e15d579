"""What every environment has, and what production has more."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from chaingraph.postgres import service_role
from chaingraph.postgres.database import SESSIONS
from chaingraph.postgres.migrate import migrations
from chaingraph.settings import Settings
from functions.relay.main import DATABASE_SESSIONS as RELAY_SESSIONS
from functions.route_table import ANSWERED_ROUTES, HTTP_ROUTES, WEBSOCKET_ROUTES
from infra.aws.data_stack import DataStack
from infra.aws.environments import DEV
from infra.aws.migrations import APPLIED
from infra.aws.sweeping import REPORTED
from infra.local.workflow.service import REPORTED as REPORTED_LOCALLY
from tests.infra.conftest import Synthesized
from tests.infra.synthesis import Synthesis, of_type, properties, text_of

FUNCTION = "AWS::Lambda::Function"
LOCAL_ONLY_HOSTS = ("127.0.0.1", "localhost")
SECRET = re.compile(r"password|secret(?!s?_?arn)|token|key(?!s_url)", re.IGNORECASE)


def functions(synthesis: Synthesis) -> dict[str, dict[str, Any]]:
    found = properties(synthesis.service_template, FUNCTION)
    return {each["Handler"].split(".")[1]: each for each in found}


def environment_of(function: dict[str, Any]) -> dict[str, str]:
    return {name: text_of(value) for name, value in function["Environment"]["Variables"].items()}


def container(synthesis: Synthesis) -> dict[str, Any]:
    (task,) = properties(synthesis.service_template, "AWS::ECS::TaskDefinition")
    return task["ContainerDefinitions"][0]


def container_environment(synthesis: Synthesis) -> dict[str, str]:
    return {each["Name"]: text_of(each["Value"]) for each in container(synthesis)["Environment"]}


def test_every_unit_is_deployed_for_the_same_processor_and_python(synthesis: Synthesis) -> None:
    found = functions(synthesis)

    assert set(found) == {
        "control",
        "subscription",
        "await_signal",
        "run_flow",
        "record_failure",
        "sweep",
        "migrate_database",
    }
    assert {(each["Runtime"], *each["Architectures"]) for each in found.values()} == {("python3.13", "arm64")}
    assert len({str(each["Code"]) for each in found.values()}) == 1
    assert len({str(each["Layers"]) for each in found.values()}) == 1


def test_functions_understand_the_settings_they_get(synthesis: Synthesis) -> None:
    for function in functions(synthesis).values():
        given = environment_of(function)

        Settings.from_environment(given)
        assert {name for name in given if name.lower() not in Settings.model_fields} == set()


def test_the_relay_understands_the_settings_it_gets(synthesis: Synthesis) -> None:
    given = container_environment(synthesis)

    assert Settings.from_environment(given).relay_health_port == 8080
    assert {name for name in given if name.lower() not in Settings.model_fields} == set()


def test_no_environment_holds_a_secret(synthesis: Synthesis) -> None:
    for given in (*map(environment_of, functions(synthesis).values()), container_environment(synthesis)):
        assert not [name for name in given if SECRET.search(name) and name != "SECRETS_PREFIX"]
        assert "{{resolve:" not in str(given)
        assert re.match(r"postgresql://[a-z_]+@", given["DATABASE_URL"])


def test_the_database_is_reached_with_a_verified_certificate(synthesis: Synthesis) -> None:
    for given in (*map(environment_of, functions(synthesis).values()), container_environment(synthesis)):
        assert "sslmode=verify-full" in given["DATABASE_URL"]
        assert "sslrootcert=/" in given["DATABASE_URL"]


def test_the_database_accepts_nothing_without_encryption(synthesis: Synthesis) -> None:
    groups = [
        *properties(synthesis.data_template, "AWS::RDS::DBParameterGroup"),
        *properties(synthesis.data_template, "AWS::RDS::DBClusterParameterGroup"),
    ]

    assert {group["Parameters"]["rds.force_ssl"] for group in groups} == {"1"}
    assert all(proxy["RequireTLS"] for proxy in properties(synthesis.data_template, "AWS::RDS::DBProxy"))


def test_only_the_migrations_know_where_the_password_is(synthesis: Synthesis) -> None:
    knowing = [
        name for name, each in functions(synthesis).items() if "DATABASE_SECRET_ARN" in environment_of(each)
    ]

    assert knowing == ["migrate_database"]


def test_the_password_is_made_and_rotated_by_the_database_service(synthesis: Synthesis) -> None:
    servers = [
        *properties(synthesis.data_template, "AWS::RDS::DBCluster"),
        *(
            each
            for each in properties(synthesis.data_template, "AWS::RDS::DBInstance")
            if "DBClusterIdentifier" not in each
        ),
    ]

    assert [each["ManageMasterUserPassword"] for each in servers] == [True]
    assert not any("MasterUserPassword" in each for each in servers)


def test_nobody_comes_in_from_outside(synthesis: Synthesis) -> None:
    rules = [
        *properties(synthesis.data_template, "AWS::EC2::SecurityGroupIngress"),
        *(
            rule
            for group in properties(synthesis.data_template, "AWS::EC2::SecurityGroup")
            for rule in group.get("SecurityGroupIngress", [])
        ),
    ]

    assert {rule.get("CidrIp", "a group") for rule in rules} <= {"a group", "10.0.0.0/16"}
    assert not any("CidrIpv6" in rule for rule in rules)
    assert not properties(synthesis.service_template, "AWS::EC2::SecurityGroup")


def test_everything_that_logs_has_a_group_that_forgets(synthesis: Synthesis) -> None:
    groups = [
        each for template in synthesis.templates for each in properties(template, "AWS::Logs::LogGroup")
    ]
    logging = [each["LoggingConfig"].get("LogGroup") for each in functions(synthesis).values()]

    assert {each.get("RetentionInDays") for each in groups} == {synthesis.environment.log_days}
    assert all(logging)


def test_functions_are_switched_after_the_migrations(synthesis: Synthesis) -> None:
    ((migrations, _),) = of_type(synthesis.service_template, "Custom::Migrations")
    for _, function in of_type(synthesis.service_template, FUNCTION):
        unit = function["Properties"]["Handler"].split(".")[1]

        assert (migrations in function["DependsOn"]) == (unit != "migrate_database")
    ((_, relay),) = of_type(synthesis.service_template, "AWS::ECS::Service")
    assert migrations in relay["DependsOn"]


def test_a_deployment_that_changes_a_grant_applies_it() -> None:
    """CloudFormation calls the migrations for what this digest is of."""
    assert Path(service_role.__file__) in APPLIED
    assert [path.name for path in APPLIED if path.suffix == ".sql"] == [each.name for each in migrations()]


def test_migrations_read_the_password_of_a_restored_database() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-restored"
    restored = replace(DEV, administrator_secret=arn)

    assert DataStack(App(), "restored", restored).database.administrator_arn == arn


def test_functions_that_go_to_the_database_directly_leave_it_sessions(synthesized: Synthesized) -> None:
    """Every slice at once, and two relays while one takes over from the other."""
    synthesis = synthesized("dev")
    settings = Settings.from_environment(environment_of(functions(synthesis)["run_flow"]))
    relays = 2 * (RELAY_SESSIONS + 1)

    assert not settings.database_is_pooled
    assert settings.queue_concurrency * SESSIONS + relays <= 0.8 * synthesis.environment.database.sessions


def test_the_http_api_has_the_routes_of_the_table(synthesis: Synthesis) -> None:
    keys = {route["RouteKey"] for route in properties(synthesis.service_template, "AWS::ApiGatewayV2::Route")}

    assert {route.key for route in HTTP_ROUTES} == keys - set(WEBSOCKET_ROUTES)


def test_the_websocket_api_answers_only_on_routes_where_everything_has_an_answer(
    synthesis: Synthesis,
) -> None:
    template = synthesis.service_template
    routes = {
        resource["Properties"]["RouteKey"]: logical_id
        for logical_id, resource in of_type(template, "AWS::ApiGatewayV2::Route")
    }
    answered = {
        response["RouteId"]["Ref"] for response in properties(template, "AWS::ApiGatewayV2::RouteResponse")
    }

    assert set(WEBSOCKET_ROUTES) <= set(routes)
    assert answered == {routes[key] for key in ANSWERED_ROUTES}


def test_both_apis_throttle_and_log_without_the_query(synthesis: Synthesis) -> None:
    stages = properties(synthesis.service_template, "AWS::ApiGatewayV2::Stage")

    assert len(stages) == 2
    for stage in stages:
        settings = stage["DefaultRouteSettings"]
        assert settings["ThrottlingRateLimit"] == synthesis.environment.throttle.rate
        assert settings["ThrottlingBurstLimit"] == synthesis.environment.throttle.burst
        assert "query" not in stage["AccessLogSettings"]["Format"].lower()
        assert "path" not in stage["AccessLogSettings"]["Format"].lower()


def test_the_sweep_hears_of_the_ends_that_the_local_system_reports(synthesis: Synthesis) -> None:
    rules = properties(synthesis.service_template, "AWS::Events::Rule")
    (pattern,) = (rule["EventPattern"] for rule in rules if "EventPattern" in rule)

    assert set(pattern["detail"]["status"]) == set(REPORTED)
    assert set(REPORTED) == {*REPORTED_LOCALLY, "TIMED_OUT"}
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]


def test_the_sweep_runs_every_minute(synthesis: Synthesis) -> None:
    rules = properties(synthesis.service_template, "AWS::Events::Rule")

    assert [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule] == [
        "rate(1 minute)"
    ]


def test_what_the_sweep_was_not_told_is_kept(synthesis: Synthesis) -> None:
    targets = [
        target
        for rule in properties(synthesis.service_template, "AWS::Events::Rule")
        for target in rule["Targets"]
    ]

    assert all("DeadLetterConfig" in target for target in targets)


def test_a_relay_is_healthy_before_another_leaves(synthesis: Synthesis) -> None:
    (service,) = properties(synthesis.service_template, "AWS::ECS::Service")
    deployment = service["DeploymentConfiguration"]

    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert container(synthesis)["HealthCheck"]["Command"][:4] == [
        "CMD",
        "python",
        "-m",
        "functions.relay.check",
    ]


def test_a_relay_has_time_to_hand_over(synthesis: Synthesis) -> None:
    """It ends within three stages of 15 seconds; Fargate allows no more than 120."""
    assert 45 < container(synthesis)["StopTimeout"] <= 120


def test_every_resource_says_whose_cost_it_is(synthesis: Synthesis) -> None:
    for function in functions(synthesis).values():
        tags = {tag["Key"]: tag["Value"] for tag in function["Tags"]}

        assert tags == {"application": "chaingraph", "environment": synthesis.environment.name}


def test_development_has_no_nat_gateway_and_no_proxy(synthesized: Synthesized) -> None:
    types = {resource["Type"] for resource in synthesized("dev").data_template["Resources"].values()}

    assert not types & {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::RDS::DBProxy"}


def test_the_way_out_of_development_is_installed_whatever_comes_between(synthesized: Synthesized) -> None:
    """On a machine of half a GiB, installing may be killed, or lose its files to another installation."""
    (machine,) = properties(synthesized("dev").data_template, "AWS::EC2::Instance")
    commands = machine["UserData"]["Fn::Base64"].splitlines()

    installing = commands.index("until yum install iptables-services -y; do sleep 5; done")
    assert "swapon /swap" in commands[:installing]
    assert any("MASQUERADE" in command for command in commands[installing:])


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_functions_reach_the_database_through_the_proxy_and_the_relay_does_not(
    name: str, synthesized: Synthesized
) -> None:
    synthesis = synthesized(name)
    control = environment_of(functions(synthesis)["control"])

    assert "Proxy" in control["DATABASE_URL"]
    assert control["DATABASE_IS_POOLED"] == "true"
    assert "Proxy" not in container_environment(synthesis)["DATABASE_URL"]
    assert "Proxy" not in environment_of(functions(synthesis)["migrate_database"])["DATABASE_URL"]


def test_the_proxy_keeps_no_password(synthesized: Synthesized) -> None:
    (proxy,) = properties(synthesized("prod").data_template, "AWS::RDS::DBProxy")

    assert proxy["DefaultAuthScheme"] == "IAM_AUTH"
    assert not proxy.get("Auth")


def test_the_proxy_leaves_sessions_to_those_who_pass_it_by(synthesized: Synthesized) -> None:
    (target,) = properties(synthesized("prod").data_template, "AWS::RDS::DBProxyTargetGroup")

    assert target["ConnectionPoolConfigurationInfo"]["MaxConnectionsPercent"] == 90


def test_production_cannot_be_deleted_and_can_be_restored(synthesized: Synthesized) -> None:
    template = synthesized("prod").data_template
    ((_, cluster),) = of_type(template, "AWS::RDS::DBCluster")
    ((_, pool),) = of_type(template, "AWS::Cognito::UserPool")

    assert cluster["Properties"]["DeletionProtection"] is True
    assert cluster["Properties"]["BackupRetentionPeriod"] == 35
    assert cluster["DeletionPolicy"] == "Retain"
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert pool["DeletionPolicy"] == "Retain"


def test_production_has_a_second_database_in_another_zone(synthesized: Synthesized) -> None:
    assert len(properties(synthesized("prod").data_template, "AWS::RDS::DBInstance")) == 2


def test_the_second_database_is_as_large_as_the_first_when_it_takes_over(synthesized: Synthesized) -> None:
    """Aurora scales readers of the tiers 0 and 1 with their writer, others by what is read there."""
    tiers = [
        each["PromotionTier"]
        for each in properties(synthesized("prod").data_template, "AWS::RDS::DBInstance")
    ]

    assert sorted(tiers) == [0, 1]


def test_logs_of_production_are_kept_unless_their_first_deployment_fails(synthesized: Synthesized) -> None:
    """Their names are fixed: what a failed deployment left would keep the next one from making them."""
    synthesis = synthesized("prod")
    groups = [
        resource["DeletionPolicy"]
        for template in synthesis.templates
        for _, resource in of_type(template, "AWS::Logs::LogGroup")
    ]

    assert set(groups) == {"RetainExceptOnCreate"}


def test_nothing_is_measured_and_charged_for_each_route(synthesis: Synthesis) -> None:
    """Alarms and dashboard look at stages."""
    for stage in properties(synthesis.service_template, "AWS::ApiGatewayV2::Stage"):
        assert not stage["DefaultRouteSettings"].get("DetailedMetricsEnabled")


def test_production_encrypts_with_a_key_of_its_own(synthesized: Synthesized) -> None:
    synthesis = synthesized("prod")
    (cluster,) = properties(synthesis.data_template, "AWS::RDS::DBCluster")
    kept = [
        *(each["KmsKeyId"] for each in synthesis_groups(synthesis)),
        cluster["KmsKeyId"],
        cluster["MasterUserSecret"]["KmsKeyId"],
        *(each["KmsMasterKeyId"] for each in properties(synthesis.service_template, "AWS::SQS::Queue")),
        *(each["KmsMasterKeyId"] for each in properties(synthesis.service_template, "AWS::SNS::Topic")),
    ]

    assert all("Key961B73FD" in text_of(key) for key in kept)


def test_the_key_serves_alarms_and_events_without_asking_events_for_whom(synthesized: Synthesized) -> None:
    """EventBridge tells the key no account: what asks for one would keep everything out of the queue."""
    (key,) = properties(synthesized("prod").data_template, "AWS::KMS::Key")
    conditions = {
        each["Principal"]["Service"]: set(each.get("Condition", {}).get("StringEquals", {}))
        for each in key["KeyPolicy"]["Statement"]
        if isinstance(each["Principal"].get("Service"), str)
    }

    assert conditions == {"cloudwatch.amazonaws.com": {"aws:SourceAccount"}, "events.amazonaws.com": set()}


def synthesis_groups(synthesis: Synthesis) -> list[dict[str, Any]]:
    return [each for template in synthesis.templates for each in properties(template, "AWS::Logs::LogGroup")]


def test_what_is_stored_is_encrypted(synthesis: Synthesis) -> None:
    for resource_type in ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance"):
        for server in properties(synthesis.data_template, resource_type):
            assert server.get("StorageEncrypted") or "DBClusterIdentifier" in server
