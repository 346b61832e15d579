"""Which relay is the active one."""

from typing import Final

from psycopg.rows import scalar_row

from chaingraph.errors import Conflict
from chaingraph.ids import Epoch, WorkerId
from chaingraph.postgres.database import Database

TAKE: Final = """
insert into chaingraph.relay_leases as lease (name, epoch, holder, expires_at)
values ('relay', 1, %(holder)s, now() + %(lease_ms)s * interval '1 millisecond')
on conflict (name) do update
set epoch = lease.epoch + 1, holder = excluded.holder, expires_at = excluded.expires_at
where lease.expires_at is null or lease.expires_at <= now() or lease.holder = excluded.holder
returning epoch
"""

EXTEND: Final = """
update chaingraph.relay_leases set expires_at = now() + %(lease_ms)s * interval '1 millisecond'
where name = 'relay' and epoch = %(epoch)s and expires_at is not null
"""

GIVE_BACK: Final = """
update chaingraph.relay_leases set expires_at = null where name = 'relay' and epoch = %(epoch)s
"""


class PostgresRelayLease:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, holder: WorkerId, *, lease_ms: int) -> Epoch | None:
        return await self._database.row(TAKE, {"holder": holder, "lease_ms": lease_ms}, scalar_row)

    async def extend(self, epoch: Epoch, *, lease_ms: int) -> None:
        if not await self._database.run(EXTEND, {"epoch": epoch, "lease_ms": lease_ms}):
            raise Conflict(f"the lease of relay {epoch} was given back or taken over")

    async def give_back(self, epoch: Epoch) -> None:
        await self._database.run(GIVE_BACK, {"epoch": epoch})
