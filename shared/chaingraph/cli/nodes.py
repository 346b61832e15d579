"""`chaingraph nodes`: the node types that flows here may have, and packages for new ones."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chaingraph.cli.command import OK, Command
from chaingraph.cli.listing import print_listing
from chaingraph.cli.new_package import written_package
from chaingraph.graph.node_types import NodeType
from chaingraph.nodes.built_in import built_in_node_types
from chaingraph.nodes.installed import installed_packages, known_node_types

BUILT_IN: Final = "built in"


def _add_arguments(parser: ArgumentParser) -> None:
    parser.epilog = "Without a command: list the node types."
    commands = parser.add_subparsers(dest="action", metavar="new")
    new = commands.add_parser(
        "new",
        help="write a package with a new node type and its test",
        description="Write a package with a new node type and its test.",
    )
    new.add_argument("name", metavar="NAME", help="like WordCount or word-count")
    new.add_argument(
        "--folder",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="where the package's folder goes (default: here)",
    )


def _run(arguments: Namespace) -> int:
    if arguments.action == "new":
        _write(arguments.name, arguments.folder)
    else:
        print_listing(("type", "category", "from", "what it does"), _rows())
    return OK


def _rows() -> Iterator[tuple[str, str, str, str]]:
    known_node_types()  # refuses names that are taken
    yield from (_row(node_type, BUILT_IN) for node_type in built_in_node_types() if not node_type.hidden)
    for package in installed_packages():
        yield from (_row(node_type, package.package) for node_type in package.node_types)


def _row(node_type: type[NodeType], package: str) -> tuple[str, str, str, str]:
    first, *_ = (node_type.__doc__ or "").strip().splitlines() or [""]
    return node_type.type_name, node_type.category, package, first


def _write(name: str, folder: Path) -> None:
    package = written_package(name, folder, known_node_types())
    for path in package.files:
        print(path)
    print(f"""
Next:
  pip install -e {package.folder}    # into the environment of chaingraph
  pytest {package.folder}
  chaingraph nodes""")


COMMAND = Command(_add_arguments, _run)
