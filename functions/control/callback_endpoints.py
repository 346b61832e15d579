"""Answers from outside to nodes that wait: the token in the path is the authority, there is no other."""

from chaingraph.usecases.answer_callback import Desk, answer_callback
from functions.control.adapters import ControlAdapters
from functions.control.http_messages import HttpReply, HttpRequest, json_reply
from functions.control.queries import NoQuery


async def post_callback(request: HttpRequest, adapters: ControlAdapters) -> HttpReply:
    """Answer a node that waits for a callback. The token in the path is enough; no bearer token is needed.

    The body must fit the port that the node names. The same answer may be sent again.
    """
    request.queried(NoQuery)
    desk = Desk(adapters.mailbox, adapters.workflows, adapters.rules.checked_flows)
    now_ms = int(adapters.now().timestamp() * 1000)
    await answer_callback(request.parameters["token"], request.body, now_ms, desk=desk)
    return json_reply({"success": True})
