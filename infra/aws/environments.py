"""What differs between environments: sizes, protection, who may call. One frozen object for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class NatInstance:
    """One small machine; cheap, and the way out is closed while it is replaced."""

    instance_type: str = "t4g.nano"


@dataclass(frozen=True, slots=True)
class NatGateways:
    count: int


@dataclass(frozen=True, slots=True)
class InstanceDatabase:
    """One machine, and a standby in a second zone where `zones` is 2; `sessions`: as many as it takes."""

    instance_type: str
    storage_gib: int
    most_storage_gib: int
    zones: int
    sessions: int


@dataclass(frozen=True, slots=True)
class ServerlessDatabase:
    """Aurora Serverless v2, in capacity units of 2 GiB; every reader stands by for the writer."""

    least_units: float
    most_units: float
    readers: int
    sessions: int


class DatabasePath(Enum):
    """How functions reach the database. The relay, which listens, always goes to it directly."""

    DIRECT = auto()
    PROXY = auto()


class Protection(Enum):
    """DISPOSABLE: a deleted stack leaves a snapshot. KEPT: it cannot be deleted, and keys are our own."""

    DISPOSABLE = auto()
    KEPT = auto()


@dataclass(frozen=True, slots=True)
class CognitoPool:
    """Users in a pool of ours; `callback_urls`: where the console may be sent back to after a sign-in."""

    callback_urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExternalIssuer:
    """Users of an OpenID Connect issuer that exists already."""

    issuer: str
    audience: str
    jwks_url: str


@dataclass(frozen=True, slots=True)
class RelaySize:
    """Of one task; the first active, every further one standing by."""

    cpu: int
    memory_mib: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Throttle:
    """Requests a second of one API, and how many may come at once."""

    rate: int
    burst: int


class Firewall(Enum):
    NONE = auto()
    SIGN_IN = auto()


class Tracing(Enum):
    """Segments of X-Ray. Those of our code cost a quarter of a second more of each cold start."""

    OF_THE_PLATFORM = auto()
    OF_OUR_CODE = auto()


class Insights(Enum):
    """Figures of the relay's tasks, each of them charged; its service as a whole is measured anyway."""

    NONE = auto()
    OF_TASKS = auto()


class Console(Enum):
    NONE = auto()
    HOSTED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """`settings`: of the functions and of the relay, by their names in the environment.

    `bedrock_models`: patterns of those that flows may ask in the name of this account.
    `administrator_secret`: the ARN of the administrator's password where the database has been restored.
    """

    name: str
    nat: NatInstance | NatGateways
    database: InstanceDatabase | ServerlessDatabase
    database_path: DatabasePath
    backup_days: int
    protection: Protection
    identity: CognitoPool | ExternalIssuer
    relay: RelaySize
    throttle: Throttle
    slice_memory_mib: int
    log_days: int
    allowed_origins: tuple[str, ...]
    alarm_email: str = ""
    administrator_secret: str = ""
    firewall: Firewall = Firewall.NONE
    console: Console = Console.NONE
    tracing: Tracing = Tracing.OF_THE_PLATFORM
    insights: Insights = Insights.OF_TASKS
    bedrock_models: tuple[str, ...] = (
        "amazon.nova-*",
        "anthropic.claude-*",
        "meta.llama*",
        "openai.gpt-oss-*",
    )
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def prefix(self) -> str:
        return f"chaingraph-{self.name}"

    @property
    def secrets_prefix(self) -> str:
        """Of the secrets that flows may name."""
        return f"chaingraph/{self.name}/"

    @property
    def is_kept(self) -> bool:
        return self.protection is Protection.KEPT


DEV: Final = Environment(
    name="dev",
    nat=NatInstance(),
    database=InstanceDatabase("t4g.micro", storage_gib=20, most_storage_gib=100, zones=1, sessions=80),
    database_path=DatabasePath.DIRECT,
    backup_days=1,
    protection=Protection.DISPOSABLE,
    identity=CognitoPool(callback_urls=("http://localhost:3000",)),
    relay=RelaySize(cpu=256, memory_mib=512, tasks=1),
    throttle=Throttle(rate=200, burst=400),
    slice_memory_mib=1024,
    log_days=7,
    allowed_origins=("http://localhost:3000", "http://localhost:5173"),
    insights=Insights.NONE,
    # Without a proxy, every slice at once holds sessions of its own.
    settings=MappingProxyType({"QUEUE_CONCURRENCY": "15"}),
)

STAGING: Final = Environment(
    name="staging",
    nat=NatGateways(1),
    database=ServerlessDatabase(least_units=0.5, most_units=4, readers=0, sessions=820),
    database_path=DatabasePath.PROXY,
    backup_days=7,
    protection=Protection.DISPOSABLE,
    identity=CognitoPool(callback_urls=("https://staging.example.com",)),
    relay=RelaySize(cpu=512, memory_mib=1024, tasks=2),
    throttle=Throttle(rate=1000, burst=1000),
    slice_memory_mib=1769,
    log_days=30,
    allowed_origins=("https://staging.example.com",),
)

PROD: Final = Environment(
    name="prod",
    nat=NatGateways(2),
    database=ServerlessDatabase(least_units=1, most_units=32, readers=1, sessions=5000),
    database_path=DatabasePath.PROXY,
    backup_days=35,
    protection=Protection.KEPT,
    identity=CognitoPool(callback_urls=("https://app.example.com",)),
    relay=RelaySize(cpu=1024, memory_mib=2048, tasks=2),
    throttle=Throttle(rate=4000, burst=2500),
    slice_memory_mib=1769,
    log_days=90,
    allowed_origins=("https://app.example.com",),
    firewall=Firewall.SIGN_IN,
    console=Console.HOSTED,
)

ENVIRONMENTS: Final[Mapping[str, Environment]] = MappingProxyType(
    {environment.name: environment for environment in (DEV, STAGING, PROD)}
)


def environment_named(name: object) -> Environment:
    """Raises ValueError, with the names there are."""
    if not isinstance(name, str) or name not in ENVIRONMENTS:
        raise ValueError(f"-c env={name}: the environments are {', '.join(ENVIRONMENTS)}")
    return ENVIRONMENTS[name]
