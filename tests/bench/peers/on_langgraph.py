"""LangGraph: asynchronous nodes, which are faster there than plain functions."""

import operator
from collections.abc import Mapping
from typing import Annotated, TypedDict

from langgraph.graph import END, START, StateGraph

from tests.bench.peers.engine import Engine, RunOnce


class Value(TypedDict):
    value: int


class Values(TypedDict):
    value: int
    parts: Annotated[list[int], operator.add]


async def _add_one(state: Value) -> Value:
    return {"value": state["value"] + 1}


async def _add_part(state: Values) -> dict[str, list[int]]:
    return {"parts": [state["value"] + 1]}


async def _total(state: Values) -> Value:
    return {"value": 1 + sum(state["parts"])}


def chain(length: int) -> RunOnce:
    names = [f"n{place}" for place in range(length)]
    builder = StateGraph(Value)
    for name in names:
        builder.add_node(name, _add_one)
    for source, target in zip([START, *names], [*names, END], strict=True):
        builder.add_edge(source, target)
    return _runner(builder, {"value": 0})


def fan(width: int) -> RunOnce:
    middle = [f"m{place}" for place in range(width)]
    builder = StateGraph(Values)
    builder.add_node("first", _add_one)
    builder.add_node("last", _total)
    for name in middle:
        builder.add_node(name, _add_part)
        builder.add_edge("first", name)
    builder.add_edge(START, "first")
    builder.add_edge(middle, "last")
    builder.add_edge("last", END)
    return _runner(builder, {"value": 0, "parts": []})


def _runner(builder: StateGraph, start: Mapping[str, object]) -> RunOnce:
    graph = builder.compile()
    settings = {"recursion_limit": 10_000}

    async def run_once() -> int:
        return (await graph.ainvoke(start, settings))["value"]

    return run_once


LANGGRAPH = Engine("LangGraph", "langgraph", "nothing", chain, fan)
