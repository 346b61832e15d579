"""Queries and mutations, however they come: a checked request in, the answer's value out."""

from chaingraph.aws.log_fields import note, note_execution
from chaingraph.execution.commands import DEFAULT_PAUSE_REASON, DEFAULT_STOP_REASON, Command, CommandKind
from chaingraph.execution.execution import ExternalEvent
from chaingraph.ids import ExecutionId, NodeId, new_execution_id
from chaingraph.interfaces import Page, User
from chaingraph.usecases.command_execution import command_execution, command_tree
from chaingraph.usecases.create_execution import ExecutionRequest, create_execution
from chaingraph.usecases.debugger import add_breakpoint, debugger_state, remove_breakpoint
from chaingraph.usecases.explain_waiting import explain_waiting
from chaingraph.usecases.read_executions import execution_details, executions_tree, root_executions
from chaingraph.usecases.start_execution import start_execution
from chaingraph.wire.requests import (
    AddBreakpoint,
    CallRequest,
    Create,
    GetDebuggerState,
    GetExecutionDetails,
    GetExecutionsTree,
    GetRootExecutions,
    Pause,
    RemoveBreakpoint,
    Resume,
    Start,
    Step,
    StepMode,
    Stop,
)
from functions.control.adapters import ControlAdapters
from functions.control.answers import debugger_answer, details_answer, root_answer, tree_answer

SUCCESS = {"success": True}


async def run_procedure(request: CallRequest, user: User, adapters: ControlAdapters) -> object:
    note_request(request, user)
    match request:
        case Create():
            execution_id = await create(request, user, adapters)
            note_execution(execution_id)
            return {"executionId": execution_id}
        case Start(execution_id=execution_id):
            return await _start(execution_id, user, adapters)
        case Stop() | Pause() | Resume():
            return await _command(request, user, adapters)
        case Step() | AddBreakpoint() | RemoveBreakpoint() | GetDebuggerState():
            return await _debug(request, user, adapters)
        case GetExecutionDetails(execution_id=execution_id):
            return await _details(execution_id, user, adapters)
        case GetExecutionsTree(execution_id=execution_id):
            return tree_answer(await executions_tree(execution_id, user, executions=adapters.executions))
        case GetRootExecutions():
            return await _roots(request, user, adapters)


def note_request(request: CallRequest, user: User) -> None:
    """For the log: what is asked, by whom, of which execution."""
    note("request", type(request).__name__)
    note("user_id", user.id)
    if not isinstance(request, Create | GetRootExecutions):
        note_execution(request.execution_id)


async def _details(execution_id: ExecutionId, user: User, adapters: ControlAdapters) -> object:
    execution = await execution_details(execution_id, user, executions=adapters.executions)
    reason = await explain_waiting(
        execution,
        executions=adapters.executions,
        queue=adapters.queue,
        start_timeout_seconds=adapters.rules.start_timeout_seconds,
    )
    return details_answer(execution, reason)


async def create(request: Create, user: User, adapters: ControlAdapters) -> ExecutionId:
    asked = ExecutionRequest(
        execution_id=new_execution_id(adapters.randomness),
        at_ms=int(adapters.now().timestamp() * 1000),
        flow_id=request.flow_id,
        options=request.options,
        integration=request.integration,
        events=tuple(ExternalEvent(event.event_name, event.payload) for event in request.events),
        idempotency_key=request.idempotency_key,
    )
    return await create_execution(
        asked,
        user,
        flows=adapters.flows,
        executions=adapters.executions,
        workflows=adapters.workflows,
        rules=adapters.rules,
    )


async def _start(execution_id: ExecutionId, user: User, adapters: ControlAdapters) -> object:
    await start_execution(
        execution_id,
        user,
        executions=adapters.executions,
        mailbox=adapters.mailbox,
        workflows=adapters.workflows,
    )
    return SUCCESS


async def _command(request: Stop | Pause | Resume, user: User, adapters: ControlAdapters) -> object:
    send = command_tree if request.cascade else command_execution
    await send(request.execution_id, command_of(request, user), user, post=adapters.post)
    return SUCCESS


async def _debug(
    request: Step | AddBreakpoint | RemoveBreakpoint | GetDebuggerState, user: User, adapters: ControlAdapters
) -> object:
    match request:
        case Step():
            return await _step(request, user, adapters)
        case AddBreakpoint() | RemoveBreakpoint():
            return await _change_breakpoints(request, user, adapters)
        case GetDebuggerState(execution_id=execution_id):
            return debugger_answer(await debugger_state(execution_id, user, executions=adapters.executions))


async def _step(request: Step, user: User, adapters: ControlAdapters) -> object:
    kind = CommandKind.STEP if request.mode is StepMode.WAVE else CommandKind.STEP_OVER
    await command_execution(request.execution_id, Command(kind, user.id, ""), user, post=adapters.post)
    return SUCCESS


async def _change_breakpoints(
    request: AddBreakpoint | RemoveBreakpoint, user: User, adapters: ControlAdapters
) -> object:
    execution_id, node_id = request.execution_id, NodeId(request.node_id)
    if isinstance(request, RemoveBreakpoint):
        await remove_breakpoint(execution_id, node_id, user, executions=adapters.executions)
    else:
        flows = adapters.rules.checked_flows
        await add_breakpoint(execution_id, node_id, user, executions=adapters.executions, flows=flows)
    return SUCCESS


def command_of(request: Stop | Pause | Resume, user: User) -> Command:
    match request:
        case Stop(reason=reason):
            return Command(CommandKind.STOP, user.id, reason or DEFAULT_STOP_REASON)
        case Pause(reason=reason):
            return Command(CommandKind.PAUSE, user.id, reason or DEFAULT_PAUSE_REASON)
        case Resume():
            return Command(CommandKind.RESUME, user.id, "")


async def _roots(request: GetRootExecutions, user: User, adapters: ControlAdapters) -> object:
    page = Page(request.limit, before=request.after)
    roots = await root_executions(
        request.flow_id, page, user, flows=adapters.flows, executions=adapters.executions
    )
    return [root_answer(root) for root in roots]
