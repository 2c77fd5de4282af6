"""When things come due: recurrence rules and the tick."""
