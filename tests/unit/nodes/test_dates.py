"""Dates and waits for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.errors import Rejected
from chaingraph.nodes.durations import iso_duration, iso_text_of
from tests.node_bodies import FakeScope, ran

JANUARY = "2026-01-31T08:30:00.000Z"


@pytest.mark.parametrize(
    ("amount", "unit", "result"),
    [
        (1, "months", "2026-02-28T08:30:00.000Z"),
        (25, "months", "2028-02-29T08:30:00.000Z"),
        (-2, "months", "2025-11-30T08:30:00.000Z"),
        (-1, "years", "2025-01-31T08:30:00.000Z"),
        (2, "weeks", "2026-02-14T08:30:00.000Z"),
        (1, "days", "2026-02-01T08:30:00.000Z"),
        (1.5, "hours", "2026-01-31T10:00:00.000Z"),
        (-31, "minutes", "2026-01-31T07:59:00.000Z"),
        (0.25, "seconds", "2026-01-31T08:30:00.250Z"),
        (1, "milliseconds", "2026-01-31T08:30:00.001Z"),
        (0, "years", JANUARY),
    ],
)
def test_time_is_added(amount: float, unit: str, result: str) -> None:
    assert ran("DateAddNode", date=JANUARY, amount=amount, unit=unit)["result"] == result


@pytest.mark.parametrize(
    ("duration", "result"),
    [
        ("P1M", "2026-02-28T08:30:00.000Z"),
        ("P1Y1M1DT1H1M1.5S", "2027-03-01T09:31:01.500Z"),
        ("-P1W", "2026-01-24T08:30:00.000Z"),
        ("PT0,5H", "2026-01-31T09:00:00.000Z"),
        (" P0D ", JANUARY),
    ],
)
def test_durations_of_iso_8601_are_added(duration: str, result: str) -> None:
    assert ran("DateAddNode", date=JANUARY, duration=duration)["result"] == result


@pytest.mark.parametrize(
    "duration", ["P", "PT", "1D", "P1", "P1H", "PT1D", "P1.5M", "P1DT", "P-1D", "P1M2Y", "x"]
)
def test_what_is_no_duration_is_refused(duration: str) -> None:
    with pytest.raises(Rejected):
        ran("DateAddNode", date=JANUARY, duration=duration)


def test_a_day_in_a_zone_is_the_same_time_of_the_next_day() -> None:
    before_the_change = "2026-03-28T12:00:00Z"

    local = ran("DateAddNode", date=before_the_change, timezone="Europe/Paris")["result"]
    exact = ran("DateAddNode", date=before_the_change, amount=24, unit="hours", timezone="Europe/Paris")

    assert local == "2026-03-29T11:00:00.000Z"
    assert exact["result"] == "2026-03-29T12:00:00.000Z"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"amount": 0.5, "unit": "months"}, "months must be a whole number"),
        ({"amount": float("nan"), "unit": "days"}, "days must be a whole number"),
        ({"amount": "2"}, "The amount must be a number"),
        ({"unit": "centuries"}, 'Unknown unit of time: "centuries"'),
        ({"amount": 10**300, "unit": "years"}, "outside of the years 1 to 9999"),
        ({"amount": -2026, "unit": "years"}, "outside of the years 1 to 9999"),
        ({"amount": 1e300, "unit": "hours"}, "outside of the years 1 to 9999"),
        ({"timezone": "Mars/Olympus"}, 'There is no time zone "Mars/Olympus"'),
        ({"timezone": "../../etc/passwd"}, "There is no time zone"),
        ({"date": ""}, "A date is required"),
        ({"date": "tomorrow"}, '"tomorrow" is not a date in ISO 8601'),
        ({"date": "2026-02-30"}, "is not a date in ISO 8601"),
        ({"date": "0001-01-01T00:00:00+14:00"}, "is not a date in ISO 8601"),
        ({"date": float("inf")}, "outside of the years 1 to 9999"),
    ],
)
def test_what_is_no_time_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(Rejected, match=message):
        ran("DateAddNode", **{"date": JANUARY, **values})


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        ("2026-01-05", "2026-01-05T00:00:00.000Z"),
        ("2026-01-05T08:00", "2026-01-05T08:00:00.000Z"),
        ("2026-01-05 08:00:00+02:00", "2026-01-05T06:00:00.000Z"),
        ("20260105T080000Z", "2026-01-05T08:00:00.000Z"),
        ("2026-W02-1", "2026-01-05T00:00:00.000Z"),
        (1_767_600_000_000, "2026-01-05T08:00:00.000Z"),
    ],
)
def test_dates_are_read(date: object, instant: str) -> None:
    assert ran("DateAddNode", date=date, amount=0)["result"] == instant


@pytest.mark.parametrize(
    ("start", "end", "unit", "difference"),
    [
        ("2026-01-31", "2026-02-28", "months", 1),
        ("2026-01-31", "2026-02-27", "months", 0),
        ("2026-03-31", "2026-02-28", "months", -1),
        ("2026-03-31", "2026-03-01", "months", 0),
        ("2024-02-29", "2026-02-28", "years", 2),
        ("2024-02-29", "2026-02-27", "years", 1),
        ("2026-01-01", "2024-12-31", "years", -1),
        ("2026-01-01", "2026-01-02T12:00", "days", 1.5),
        ("2026-01-08", "2026-01-01", "weeks", -1),
        ("2026-01-01T00:00:00.250Z", "2026-01-01", "milliseconds", -250),
    ],
)
def test_differences(start: str, end: str, unit: str, difference: float) -> None:
    found = ran("DateDifferenceNode", **{"from": start, "to": end, "unit": unit})

    assert found["difference"] == difference


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "PT0S"),
        (86_400_000, "P1D"),
        (90_061_500, "P1DT1H1M1.5S"),
        (-60_000, "-PT1M"),
        (10, "PT0.01S"),
        (3_600_000, "PT1H"),
    ],
)
def test_durations_are_written(milliseconds: int, text: str) -> None:
    assert iso_text_of(milliseconds) == text


@given(st.integers(-(10**14), 10**14))
def test_a_written_duration_can_be_read(milliseconds: int) -> None:
    read = iso_duration(iso_text_of(milliseconds))

    assert read.days * 86_400_000 + round(read.milliseconds) == milliseconds


def test_a_difference_is_a_duration_too() -> None:
    found = ran("DateDifferenceNode", **{"from": "2026-01-01", "to": "2026-01-02T06:00"})

    assert found["duration"] == "P1DT6H"
    with pytest.raises(Rejected, match="Unknown unit"):
        ran("DateDifferenceNode", **{"from": "2026-01-01", "to": "2026-01-02", "unit": "eons"})


def test_the_parts_of_a_date() -> None:
    parts = ran("DatePartsNode", date="2025-12-31T23:30:15.250Z", timezone="Europe/Paris")

    wanted = {"year": 2026, "month": 1, "day": 1, "hour": 0, "minute": 30, "second": 15, "millisecond": 250}
    assert {key: parts[key] for key in wanted} == wanted
    assert (parts["weekday"], parts["week"], parts["dayOfYear"]) == (4, 1, 1)


def test_a_date_that_a_zone_cannot_show_is_refused() -> None:
    with pytest.raises(Rejected, match="outside of the years"):
        ran("DatePartsNode", date="9999-12-31T23:59:59Z", timezone="Asia/Tokyo")


def test_dates_are_written_for_people() -> None:
    text = ran(
        "DateFormatNode", date="2026-01-05T20:03:09Z", format="DD MMM YYYY, h:mm A", timezone="Asia/Tokyo"
    )

    assert text["text"] == "06 Jan 2026, 5:03 AM"


@pytest.mark.parametrize(
    ("period", "zone", "start"),
    [
        ("minute", "UTC", "2026-07-15T10:47:00.000Z"),
        ("hour", "Asia/Kolkata", "2026-07-15T10:30:00.000Z"),
        ("day", "America/New_York", "2026-07-15T04:00:00.000Z"),
        ("week", "UTC", "2026-07-13T00:00:00.000Z"),
        ("month", "Europe/Paris", "2026-06-30T22:00:00.000Z"),
        ("year", "Europe/Paris", "2025-12-31T23:00:00.000Z"),
    ],
)
def test_periods_have_a_start(period: str, zone: str, start: str) -> None:
    found = ran("DateStartNode", date="2026-07-15T10:47:33.123Z", period=period, timezone=zone)

    assert found["result"] == start


def test_a_period_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Rejected, match="Unknown period: null"):
        ran("DateStartNode", date=JANUARY, period=None)


def test_timestamps_are_dates() -> None:
    assert ran("TimestampToDateNode", timestamp=1_767_600_000_123)["date"] == "2026-01-05T08:00:00.123Z"
    assert ran("TimestampToDateNode", timestamp=-1, unit="seconds")["date"] == "1969-12-31T23:59:59.000Z"
    assert ran("DateToTimestampNode", date="2026-01-05T08:00:00.123Z")["timestamp"] == 1_767_600_000_123
    assert ran("DateToTimestampNode", date="1970-01-01T00:00:01.5Z", unit="seconds")["timestamp"] == 1.5
    with pytest.raises(Rejected, match="must be a number"):
        ran("TimestampToDateNode", timestamp="now")
    with pytest.raises(Rejected, match="Unknown unit"):
        ran("DateToTimestampNode", date=JANUARY, unit="days")


def test_a_delay_lasts_until_its_date() -> None:
    scope = FakeScope(now=1_767_600_000_000)

    waited = ran("DelayUntilNode", scope, date="2026-01-05T08:01:30.500Z")

    assert scope.slept == [90.5]
    assert waited["waitedMilliseconds"] == 90_500


def test_a_delay_until_a_date_that_has_passed_is_none() -> None:
    scope = FakeScope(now=1_767_600_000_000)

    assert ran("DelayUntilNode", scope, date="2026-01-05")["waitedMilliseconds"] == 0
    assert scope.slept == [0]
    with pytest.raises(Rejected, match="A date is required"):
        ran("DelayUntilNode")
