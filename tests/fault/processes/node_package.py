"""A package with the node types of the fault tests, for a system that looks for installed packages."""

import os
from pathlib import Path

from chaingraph.nodes.installed import GROUP

MODULE = """from pathlib import Path

from tests.fault.node_bodies import types_writing_to
from tests.fault.processes.deadly_nodes import Dies
from tests.fault.processes.kept_ledger import KeptLedger

NODE_TYPES = (Dies, *types_writing_to(KeptLedger(Path({ledger!r})), {turn_seconds!r}))
"""


def make_package(folder: Path, ledger: Path, turn_seconds: float) -> None:
    """Whoever has the folder on its path finds the package; its bodies write to the ledger."""
    (folder / "kept_nodes.py").write_text(MODULE.format(ledger=str(ledger), turn_seconds=turn_seconds))
    described = folder / "kept_nodes-1.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: kept-nodes\nVersion: 1\n")
    (described / "entry_points.txt").write_text(f"[{GROUP}]\nkept = kept_nodes:NODE_TYPES\n")


def path_with(folder: Path) -> str:
    """The value of PYTHONPATH for processes that shall find the package, and the tests."""
    root = str(Path(__file__).parents[3])
    given = os.environ.get("PYTHONPATH")
    return os.pathsep.join((str(folder), root, *([given] if given else [])))
