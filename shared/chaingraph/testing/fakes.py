"""What stands in for the world outside: HTTP servers and secrets that a test prepares."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from chaingraph.errors import NotFound, Rejected, Unavailable
from chaingraph.graph.facilities import HttpRequest, HttpResponse
from chaingraph.graph.json_types import JsonObject
from chaingraph.graph.secrets import KeptSecret, reference_value

Answer = HttpResponse | Unavailable


class FakeHttp:
    """Answers requests as a test has prepared; `requests` are those that came.

    http = FakeHttp()
    http.answer("GET", "https://api.example/price", json={"price": 7})
    """

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self._answers: dict[tuple[str, str], deque[Answer]] = {}

    def answer(
        self,
        method: str,
        url: str,
        *,
        status: int = 200,
        json: object = None,
        text: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare an answer, with a body in JSON if there is no text. The last one of a URL is repeated."""
        body = text.encode() or (b"" if json is None else orjson.dumps(json))
        usual = {} if text or json is None else {"content-type": "application/json"}
        named = {name.lower(): value for name, value in (headers or {}).items()}
        response = HttpResponse(status=status, headers=tuple({**usual, **named}.items()), body=body)
        self._add(method, url, response)

    def fail(self, method: str, url: str) -> None:
        """Prepare that no answer comes."""
        self._add(method, url, Unavailable(f"{url} does not answer"))

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answers = self._answers.get((request.method.upper(), request.url))
        if not answers:
            raise Rejected(f"the test has prepared no answer to {request.method} {request.url}")
        answer = answers.popleft() if len(answers) > 1 else answers[0]
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    def _add(self, method: str, url: str, answer: Answer) -> None:
        self._answers.setdefault((method.upper(), url), deque()).append(answer)


@dataclass
class FakeSecrets:
    """A vault with these secrets: `FakeSecrets({"weather": {"apiKey": "abc"}})`."""

    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    async def read(self, name: str, owner_id: str) -> Mapping[str, str]:
        found = self.fields.get(name)
        if found is None:
            raise NotFound(f"the test has prepared no secret {name!r} for {owner_id}")
        return found


def secret_value(secret_type: str, name: str) -> JsonObject:
    """The value of a secret port that stands for a secret in the vault."""
    return reference_value(KeptSecret(secret_type, name))
