"""The flow of fifty nodes under way in the running system, looked at by several viewers."""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from chaingraph.execution.events import EventType
from tests.fault.audit import Audit, Tree, problems_of
from tests.fault.ledger import Ledger
from tests.fault.processes.faulty_system import FaultySystem
from tests.fault.processes.kept_ledger import KeptRun
from tests.fault.processes.records import Records, records_of
from tests.fault.processes.viewers import RawViewer, StockViewer, raw_viewer
from tests.stock_client import StockClient

PAUSES: Final = (EventType.FLOW_PAUSED, EventType.FLOW_RESUMED)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left of a flow that has ended. `runs`: of the bodies of its whole tree."""

    records: Records
    runs: Sequence[KeptRun]
    received: Sequence[Sequence[int]]

    @property
    def reruns(self) -> int:
        """How often a body ran that had run before."""
        return len(self.runs) - len({(run.body.execution_id, run.body.node_id) for run in self.runs})

    def problems(self, calm: Tree, *, superseded: Collection[int] = ()) -> list[str]:
        """Whatever is not as in a calm run. `superseded`: processes that were stopped while others went on.

        Such a process learns of it with its next commit. Until then bodies without effects may begin, and
        those whose start was in the log before.
        """
        whole = [event.index for event in self.records.audit.logs["/"]]
        known = [run for run in self.runs if run.pid not in superseded]
        violations = [f"{run.body.node_id}: {run.violation}" for run in known if run.violation is not None]
        ledger = Ledger([run.body for run in self.runs], [*violations, *self._run_again(superseded)])
        found = Audit(_without_pauses(self.records.audit.tree), self.records.audit.logs)
        return [
            *problems_of(found, calm, ledger),
            *(f"a viewer received {indices}" for indices in self.received if indices != whole),
        ]

    def _run_again(self, superseded: Collection[int]) -> Iterable[str]:
        attempts = Counter[tuple[str, str]]()
        for run in self.runs:
            node = run.body.execution_id, run.body.node_id
            attempts[node] = max(attempts[node], run.body.attempt)
        for run in self.runs:
            was_logged = run.body.attempt < attempts[run.body.execution_id, run.body.node_id]
            is_excused = run.pid in superseded and (run.body.is_pure or was_logged)
            ended_ms = self.records.ended.get((run.body.execution_id, run.body.node_id))
            if ended_ms is not None and run.at_ms > ended_ms and not is_excused:
                yield f"{run.body.node_id} ran {run.at_ms - ended_ms} ms after its end"


def _without_pauses(tree: Tree) -> Tree:
    """Whether a child lived long enough to be paused depends on the moment."""
    return {name: replace(ended, events=_but_pauses(ended.events)) for name, ended in tree.items()}


def _but_pauses(events: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, str], int]:
    return {event: times for event, times in events.items() if event[0] not in PAUSES}


@dataclass(frozen=True, slots=True)
class WatchedFlow:
    faulty: FaultySystem
    execution_id: str
    raw: RawViewer
    others: Sequence[RawViewer | StockViewer]

    def start(self) -> None:
        self.faulty.order(self.execution_id, "start")

    def engine(self) -> int:
        """The process whose body began last, of the execution itself."""
        return self._begun()[-1].pid

    def engines(self) -> set[int]:
        return {run.pid for run in self._begun()}

    def ended(self) -> Ending:
        """Wait for the end; what is left."""
        received = [viewer.until_stopped() for viewer in (self.raw, *self.others)]
        records = records_of(self.execution_id, self.faulty.database_url)
        tree = {execution_id for execution_id, _ in records.ended}
        return Ending(records, [run for run in self.faulty.runs if run.body.execution_id in tree], received)

    def _begun(self) -> Sequence[KeptRun]:
        return [run for run in self.faulty.runs if run.body.execution_id == self.execution_id]


@contextmanager
def watched(execution_id: str, faulty: FaultySystem, client: StockClient) -> Generator[WatchedFlow]:
    """Looked at; whoever looks has left at the end."""
    url = faulty.websocket_url
    with ExitStack() as viewers:
        raw = viewers.enter_context(raw_viewer(url, execution_id, snapshot="values"))
        batched = viewers.enter_context(raw_viewer(url, execution_id, batchSize=7, batchTimeoutMs=25))
        stock = StockViewer(client, url, execution_id)
        viewers.callback(stock.leave)
        yield WatchedFlow(faulty, execution_id, raw, [batched, stock])


@contextmanager
def watched_flow(faulty: FaultySystem, client: StockClient) -> Generator[WatchedFlow]:
    """Created, and looked at."""
    with watched(faulty.create(), faulty, client) as flow:
        yield flow


@contextmanager
def watched_flows(faulty: FaultySystem, client: StockClient, count: int) -> Generator[Sequence[WatchedFlow]]:
    """Started together."""
    with ExitStack() as flows:
        started = [flows.enter_context(watched_flow(faulty, client)) for _ in range(count)]
        for flow in started:
            flow.start()
        yield started


def problems_of_all(endings: Iterable[Ending], calm: Tree) -> list[str]:
    return [problem for ending in endings for problem in ending.problems(calm)]
