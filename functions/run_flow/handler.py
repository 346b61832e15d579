"""Wires one slice of the engine."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from chaingraph.aws.lambda_entry import Function, Invocation, LambdaEntry, utc_now
from chaingraph.aws.telemetry import Telemetry
from chaingraph.engine.identity import TreeLimits
from chaingraph.execution.callbacks import CallbackUrls
from chaingraph.execution.slots import SlotLimits
from chaingraph.ids import WorkerId
from chaingraph.nodes.installed import known_node_types
from chaingraph.outbound.facilities import facilities_of
from chaingraph.settings import Settings
from chaingraph.usecases.run_slice import Plans
from chaingraph.usecases.slice_writer import WriterSettings
from chaingraph.usecases.slices import SliceSettings
from functions.database import database_of
from functions.outside import outside_of
from functions.run_flow.reports import TurnReporter
from functions.run_flow.tasks import RunFlowAdapters, serve

# What a slice has at least, when the margin is longer than the time that is left.
SHORTEST_SLICE_MS = 1_000


def open_adapters(settings: Settings) -> RunFlowAdapters:
    database = database_of(settings)
    return RunFlowAdapters(
        outside=replace(
            outside_of(settings, database),
            facilities=facilities_of(settings, os.environ, utc_now),
            callback_urls=CallbackUrls(settings.public_url, secrets.token_bytes),
        ),
        slice_settings=partial(slice_settings, settings),
        plans=Plans(known_node_types()),
        worker_id=WorkerId(secrets.token_hex(8)),
        on_report=TurnReporter(Telemetry("run_flow", settings.metrics_namespace)),
    )


def slice_settings(settings: Settings, remaining_ms: int) -> SliceSettings:
    """`remaining_ms`: until the function is killed."""
    return SliceSettings(
        writer=WriterSettings(lease_ms=settings.claim_timeout_ms, poll_ms=settings.command_poll_interval_ms),
        tree=TreeLimits(
            max_depth=settings.max_execution_depth, max_children=settings.max_children_per_parent
        ),
        start_timeout_ms=settings.start_timeout_seconds * 1000,
        awake_ms=settings.awake_ms,
        slice_ms=max(SHORTEST_SLICE_MS, remaining_ms - settings.slice_margin_ms),
        slots=SlotLimits(settings.queue_concurrency, settings.queue_concurrency_per_owner),
        max_turns=settings.max_turns,
    )


async def _serve(
    payload: Mapping[str, object], adapters: RunFlowAdapters, invocation: Invocation
) -> dict[str, object]:
    return await serve(payload, adapters, invocation.get_remaining_time_in_millis())


handler = LambdaEntry(Function("run_flow", open_adapters, _serve))
