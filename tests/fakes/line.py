"""Who holds a slot and who stands in line for one."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chaingraph.execution.slots import SlotLimits
from chaingraph.ids import ExecutionId, UserId

ABSENT_AFTER = timedelta(seconds=5)
CALLED_AGAIN_AFTER = timedelta(seconds=30)


@dataclass(slots=True)
class Place:
    owner_id: UserId
    number: int
    joined_at: datetime
    called_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """`epoch`: of the claim that holds it."""

    owner_id: UserId
    epoch: int


@dataclass(slots=True)
class Line:
    """`served`: who got a slot out of the line; the last one has the highest number."""

    holders: dict[ExecutionId, Slot] = field(default_factory=dict[ExecutionId, Slot])
    places: dict[ExecutionId, Place] = field(default_factory=dict[ExecutionId, Place])
    served: Counter[UserId] = field(default_factory=Counter[UserId])
    _joined: int = 0

    def take(self, execution_id: ExecutionId, slot: Slot, limits: SlotLimits, now: datetime) -> bool:
        owner_id = slot.owner_id
        is_held = execution_id in self.holders
        if not is_held and (self.places or not self._has_room(owner_id, limits)):
            self._join(execution_id, owner_id, now)
            if execution_id not in self.next(limits, now, asking=execution_id):
                return False
            self.served[owner_id] = max(self.served.values(), default=0) + 1
            del self.places[execution_id]
        self.holders[execution_id] = slot
        return True

    def next(self, limits: SlotLimits, now: datetime, asking: ExecutionId | None = None) -> list[ExecutionId]:
        present = {
            known for known, place in self.places.items() if known == asking or not is_absent(place, now)
        }
        room = limits.in_all - len(self.holders)
        held = self._held()
        heads = [
            known
            for turn, known in self._in_order(present)
            if turn <= min(room, limits.of_owner - held[self.places[known].owner_id])
        ]
        return heads[: max(0, room)]

    def order(self) -> list[ExecutionId]:
        return [known for _, known in self._in_order(set(self.places))]

    def _has_room(self, owner_id: UserId, limits: SlotLimits) -> bool:
        held = self._held()
        return len(self.holders) < limits.in_all and held[owner_id] < limits.of_owner

    def _held(self) -> Counter[UserId]:
        return Counter(slot.owner_id for slot in self.holders.values())

    def _join(self, execution_id: ExecutionId, owner_id: UserId, now: datetime) -> None:
        self._joined += 1
        place = self.places.setdefault(execution_id, Place(owner_id, self._joined, now))
        place.called_at = None

    def _in_order(self, present: set[ExecutionId]) -> list[tuple[int, ExecutionId]]:
        """First come first served within an owner, the owners in turn."""
        turns = Counter[UserId]()
        ranked: list[tuple[int, int, int, ExecutionId]] = []
        for known, place in sorted(self.places.items(), key=lambda each: each[1].number):
            if known in present:
                turns[place.owner_id] += 1
                ranked.append((turns[place.owner_id], self.served[place.owner_id], place.number, known))
        return [(turn, known) for turn, _, _, known in sorted(ranked)]


def is_absent(place: Place, now: datetime) -> bool:
    """It was called and has not come yet."""
    called_at = place.called_at
    return called_at is not None and now - CALLED_AGAIN_AFTER <= called_at <= now - ABSENT_AFTER
