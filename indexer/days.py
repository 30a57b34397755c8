"""Which days a person may name: others are mistakes, and at its ends the calendar has no time zones."""

from datetime import UTC, datetime

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)
