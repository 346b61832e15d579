"""Requests to HTTP servers.

What differs from the reference engine: a path inside the base URI is kept, the answer's headers are an
output, a status of 400 and more may fail the node, and a secret can be put into a header unseen.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from chaingraph.errors import Rejected, Unavailable
from chaingraph.graph.declarations import Input, Output
from chaingraph.graph.facilities import HttpRequest, HttpResponse
from chaingraph.graph.json_texts import compact_json
from chaingraph.graph.kinds import boolean, enum, number, record, secret, string
from chaingraph.graph.node_types import NodeType, Scope
from chaingraph.graph.redaction import redacted
from chaingraph.graph.secrets import Secret
from chaingraph.nodes.script_json import parsed_json
from chaingraph.nodes.script_values import as_text, finite

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "HEAD", "DELETE")
WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})
RESPONSE_TYPES: Final = ("json", "text", "blob", "html-to-markdown")

# Longer pauses would leave the machine, and what was sent before them would be sent again.
LONGEST_PAUSE_SECONDS: Final = 4
FIRST_HTTP_ERROR: Final = 400

_CHARSET: Final = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(r"\{\{\s*secret(?:\.(\w+))?\s*\}\}")


class HttpRequestNode(NodeType, title="HTTP Request", category="utilities", tags=("http", "api")):
    """Sends a request to an HTTP server and gives its answer.

    Servers that are not on the open internet are refused unless the operator allows them. A request without
    an answer is sent again as often as `retries` says, with the same Idempotency-Key; every status is an
    answer. In a header, {{secret}} stands for the connected secret and {{secret.field}} for one of its
    fields.
    """

    base_uri = Input(string(), required=True, description="https://example.com/api")
    path = Input(string(), required=True, description="Added to the base URI")
    method = Input(enum(METHODS, default="GET"))
    headers = Input(string(), redact=redacted, description="One a line, as Name: value")
    body = Input(string(), description="Needs the header Content-Type")
    response_type = Input(enum(RESPONSE_TYPES, default="text"))
    timeout = Input(number(default=30_000, minimum=1), description="Milliseconds for the whole answer")
    retries = Input(number(minimum=0, integer=True), description="Only where no answer came")
    fail_on_http_error = Input(boolean(), description="Fail when the status is 400 or more")
    credential = Input(secret("string"), key="secret", description="For {{secret}} in the headers")
    status_code = Output(number())
    response = Output(string())
    response_headers = Output(record())

    async def run(self, scope: Scope) -> None:
        response = await self._answer(await self._request(scope), scope)
        self.status_code = response.status
        self.response_headers = dict(response.headers)
        if self.fail_on_http_error is True and response.status >= FIRST_HTTP_ERROR:
            self.response = _decoded(response)
            raise Rejected(f"The server answered with the status {response.status}")
        self.response = await _shown(response, self.response_type)

    async def _request(self, scope: Scope) -> HttpRequest:
        method = self.method or "GET"
        if method not in METHODS:
            raise Rejected(f"Unknown method: {method}")
        milliseconds = finite(self.timeout)
        if milliseconds <= 0:
            raise Rejected("The timeout must be greater than 0")
        url = joined(as_text(self.base_uri), as_text(self.path))
        headers = parsed_headers(as_text(self.headers))
        body = "" if method in WITHOUT_BODY else checked_body(as_text(self.body), headers)
        fields = await self._with_secrets(headers, scope)
        if method not in WITHOUT_BODY and "idempotency-key" not in map(str.lower, fields):
            fields["Idempotency-Key"] = scope.idempotency_key
        return HttpRequest(
            method=method,
            url=url,
            headers=tuple(fields.items()),
            body=body.encode("utf-8", "replace"),
            timeout_seconds=milliseconds / 1000,
            confidential=frozenset(name.lower() for name, value in headers.items() if _is_filled(value)),
        )

    async def _with_secrets(self, headers: Mapping[str, str], scope: Scope) -> dict[str, str]:
        if not any(map(_is_filled, headers.values())):
            return dict(headers)
        revealed = await scope.reveal(self.credential)
        return {
            name: _PLACEHOLDER.sub(lambda found: _word(revealed, found[1]), value)
            for name, value in headers.items()
        }

    async def _answer(self, request: HttpRequest, scope: Scope) -> HttpResponse:
        pause = 1
        for _ in range(int(finite(self.retries))):
            try:
                return await scope.facilities.http.send(request)
            except Unavailable:
                await scope.sleep(pause)
                pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)
        return await scope.facilities.http.send(request)


def joined(base_uri: str, path: str) -> str:
    """The path below the path of the base URI."""
    if not base_uri.strip():
        raise Rejected("Base URI is required")
    if not path.strip():
        raise Rejected("Path is required")
    address = base_uri.strip()
    if not _is_web_address(address):
        raise Rejected(f"Invalid Base URI: {_without_user(address)}")
    below = path.strip()
    return address.split("?", 1)[0].split("#", 1)[0].rstrip("/") + "/" + below.removeprefix("/")


def parsed_headers(text: str) -> dict[str, str]:
    """Lines without a colon, a name or a value are no headers."""
    headers: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() and value.strip():
            headers[name.strip()] = value.strip()
    return headers


def checked_body(body: str, headers: Mapping[str, str]) -> str:
    """The body as it is sent; JSON in its shortest form."""
    if not body.strip():
        return ""
    kinds = [value.lower() for name, value in headers.items() if name.lower() == "content-type"]
    if not kinds:
        raise Rejected("A request with a body needs the header Content-Type")
    if "application/json" not in kinds[0]:
        return body
    try:
        return compact_json(parsed_json(body))
    except Rejected as refusal:
        raise Rejected(f"Invalid JSON body: {refusal.message}") from refusal


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _is_filled(header: str) -> bool:
    """A secret is put into it."""
    return _PLACEHOLDER.search(header) is not None


def _without_user(text: str) -> str:
    return re.sub(r"//[^/@]*@", "//", text)


def _word(revealed: Secret, field: str | None) -> str:
    if field is None:
        return revealed.word("value", "apiKey").strip()
    if field not in revealed.fields:
        raise Rejected(f"the secret has no field {field}")
    return revealed.fields[field].strip()


async def _shown(response: HttpResponse, response_type: str | None) -> str:
    """The answer's body as the node gives it."""
    match response_type:
        case "json":
            return _as_json(response)
        case "blob":
            kind = dict(response.headers).get("content-type", "")
            return f"Blob: {kind}, {len(response.body)} bytes"
        case "html-to-markdown":
            # Large pages take long.
            return await asyncio.to_thread(_as_markdown, _decoded(response))
        case _:
            return _decoded(response)


def _as_json(response: HttpResponse) -> str:
    if not response.body:
        return ""
    try:
        return compact_json(parsed_json(_decoded(response)))
    except Rejected as refusal:
        raise Rejected(f"Failed to parse response as json: {refusal.message}") from refusal


def _as_markdown(html: str) -> str:
    # Loaded for whom needs it.
    from bs4 import BeautifulSoup  # noqa: PLC0415
    from markdownify import ATX, MarkdownConverter  # noqa: PLC0415

    page = BeautifulSoup(html, "html.parser")
    for unseen in page(["script", "style", "template"]):
        unseen.decompose()
    return MarkdownConverter(heading_style=ATX).convert_soup(page).strip()


def _decoded(response: HttpResponse) -> str:
    named = _CHARSET.search(dict(response.headers).get("content-type", ""))
    try:
        return response.body.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        return response.body.decode("utf-8", "replace")


NODE_TYPES = (HttpRequestNode,)
