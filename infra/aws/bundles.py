"""What is uploaded: the functions' code, and the libraries it stands on."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder as it shall lie in /var/task or /opt. `digest` is of what it was made from."""

    folder: Path
    digest: str

    def code(self) -> lambda_.Code:
        return lambda_.Code.from_asset(
            str(self.folder), asset_hash=self.digest, asset_hash_type=AssetHashType.CUSTOM
        )


@dataclass(frozen=True, slots=True)
class Bundles:
    code: Bundle
    libraries: Bundle
