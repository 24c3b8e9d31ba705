"""A plugin of pytest: how skips reach ctest."""

from __future__ import annotations

import pytest

SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Tell ctest that nothing ran, rather than that all is well."""
    stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
    if exitstatus == 0 and stats.get("skipped") and not stats.get("passed"):
        session.exitstatus = SKIPPED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print skips the way GoogleTest does: `run` reads the line after "Skipped" as the reason."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        terminalreporter.write_line(f"{report.nodeid}: Skipped\n{reason}")
