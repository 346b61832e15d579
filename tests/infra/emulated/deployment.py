"""What `cdk deploy` does: upload the assets, deploy the stacks, in their order."""

import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.aws.names import STAGE
from tests.infra.emulated.emulator import ACCOUNT, REGION, Emulator

BUCKET: Final = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
DEPLOY_SECONDS: Final = 180.0
POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Deployed:
    outputs: Mapping[str, str]
    emulator: Emulator

    @property
    def connections_endpoint(self) -> str:
        return f"{self._below('WebSocketUrl')}/{STAGE}"

    @property
    def websocket_url(self) -> str:
        return self.connections_endpoint.replace("http://", "ws://")

    @property
    def http_url(self) -> str:
        return f"{self._below('HttpUrl')}/$default"

    def _below(self, output: str) -> str:
        """The emulator serves every API below its one address, by its id."""
        api_id = self.outputs[output].split("//")[1].partition(".")[0]
        return f"{self.emulator.url}/_aws/execute-api/{api_id}"


def upload(assembly: Path, emulator: Emulator) -> None:
    """The files that the manifests of the assembly list; templates are filtered first, so not they."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for manifest in assembly.glob("*.assets.json"):
        for file in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
            if file["source"]["packaging"] == "zip":
                (destination,) = file["destinations"].values()
                folder = assembly / file["source"]["path"]
                s3.put_object(Bucket=BUCKET, Key=destination["objectKey"], Body=_zipped(folder))


def deploy(name: str, template: Mapping[str, Any], emulator: Emulator) -> Mapping[str, str]:
    """The stack's outputs."""
    cloudformation = emulator.client("cloudformation")
    body = json.dumps(template)
    emulator.client("s3").put_object(Bucket=BUCKET, Key=f"{name}.json", Body=body)
    address = f"{emulator.url}/{BUCKET}/{name}.json"
    cloudformation.create_stack(StackName=name, TemplateURL=address, Capabilities=["CAPABILITY_IAM"])
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (stack := _described(name, cloudformation))["StackStatus"] == "CREATE_IN_PROGRESS":
        assert time.monotonic() < deadline, f"{name} is not ready"
        time.sleep(POLL_SECONDS)  # a stack is asked whether it is ready
    assert stack["StackStatus"] == "CREATE_COMPLETE", _reasons(name, cloudformation)
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _described(name: str, cloudformation: Any) -> Any:
    return cloudformation.describe_stacks(StackName=name)["Stacks"][0]


def _reasons(name: str, cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
    return "\n".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return packed.getvalue()
