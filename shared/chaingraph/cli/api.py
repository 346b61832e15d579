"""A client of a running system's HTTP API. Every call blocks."""

import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final
from urllib.parse import quote, urlencode

import orjson

from chaingraph.cli.endpoint import Endpoint
from chaingraph.cli.refusals import refusal
from chaingraph.errors import ChaingraphError, Problem, Unavailable
from chaingraph.graph.json_types import JsonObject, is_object, list_of, object_of

TIMEOUT_SECONDS: Final = 30
# The system is reached directly, as its WebSocket is.
OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Api:
    """Every method raises what the system refuses with, and Unavailable when it does not answer."""

    endpoint: Endpoint

    def get(self, *path: str, query: Mapping[str, str] | None = None) -> JsonObject:
        asked = f"?{urlencode(query)}" if query else ""
        return self._call("GET", f"{_joined(path)}{asked}", None)

    def post(self, *path: str, body: bytes = b"{}") -> JsonObject:
        return self._call("POST", _joined(path), body)

    def put(self, *path: str, body: bytes = b"{}") -> JsonObject:
        return self._call("PUT", _joined(path), body)

    def delete(self, *path: str) -> JsonObject:
        return self._call("DELETE", _joined(path), None)

    def pages(self, *path: str, of: str, limit: int) -> Iterable[JsonObject]:
        """The first `limit` entries of a listing, however many pages they are on."""
        query: dict[str, str] = {}
        while limit > 0:
            page = self.get(*path, query={**query, "limit": str(min(limit, 100))})
            entries = [object_of(entry) for entry in list_of(page.get(of))]
            yield from entries
            limit -= len(entries)
            following = page.get("next")
            if not isinstance(following, str):
                return
            query = {"before": following}

    def _call(self, method: str, address: str, body: bytes | None) -> JsonObject:
        headers = {
            "authorization": f"Bearer {self.endpoint.token}",
            "content-type": "application/json",
        }
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self.endpoint.http_url}{address}", body, headers, method=method
        )
        try:
            with OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return object_of(orjson.loads(answer.read()))
        except urllib.error.HTTPError as error:
            raise _refused(error, self.endpoint.http_url) from error
        except (OSError, HTTPException, orjson.JSONDecodeError) as error:
            raise Unavailable(f"no system answers at {self.endpoint.http_url}") from error


def _joined(path: Iterable[str]) -> str:
    return "/v1/" + "/".join(quote(part, safe="") for part in path)


def _refused(error: urllib.error.HTTPError, url: str) -> ChaingraphError:
    """What a part in front of the system says is no refusal of the system."""
    told = object_of(_parsed(error.read())).get("error")
    if not is_object(told):
        return Unavailable(f"{url} answered {error.code} {error.reason}".rstrip())
    problems = map(object_of, list_of(told.get("problems")))
    return refusal(
        str(told.get("code")),
        str(told.get("message")),
        [Problem(str(problem.get("path")), str(problem.get("message"))) for problem in problems],
    )


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
