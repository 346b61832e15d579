"""The workflow: the one definition file, with the functions' ARNs filled in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.aws.environments import Environment
from infra.aws.log_groups import LogGroups

DEFINITION: Final = Path(__file__).parents[1] / "workflow.asl.json"
TASKS: Final = ("await_signal", "run_flow", "record_failure")


class Workflow(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        functions: Mapping[str, lambda_.Function],
        log_groups: LogGroups,
    ) -> None:
        super().__init__(scope, construct_id)
        arns = {task: functions[task].function_arn for task in TASKS}
        self.state_machine = stepfunctions.StateMachine(
            self,
            "StateMachine",
            state_machine_name=environment.prefix,
            state_machine_type=stepfunctions.StateMachineType.STANDARD,
            definition_body=stepfunctions.DefinitionBody.from_string(DEFINITION.read_text(encoding="utf-8")),
            definition_substitutions=arns,
            tracing_enabled=True,
            logs=self._logs(log_groups),
        )
        self.state_machine.add_to_role_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=list(arns.values()))
        )

    def _logs(self, log_groups: LogGroups) -> stepfunctions.LogOptions:
        return stepfunctions.LogOptions(
            destination=log_groups.make(self, "Logs", "workflow"),
            level=stepfunctions.LogLevel.ERROR,
            include_execution_data=False,
        )
