"""What differs by environment: one frozen model, read once at an entry point and passed on by argument."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class InvalidSetting(ValueError):
    """A setting is missing or has a value that cannot be used; the message names it."""


Count = Annotated[int, Field(ge=1)]
Milliseconds = Annotated[int, Field(ge=1)]
Seconds = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, Field(ge=1)]


class NodeSettings(BaseModel):
    """What nodes may reach. The environment variable of a setting is its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    http_node_allowed_hosts: str = ""
    """Hosts, `*.` domains, addresses and networks that nodes may reach although they are not public."""
    http_node_max_response_bytes: Bytes = 10_485_760
    language_model_endpoints: str = ""
    """Other addresses of providers: `openai=https://…,bedrock=https://…`."""
    secrets_file: str = ""
    """A JSON file with secrets by name."""
    secrets_prefix: str = ""
    """Names in Secrets Manager begin with it; empty: it is not asked."""
    secrets_endpoint: str = ""
    """Secrets Manager; empty: the region's own."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting that is set; raise `InvalidSetting` with the name of each bad one."""
        given = {name: environ[name.upper()] for name in cls.model_fields if name.upper() in environ}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise InvalidSetting(_reasons(error)) from None


class Settings(NodeSettings):
    """Every setting. An empty address: not used here."""

    database_url: Annotated[str, Field(min_length=1)]

    database_is_pooled: bool = False
    """Behind a pooler in transaction mode (RDS Proxy), where prepared statements pin a session."""
    database_iam_region: str = ""
    """Sign in to the database with tokens of this region's IAM; empty: as the URL says."""
    database_secret_arn: str = ""
    """Where Secrets Manager keeps the password of the URL's user; for the migrations."""
    database_service_role: str = ""
    """The migrations make this role and let it read and write; empty: the URL's user does everything."""

    workflow_endpoint: str = ""
    """The Step Functions endpoint; empty: the region's own."""
    state_machine_arn: str = ""
    connections_endpoint: str = ""
    """Where messages to WebSocket connections are posted (@connections), with the stage."""

    public_url: str = ""
    """Where those outside reach the HTTP API: URLs of callbacks begin with it."""

    oidc_issuer: str = ""
    oidc_audience: str = ""
    jwks_url: str = ""

    start_timeout_seconds: Seconds = 60
    """How long a created execution waits for its start."""
    claim_timeout_ms: Milliseconds = 30_000
    """A claim without a heartbeat is free after this."""
    command_poll_interval_ms: Milliseconds = 500
    """The longest that a command waits on an engine that commits nothing."""
    awake_ms: Milliseconds = 5_000
    """A run whose nodes all sleep for longer than this leaves the machine and costs nothing."""
    slice_margin_ms: Milliseconds = 30_000
    """A slice ends so long before its function's time is over, and another one goes on."""
    recovery_scan_interval_ms: Milliseconds = 30_000
    recovery_max_failure_count: Count = 5
    """So many dead slices without a new node result end an execution as failed."""
    event_retention_days: Count = 30
    """Events and results of executions that ended longer ago are deleted; their rows stay."""
    queue_concurrency: Count = 100
    """Executions that run at once; the others wait in line, first come first served, the owners in turn."""
    queue_concurrency_per_owner: Count = 100
    """The same, of one owner."""
    max_turns: Count = 1_000
    """After so many slices an execution goes on in a new run of the workflow, whose history is limited."""
    max_execution_depth: Count = 100
    max_children_per_parent: Count = 100

    max_concurrency: Annotated[int, Field(ge=1, le=1000)] = 50
    """Nodes of one execution at once, where its options do not say."""
    node_timeout_ms: Milliseconds = 3_600_000
    flow_timeout_ms: Milliseconds = 10_800_000

    message_target_bytes: Bytes = 32_768
    """Batches of events are cut at this size."""
    message_inline_bytes: Annotated[int, Field(ge=4096, le=126_976)] = 120_000
    """An event up to this size goes into a message as it is; in a larger one, values become references."""
    relay_name: str = ""
    """Who holds the relay's lease; a relay that starts again under its name need not wait for its end."""
    relay_lease_ms: Annotated[int, Field(ge=1000)] = 6_000
    """A relay that has died is replaced after this."""
    relay_health_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    """On the loopback address; 0: a free one."""
    relay_posts_per_second: Count = 2_000
    """Messages to connections; the account's quota is shared with all other calls of its APIs."""
    relay_closes_per_second: Count = 400
    """Connections closed by a relay that takes over; the platform admits 500 new ones a second."""
    relay_memory_bytes: Bytes = 268_435_456
    """Recent events of all watched executions together."""
    identification_timeout_seconds: Seconds = 10
    """A connection without an identity is closed after this."""

    metrics_namespace: str = "ChainGraph"
    """Of the metrics in CloudWatch; empty: none are written."""
    tracing: bool = False
    """Segments for X-Ray; off, nothing of it is imported."""

    @property
    def prepare_after(self) -> int | None:
        """How often a statement runs before the server keeps its plan; None: never."""
        return None if self.database_is_pooled else 2


def _reasons(error: ValidationError) -> str:
    """The name of each setting and what is wrong with it, without its value: it may be a secret."""
    return "; ".join(f"{str(found['loc'][0]).upper()}: {found['msg']}" for found in error.errors())
