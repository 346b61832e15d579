"""What the WebSocket API sends to a function, and what a function answers.

A route with a route response has been seen to send an empty message, which clients cannot read, where its
function answers without a body: so only routes that answer everything have one (`route_table`), and every
other message is posted.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from chaingraph.errors import Unavailable
from chaingraph.ids import ConnectionId
from chaingraph.interfaces import PostOutcome, Posts
from chaingraph.wire.messages import BINARY, Message, parse

Reply = dict[str, object]


class _Fields(BaseModel):
    """API Gateway sends more than is read here."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class RequestFields(_Fields):
    connection_id: ConnectionId
    route_key: str


class WebSocketPayload(_Fields):
    """A message, or the news that a connection was made or lost."""

    request_context: RequestFields
    body: str | None = None
    is_base64_encoded: bool = False
    query_string_parameters: dict[str, str] | None = None

    @property
    def connection_id(self) -> ConnectionId:
        return self.request_context.connection_id

    @property
    def route(self) -> str:
        return self.request_context.route_key

    @property
    def query(self) -> Mapping[str, str]:
        return self.query_string_parameters or {}

    def message(self) -> Message:
        return BINARY if self.is_base64_encoded else parse(self.body or "")


def reply(message: bytes | None) -> Reply:
    """The route response, where there is one: it goes to the client who sent the request."""
    if message is None:
        return {"statusCode": HTTPStatus.OK}
    return {"statusCode": HTTPStatus.OK, "body": message.decode()}


async def post_answer(
    answering: Awaitable[bytes | None],
    failed: Callable[[Exception], bytes | None],
    connection_id: ConnectionId,
    posts: Posts,
) -> None:
    """Post what the answer is, or what `failed` makes of the error, which is raised all the same."""
    try:
        answer = await answering
    except Exception as error:
        await post(failed(error), connection_id, posts)
        raise
    await post(answer, connection_id, posts)


async def post(message: bytes | None, connection_id: ConnectionId, posts: Posts) -> None:
    """A client that is gone needs no answer; one that was not reached asks again when it has reconnected.

    None: there is nothing to say.
    """
    if message is None:
        return
    outcome = await posts.post(connection_id, message)
    if outcome in (PostOutcome.THROTTLED, PostOutcome.TOO_LARGE):
        raise Unavailable(f"the answer was not delivered: {outcome}")


def refusal(status: HTTPStatus) -> Reply:
    """The answer to `$connect` that refuses the connection."""
    return {"statusCode": status}
