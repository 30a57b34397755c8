"""How dates read in German: 1. März 2026."""

DATE_FORMAT = "j. F Y"
SHORT_DATE_FORMAT = "j.n.Y"
DATETIME_FORMAT = "j. F Y, H:i"
