from chaingraph.graph.flow import Flow
from chaingraph.usecases.checked_flows import MAX_KEPT_BYTES, CheckedFlows
from tests.scene import document, load


class Counted:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, text: bytes) -> Flow:
        self.count += 1
        return load(text)


def test_the_same_document_is_checked_once() -> None:
    counted = Counted()
    checked = CheckedFlows(counted)

    assert checked.flow(document()) is checked.flow(bytes(document()))
    assert counted.count == 1


def test_a_changed_document_is_checked_again() -> None:
    checked = CheckedFlows(load)

    checked.flow(document(name="Old"))

    assert checked.flow(document(name="New")).metadata["name"] == "New"


def test_only_so_many_documents_are_kept() -> None:
    counted = Counted()
    checked = CheckedFlows(counted)
    half = "x" * (MAX_KEPT_BYTES // 4)
    for name in "abcde":
        checked.flow(document(name=name, description=half))

    checked.flow(document(name="a", description=half))

    assert counted.count == 6
