"""HTTP requests as they came in, and the answers to them."""

import http
from dataclasses import dataclass

import orjson

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """`path` and `query` are still percent-encoded. A body over the limit is cut one byte behind it."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    source_ip: str
    server_port: int

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def host(self) -> str:
        return self.header("host") or "localhost"

    @property
    def user_agent(self) -> str:
        return self.header("user-agent") or ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers = ()
    body: bytes = b""

    def with_headers(self, headers: Headers) -> "Answer":
        return Answer(self.status, self.headers + headers, self.body)


def json_answer(status: int, content: object, headers: Headers = ()) -> Answer:
    return Answer(status, (("content-type", "application/json"), *headers), orjson.dumps(content))


def text_answer(status: int, text: str, content_type: str) -> Answer:
    return Answer(status, (("content-type", content_type),), text.encode())


def message_answer(status: int, message: str, headers: Headers = ()) -> Answer:
    return json_answer(status, {"message": message}, headers)


def encoded_head(answer: Answer, connection: str) -> bytes:
    """Everything before the body."""
    lines = [f"HTTP/1.1 {answer.status} {reason_of(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if may_have_body(answer.status):
        lines.append(f"content-length: {len(answer.body)}")
    lines += [f"connection: {connection}", "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def may_have_body(status: int) -> bool:
    return status not in (http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_MODIFIED)


def reason_of(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
