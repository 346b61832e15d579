"""What reviewers shall see change: the permissions, the workflow, what must never be replaced.

`python -m tests.infra.snapshots` writes the files anew.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from infra.aws.environments import ENVIRONMENTS
from tests.infra.synthesis import Synthesis, of_type, stand_in_bundles, synthesize

FOLDER: Final = Path(__file__).parent / "snapshots"
# What holds something that no deployment can bring back.
STATEFUL: Final = (
    "AWS::Cognito::UserPool",
    "AWS::KMS::Key",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
)
# A change of one of these makes CloudFormation build a new resource beside the old one.
REPLACING: Final = (
    "DBClusterIdentifier",
    "DBInstanceIdentifier",
    "DBName",
    "DBSubnetGroupName",
    "DatabaseName",
    "Engine",
    "KmsKeyId",
    "MasterUsername",
    "StorageEncrypted",
    "UsernameAttributes",
)


def permissions(synthesis: Synthesis) -> dict[str, Any]:
    """Every role: who takes it, and every statement of its policies."""
    template = synthesis.service_template
    roles = {
        logical_id: {
            "assumed_by": role["Properties"]["AssumeRolePolicyDocument"]["Statement"],
            "statements": [
                statement
                for policy in role["Properties"].get("Policies", [])
                for statement in policy["PolicyDocument"]["Statement"]
            ],
            "managed": role["Properties"].get("ManagedPolicyArns", []),
        }
        for logical_id, role in of_type(template, "AWS::IAM::Role")
    }
    for _, policy in of_type(template, "AWS::IAM::Policy"):
        for role in policy["Properties"]["Roles"]:
            roles[role["Ref"]]["statements"] += policy["Properties"]["PolicyDocument"]["Statement"]
    return roles


def workflow(synthesis: Synthesis) -> dict[str, Any]:
    ((_, machine),) = of_type(synthesis.service_template, "AWS::StepFunctions::StateMachine")
    properties = machine["Properties"]
    return {
        "definition": json.loads(properties["DefinitionString"]),
        "substitutions": properties["DefinitionSubstitutions"],
        "type": properties["StateMachineType"],
    }


def stateful(synthesis: Synthesis) -> dict[str, Any]:
    return {
        logical_id: {
            "type": resource_type,
            "kept": resource.get("DeletionPolicy", "Delete"),
            "replaced_with": {
                name: resource["Properties"][name] for name in REPLACING if name in resource["Properties"]
            },
        }
        for template in synthesis.templates
        for resource_type in STATEFUL
        for logical_id, resource in of_type(template, resource_type)
    }


SNAPSHOTS: Final = {"permissions": permissions, "workflow": workflow, "stateful": stateful}


def snapshot_path(kind: str, environment: str) -> Path:
    return FOLDER / f"{environment}-{kind}.json"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundles = stand_in_bundles(folder / "bundles")
        for environment in ENVIRONMENTS.values():
            synthesis = synthesize(environment, bundles, folder / environment.name)
            for kind, taken in SNAPSHOTS.items():
                text = json.dumps(taken(synthesis), indent=2, sort_keys=True)
                snapshot_path(kind, environment.name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
