from dataclasses import dataclass, field

from chaingraph.errors import NotFound
from chaingraph.graph.large_values import LargeValue
from chaingraph.ids import ExecutionId


@dataclass
class FakeLargeValues:
    contents: dict[tuple[ExecutionId, str], bytes] = field(
        default_factory=dict[tuple[ExecutionId, str], bytes]
    )

    async def keep(self, execution_id: ExecutionId, content: bytes) -> LargeValue:
        value = LargeValue.of(content)
        self.contents[execution_id, value.sha256] = content
        return value

    async def read(self, execution_id: ExecutionId, value: LargeValue) -> bytes:
        if (execution_id, value.sha256) not in self.contents:
            raise NotFound(f"{execution_id} has kept no value {value.sha256}")
        return self.contents[execution_id, value.sha256]
