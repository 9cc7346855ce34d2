"""Reports as text: one clip in detail, or several side by side."""

from __future__ import annotations

from tools.clip_clinic.checks import Check, ClipReport

_MARKS = {"green": " ", "amber": "!", "red": "#"}


def table(reports: list[ClipReport]) -> str:
    """One report: a line per check. Several: a line per clip. "!" is amber, "#" is red."""
    return _detailed(reports[0]) if len(reports) == 1 else _compared(reports)


def _detailed(report: ClipReport) -> str:
    lines = [f"{report.clip}: {report.verdict}"]
    for check in report.checks:
        where = f"frame {check.frame}" if check.frame >= 0 and check.value > 0.0 else ""
        lines.append(
            f"  {_MARKS[check.verdict]} {check.name:<15}{check.value:>9.2f} {check.unit:<9}"
            f"good {check.good:g}, bad {check.bad:g}".ljust(60)
            + f"{where:<11} {check.note}".rstrip()
        )
    return "\n".join(lines)


def _compared(reports: list[ClipReport]) -> str:
    rows = [["clip", *columns(reports)], *([r.clip, *cells(r, columns(reports))] for r in reports)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)


def columns(reports: list[ClipReport]) -> list[str]:
    """Names of all checks in the order of their first report."""
    return list(dict.fromkeys(check.name for report in reports for check in report.checks))


def cells(report: ClipReport, names: list[str]) -> list[str]:
    """A report's figures under these names, "-" where a check does not apply."""
    checks = {check.name: check for check in report.checks}
    return [_cell(checks[name]) if name in checks else "-" for name in names]


def _cell(check: Check) -> str:
    digits = 0 if check.value >= 100.0 else 1 if check.value >= 10.0 else 2
    return f"{check.value:.{digits}f}{_MARKS[check.verdict].strip()}"


def markdown(reports: list[ClipReport]) -> str:
    """The comparison as a Markdown table; units stand in the head."""
    names = columns(reports)
    units = {check.name: check.unit for report in reports for check in report.checks}
    head = "| clip | " + " | ".join(f"{name} ({units[name]})" for name in names) + " |"
    rows = ["| " + " | ".join([r.clip, *cells(r, names)]) + " |" for r in reports]
    return "\n".join([head, "|---" * (len(names) + 1) + "|", *rows])
