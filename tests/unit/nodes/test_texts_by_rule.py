"""Regular expressions, templates, times."""

from typing import Any

import pytest

from chaingraph.errors import Rejected
from tests.node_bodies import FakeScope, ran

GLOBAL = {"global": True}


@pytest.mark.parametrize(
    ("values", "result", "count"),
    [
        ({"sourceText": "a1 b22", "pattern": r"\d+", "flags": GLOBAL}, "1 22", 2),
        ({"sourceText": "k=v", "pattern": r"(\w)=(\w)"}, "k=v k v", 3),
        ({"sourceText": "ab", "pattern": "(a)|(b)", "joinDelimiter": ";"}, "a;a;", 3),
        ({"sourceText": "abc", "pattern": r"\d"}, "", 0),
        (
            {
                "sourceText": "a-b",
                "pattern": r"\w",
                "mode": "replace",
                "flags": GLOBAL,
                "replacementText": "<$&>",
            },
            "<a>-<b>",
            2,
        ),
        (
            {
                "sourceText": "john smith",
                "pattern": r"(\w+) (\w+)",
                "mode": "replace",
                "replacementText": "$2, $1 $3 $$ $12",
            },
            "smith, john $3 $ john2",
            3,
        ),
        (
            {"sourceText": "xay", "pattern": "a", "mode": "replace", "replacementText": "[$`|$']"},
            "x[x|y]y",
            1,
        ),
        (
            {"sourceText": "ab", "pattern": "(?<x>a)", "mode": "replace", "replacementText": "$<x>$<none>!"},
            "a!b",
            2,
        ),
        ({"sourceText": "ab", "pattern": "a", "mode": "replace", "replacementText": "$<x>"}, "$<x>b", 1),
        (
            {"sourceText": "abc", "pattern": "B", "mode": "test", "flags": {"caseInsensitive": True}},
            "true",
            1,
        ),
        ({"sourceText": "abc", "pattern": "x", "mode": "test"}, "false", 0),
        (
            {
                "sourceText": "a1b2",
                "pattern": r"([a-z])(\d)|(z)",
                "mode": "extract",
                "flags": GLOBAL,
                "joinDelimiter": ",",
            },
            "a,1,b,2",
            4,
        ),
    ],
)
def test_regular_expressions(values: dict[str, Any], result: str, count: int) -> None:
    found = ran("RegExpNode", **values)

    assert (found["result"], found["matchCount"], found["hasMatches"]) == (result, count, bool(count))


