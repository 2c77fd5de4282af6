"""Logs: what happened, never what was said nor by whom."""

import logging
import sys
from typing import Literal, TextIO

import structlog


def configure_logs(level: str, form: Literal["console", "json"], to: TextIO | None = None) -> None:
    """Send logs to standard error (or `to`), as lines for people or as JSON."""
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,  # by which turn lines belong together
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=to or sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries log addresses and texts of events; theirs stay out but for what is serious.
    logging.basicConfig(level=logging.CRITICAL)
