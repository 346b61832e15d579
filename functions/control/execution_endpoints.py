"""Executions over HTTP: the same procedures as over the WebSocket."""

from http import HTTPStatus

from chaingraph.aws.log_fields import note_execution
from chaingraph.ids import EventIndex
from chaingraph.usecases.read_events import EventPage, EventQuery, read_events
from chaingraph.usecases.read_executions import list_executions
from chaingraph.wire.requests import (
    AddBreakpoint,
    CallRequest,
    Create,
    GetDebuggerState,
    GetExecutionDetails,
    GetExecutionsTree,
    Pause,
    RemoveBreakpoint,
    Resume,
    Start,
    Step,
    Stop,
)
from functions.control.adapters import ControlAdapters
from functions.control.answers import execution_answer
from functions.control.http_messages import HttpReply, HttpRequest, json_reply
from functions.control.paging import following, page_of
from functions.control.procedures import run_procedure
from functions.control.queries import EventsQuery, ExecutionsQuery, NoQuery


async def post_execution(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Create an execution of a flow. Its stream of events exists at once; start it within a minute."""
    request.queried(NoQuery)
    asked = request.posted(Create)
    return json_reply(await run_procedure(asked, request.user, adapters), HTTPStatus.CREATED)


async def get_executions(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """List executions, newest first: your own, as admin everybody's."""
    query = request.queried(ExecutionsQuery)
    page = page_of(query)
    found = await list_executions(page, query.status, request.user, executions=adapters.executions)
    answer = [execution_answer(execution) for execution in found]
    return json_reply({"executions": answer, "next": following(found, page)})


async def get_execution(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Read where an execution stands."""
    return await _procedure(request.addressed(GetExecutionDetails), request, adapters)


async def get_tree(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Read a root execution with all its descendants."""
    return await _procedure(request.addressed(GetExecutionsTree), request, adapters)


async def get_events(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Read the history of events, by pages."""
    asked = request.queried(EventsQuery)
    query = EventQuery(EventIndex(asked.after), asked.limit, frozenset(asked.types), asked.snapshot)
    execution_id = request.addressed(GetExecutionDetails).execution_id
    note_execution(execution_id)
    page = await read_events(
        execution_id,
        query,
        request.user,
        executions=adapters.executions,
        event_log=adapters.event_log,
        checked_flows=adapters.rules.checked_flows,
    )
    return HttpReply(HTTPStatus.OK, _events_json(page))


async def post_start(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Start an execution that was created."""
    return await _procedure(request.posted(Start), request, adapters)


async def post_stop(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Stop an execution for good, with its children."""
    return await _procedure(request.posted(Stop), request, adapters)


async def post_pause(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Pause an execution before its next node, with its children."""
    return await _procedure(request.posted(Pause), request, adapters)


async def post_resume(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Let a paused execution go on, with its children."""
    return await _procedure(request.posted(Resume), request, adapters)


async def post_step(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Let a paused execution run the nodes that are ready, or one of them, and pause again."""
    return await _procedure(request.posted(Step), request, adapters)


async def get_debugger(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Read where an execution stands still, and its breakpoints."""
    return await _procedure(request.addressed(GetDebuggerState), request, adapters)


async def put_breakpoint(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Let an execution pause before this node."""
    return await _procedure(request.addressed(AddBreakpoint), request, adapters)


async def remove_breakpoint(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Let an execution pass this node."""
    return await _procedure(request.addressed(RemoveBreakpoint), request, adapters)


async def _procedure(asked: CallRequest, request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    request.queried(NoQuery)
    return json_reply(await run_procedure(asked, request.user, adapters))


def _events_json(page: EventPage) -> bytes:
    following_index = b"null" if page.following is None else b"%d" % page.following
    return b'{"events":[%b],"next":%b}' % (
        b",".join(event.json for event in page.events),
        following_index,
    )