@pytest.mark.parametrize(
    ("source", "pattern", "message"),
    [
        ("", "a", "Source text is required"),
        ("a", "", "Pattern is required"),
        ("a", "(", "Invalid regular expression"),
        ("a" * 60 + "c", "^(a|aa)+$", "takes too long"),
    ],
)
def test_expressions_that_do_not_work(source: str, pattern: str, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        ran("RegExpNode", sourceText=source, pattern=pattern)


VARIABLES: dict[str, Any] = {
    "who": "Eve",
    "n": 3,
    "zero": 0,
    "none": None,
    "no": False,
    "list": [{"x": 1}, {"x": 2}],
    "empty": [],
    "home": {"city": "Rome", "a b": "c"},
    "html": "<b>",
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{who}} has {{n}}{{missing}}{{none}}", "Eve has 3"),
        ("{{html}}{{{html}}}{{& html}}", "<b><b><b>"),
        ("{{home.city}} {{home/city}} {{home.[a b]}} {{list.[1].x}} {{this.who}}", "Rome Rome c 2 Eve"),
        ("{{no}} {{list}}", "false [object Object],[object Object]"),
        ("{{! nothing }}a{{!-- }} --}}b", "ab"),
        ("\\{{who}} {{who}}", "{{who}} Eve"),
        ("\\\\{{who}} {{who}}", "\\Eve Eve"),
        ("{{../who}}.", "."),
        ("{{#if who}}yes{{else}}no{{/if}}", "yes"),
        ("{{#if zero}}yes{{else}}no{{/if}}", "no"),
        ("{{#if zero includeZero=true}}yes{{/if}}", "yes"),
        ("{{#if empty}}yes{{else if n}}n{{else}}no{{/if}}", "n"),
        ("{{#unless who}}a{{else}}b{{/unless}}", "b"),
        ("{{^if who}}a{{^}}b{{/if}}", "b"),
        ("{{#each list}}{{@index}}:{{x}}{{#unless @last}},{{/unless}}{{/each}}", "0:1,1:2"),
        ("{{#each home}}{{@key}}={{this}};{{/each}}", "city=Rome;a b=c;"),
        ("{{#each empty}}x{{else}}none{{/each}}", "none"),
        (
            "{{#each list as |person place|}}{{place}}{{person.x}}{{../who}}{{@root.n}} {{/each}}",
            "01Eve3 12Eve3 ",
        ),
        ("{{#with home}}{{city}}{{../n}}{{else}}x{{/with}}", "Rome3"),
        ("{{#with none}}x{{else}}y{{/with}}", "y"),
        ("{{#with home as |h|}}{{h.city}}{{/with}}", "Rome"),
        ("{{#list}}{{x}}{{/list}}{{#home}}{{city}}{{/home}}{{#no}}x{{/no}}{{^no}}z{{/no}}", "12Romez"),
        ("{{lookup home 'city'}} {{uppercase (lowercase who)}} {{uppercase \"a}b\"}}", "Rome EVE A}B"),
        ("{{json list}}", '[\n  {\n    "x": 1\n  },\n  {\n    "x": 2\n  }\n]'),
        ("{{yaml home}}|{{yml n}}", "city: Rome\na b: c\n|3\n"),
        ("{{log who}}a {{~who~}} b", "aEveb"),
        ("a\n{{#if who}}\n  b\n{{/if}}\nc", "a\n  b\nc"),
        ("  {{! alone }}  \nx", "x"),
        ("{{true}} {{12}} {{'text'}} {{null}}", "true 12 text "),
    ],
)
def test_handlebars(template: str, text: str) -> None:
    assert ran("HandlebarsTemplateNode", template=template, variables=VARIABLES)["renderedText"] == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{#if a}}", "'if' is not closed"),
        ("{{/if}}", "closes no block"),
        ("{{#if a}}{{/each}}", "closes no block"),
        ("{{else}}", "else without a block"),
        ("{{#if a}}{{else}}{{else}}{{/if}}", "else without a block"),
        ("{{who", "is not closed"),
        ("{{}}", "is malformed"),
        ("{{a (b}}", "is malformed"),
        ("{{a )}}", "is malformed"),
        ("{{a b=}}", "is malformed"),
        ("{{> part}}", "partials"),
        ("{{shout who}}", 'missing helper "shout"'),
        ("{{#shout who}}{{/shout}}", 'missing helper "shout"'),
        ("{{#if a}}" * 60 + "{{/if}}" * 60, "nest deeper"),
        ("{{" + "(" * 60 + "a" + ")" * 60 + "}}", "is malformed"),
        ("{{#each many}}{{#each ../many}}{{#each ../many}}x{{/each}}{{/each}}{{/each}}", "renders too much"),
        ("{{#each many}}{{@root.long}}{{/each}}", "text is too long"),
    ],
)
def test_templates_that_do_not_work(template: str, message: str) -> None:
    variables = {"many": list(range(600)), "long": "x" * 20_000}

    with pytest.raises(Rejected, match=message):
        ran("HandlebarsTemplateNode", template=template, variables=variables)


def test_variables_in_braces() -> None:
    found = ran("LangchainTemplateNode", template="{who} has {n} {{keys}}", variables=VARIABLES)

    assert found["renderedText"] == "Eve has 3 {keys}"


def test_values_in_braces_that_are_no_texts_are_json() -> None:
    variables = {"o": {"a": 1}, "l": [1, "x"], "t": True, "none": None}

    found = ran("LangchainTemplateNode", template="{o} {l} {t} {none}", variables=variables)

    assert found["renderedText"] == '{"a":1} [1,"x"] true null'


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{gone}", "Missing value for input variable `gone`"),
        ("{ n }", "` n `"),
        ("{", "Unclosed '{' in"),
        ("a } b", "Single '}' in"),
    ],
)
def test_places_that_cannot_be_filled(template: str, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        ran("LangchainTemplateNode", template=template, variables=VARIABLES)


AFTERNOON = 1_767_625_445_678


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "2026-01-05T15:04:05.678Z"),
        ({"timeFormat": "Locale"}, "1/5/2026, 3:04:05 PM"),
        ({"timeFormat": "Locale", "timezone": "Asia/Tokyo"}, "1/6/2026, 12:04:05 AM"),
        ({"timeFormat": "Custom"}, "2026-01-05 15:04:05"),
        ({"timeFormat": "Custom", "customFormat": "MMM DD, h:mm a"}, "Jan 05, 3:04 pm"),
        ({"timeFormat": "Custom", "customFormat": "hh A"}, "03 PM"),
        ({"timeFormat": "Custom", "customFormat": ""}, "2026-01-05T15:04:05.678Z"),
        ({"timeFormat": "Locale", "timezone": "Mars/Base"}, "2026-01-05T15:04:05.678Z"),
        ({"timeFormat": "Locale", "timezone": "../etc"}, "2026-01-05T15:04:05.678Z"),
    ],
)
def test_times(values: dict[str, str], text: str) -> None:
    found = ran("ServerTimeNode", FakeScope(now=AFTERNOON), **values)

    assert found["formattedTime"] == text
    assert (found["timestampSeconds"], found["timestampMilliseconds"]) == (1_767_625_445, AFTERNOON)
