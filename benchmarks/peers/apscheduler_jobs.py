"""APScheduler with jobs of its own, in a process of its own: how long it takes to start and to fire
what is due.

The jobs do nothing but count. `populate` writes them into the store, in bulk; `fire` starts the
scheduler (for the memory store this is where the jobs come in, at each start) and lets it fire.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from apscheduler.job import Job
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.util import datetime_to_utc_timestamp

from benchmarks.process import Stall, most_memory

_AT_ONCE = 5000
fired = 0


async def fire() -> None:
    """Do the job."""
    global fired
    fired += 1


def moment(number: int, due: int, now: datetime) -> datetime:
    """Return when a job is due: the first so many a minute ago."""
    if number < due:
        return now - timedelta(minutes=1)
    return now + timedelta(days=1, minutes=number % 40_000)


def populate(url: str, jobs: int, due: int) -> dict[str, float | int]:
    """Write the jobs as the store itself would, but many at once."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore

    scheduler, store = AsyncIOScheduler(timezone=UTC), SQLAlchemyJobStore(url)
    store.start(scheduler, "default")
    now = datetime.now(UTC)
    trigger = CronTrigger(day_of_week="mon", hour=9, timezone=UTC)
    for first in range(0, jobs, _AT_ONCE):
        rows = []
        for number in range(first, min(first + _AT_ONCE, jobs)):
            job = Job(
                scheduler,
                id=str(number),
                func=fire,
                args=(),
                kwargs={},
                trigger=trigger,
                name="fire",
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
                executor="default",
                next_run_time=moment(number, due, now),
            )
            rows.append(
                {
                    "id": job.id,
                    "next_run_time": datetime_to_utc_timestamp(job.next_run_time),
                    "job_state": pickle.dumps(job.__getstate__(), store.pickle_protocol),
                }
            )
        with store.engine.begin() as connection:
            connection.execute(store.jobs_t.insert(), rows)
    return {"jobs": jobs}


async def run(url: str, jobs: int, due: int) -> dict[str, float | int]:
    """Start, then let what is due be fired."""
    now = datetime.now(UTC)
    begun = time.perf_counter()
    scheduler = AsyncIOScheduler(timezone=UTC)
    if url == "memory":
        scheduler.add_jobstore(MemoryJobStore())
        scheduler.start(paused=True)
        for number in range(jobs):
            scheduler.add_job(
                fire,
                CronTrigger(day_of_week="mon", hour=9, timezone=UTC),
                id=str(number),
                next_run_time=moment(number, due, now),
                misfire_grace_time=None,
                coalesce=True,
            )
    else:
        scheduler.add_jobstore("sqlalchemy", url=url)
        scheduler.start(paused=True)
    startup = time.perf_counter() - begun
    async with Stall() as stall:
        await asyncio.sleep(0)
        begun = time.perf_counter()
        scheduler.resume()
        while fired < due:  # noqa: ASYNC110 - a job tells nobody, so as to cost nothing
            await asyncio.sleep(0.005)
        seconds = time.perf_counter() - begun
    scheduler.shutdown(wait=False)
    return {
        "schedules": jobs,
        "due": due,
        "startup_s": startup,
        "due_handled": fired,
        "due_s": seconds,
        "stall_ms": stall.longest,
        "most_memory_mib": most_memory(),
    }


def main() -> None:
    """Do what the arguments say: `populate` or `fire`, URL (or `memory`), jobs, how many due."""
    what, url, jobs, due = sys.argv[1:]
    if what == "populate":
        print(json.dumps(populate(url, int(jobs), int(due))))
    else:
        print(json.dumps(asyncio.run(run(url, int(jobs), int(due)))))


if __name__ == "__main__":
    main()
