"""Judging a run: wait for calm, audit without patience, and compare with what customers were told."""

import asyncio
import subprocess
import time
from datetime import datetime

from ops import audit, places
from ops.audit import Books, Report
from ops.chaos import calm, verdict
from ops.chaos.happening import Happening
from ops.chaos.verdict import Recovery, Verdict
from ops.local.cluster import SIZE, Cluster
from ops.servers import Say

_SETTLED_SECONDS = 60


async def judge(happening: Happening, books: Books, began: datetime, say: Say) -> Verdict:
    """Wait for calm and write down what became of everything."""
    wanted, stage = happening.wanted, happening.scene.stage
    minutes, since = happening.minutes, time.monotonic()
    waiting = await calm.calm(stage, books, say, patience=wanted.patience)
    calm_seconds = time.monotonic() - since
    report = await _audited(books)
    findings = verdict.found(report)
    stuck = verdict.total(findings, verdict.LATE)
    known = verdict.OVERSOLD | verdict.CHARGED | verdict.LATE
    recoveries = tuple(_recovery(kind, times) for kind, times in sorted(happening.times.items()))
    return Verdict(
        seed=wanted.seed,
        commit=_commit(),
        began=began,
        minutes=round(minutes, 1),
        nodes=SIZE if isinstance(stage.rabbitmq, Cluster) else 1,
        faults=happening.injected,
        answers=dict(sorted(happening.customers.answers.items())),
        accepted=len(happening.customers.accepted),
        ended=await verdict.ended(books),
        lost=await verdict.lost(books, happening.customers.accepted),
        oversold=verdict.total(findings, verdict.OVERSOLD),
        double_charged=verdict.total(findings, verdict.CHARGED),
        stuck=stuck or sum(waiting.values()),
        untold=await verdict.untold(books),
        dead=await calm.dead_letters(stage, books),
        other_violations=sum(findings.values()) - verdict.total(findings, known),
        never_recovered=sum(each.never for each in recoveries),
        heard=happening.tap.heard,
        duplicates=happening.tap.repeated,
        copies=happening.tap.copies,
        calm_seconds=round(calm_seconds, 1),
        baseline_seconds=round(happening.baseline, 2),
        recoveries=recoveries,
        findings=findings,
        examples={
            each.name: [str(example) for example in each.examples] for each in report.invariants if each.examples
        },
        waiting=dict(waiting),
    )


async def _audited(books: Books) -> Report:
    """Audit without any patience, again until nothing is found or a minute is over."""
    deadline = time.monotonic() + _SETTLED_SECONDS
    while True:
        report = await audit.audit(books)
        if report.ok or time.monotonic() > deadline:
            return report
        await asyncio.sleep(2)


def _recovery(kind: str, times: list[float | None]) -> Recovery:
    seconds = tuple(round(each, 2) for each in times if each is not None)
    return Recovery(kind=kind, seconds=seconds, never=times.count(None))


def _commit() -> str:
    command = ["git", "-C", str(places.root()), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.stdout.strip() or "unknown"
