"""Every call of the OpenAPI document, tried with what it allows and with what it does not.

``ORDERFLEET_TEST_EXAMPLES`` says how many examples each call gets beside those that cover its edges, and
``ORDERFLEET_TEST_SEED`` repeats a run.
"""

import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from ops import seed
from tests.integration.gateway.following import Gateway, gateway
from workers.runtime.settings import Settings

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = int(os.environ.get("ORDERFLEET_TEST_EXAMPLES", "3"))
SEED = int(os.environ.get("ORDERFLEET_TEST_SEED", random.SystemRandom().randrange(2**32)))
PATIENCE = 300 + 3 * EXAMPLES


async def try_out(running: Gateway, directory: Path) -> tuple[int, str, dict[str, Any]]:
    """Return the exit code of the run, what it said, and its report."""
    report = directory / "report.json"
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), f"--config-file={CONFIG}", "--no-color"),
        *("run", str(running.http.base_url.join("/openapi.json"))),
        *(f"--max-examples={EXAMPLES}", f"--seed={SEED}", "--report=json", f"--report-json-path={report}"),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace"), json.loads(report.read_text())


async def test_no_call_answers_what_the_document_does_not_allow(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await seed.sow(settings)
    async with gateway(settings, tmp_path, audit_unsent_seconds=3600) as running, asyncio.timeout(PATIENCE):
        code, said, report = await try_out(running, tmp_path)
        audit = (await running.http.get("/audit")).json()
    cases, took = report["test_cases"]["generated"], report["running_time"]
    with capsys.disabled():
        print(f"\n{cases} requests by the document in {took:.0f} s, ORDERFLEET_TEST_SEED={SEED}")  # noqa: T201 - to repeat it
    assert code == 0, said
    assert report["operations"]["tested"] == report["operations"]["total"] > 30
    assert "request failed" not in running.process.said()
    assert [finding for finding in audit["invariants"] if finding["violations"]] == []
