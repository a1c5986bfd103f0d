"""What an installation consists of (a CycloneDX SBOM), and what is known against it (an audit)."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.release.archives import ReleaseError

# The service answers within seconds or not at all.
_SECONDS = 300
_BOMS = "bom.cdx.json"


def environment(wheel: Path, folder: Path) -> str:
    """The Python of a fresh environment that holds the wheel with all of its extras."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    subprocess.run([*pip, f"{wheel}[hub,mcp]"], check=True)
    return python


def write_bom(python: str, wheel: Path, project: Path) -> Path:
    """The SBOM of an environment, beside its wheel; equal environments give equal files."""
    out = wheel.with_name(f"{wheel.stem}.{_BOMS}")
    tool = (sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible")
    words = (*tool, "--pyproject", str(project), "-o", str(out), python)
    subprocess.run(words, check=True, capture_output=True)
    text = out.read_text(encoding="utf-8")
    if str(Path(python).parents[1]) in text or not json.loads(text)["components"]:
        message = f"{out.name} names a folder of this machine, or no component"
        raise ReleaseError(message)
    return out


def audit(python: str) -> str:
    """What is known against the packages of an environment, in a sentence.

    Raises:
        ReleaseError: something is; the message says what.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        pip = (sys.executable, "-m", "pip", "--python", python, "freeze", "--exclude", "llmpick")
        listed.write_bytes(subprocess.run(pip, check=True, capture_output=True).stdout)
        tool = (sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "-f", "json")
        words = (*tool, "--progress-spinner", "off", "--timeout", "10", "-r", str(listed))
        env = {**os.environ, "XDG_CACHE_HOME": folder}
        try:
            done = subprocess.run(
                words, env=env, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return f"not audited: no answer within {_SECONDS} seconds"
    return outcome(done.stdout)


def outcome(report: str) -> str:
    """The outcome of a report of pip-audit.

    A service that cannot be reached is no good news: pip-audit skips what it cannot ask about.
    """
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return "not audited: the service of known vulnerabilities cannot be reached from here"
    skipped = [item["name"] for item in packages if "skip_reason" in item]
    wrong = [
        f"{item['name']} {item['version']}: {', '.join(found['id'] for found in item['vulns'])}"
        for item in packages
        if item.get("vulns")
    ]
    if wrong:
        raise ReleaseError("; ".join(wrong))
    if len(skipped) == len(packages):
        return "not audited: the service of known vulnerabilities knows none of the packages"
    left = f", but for {', '.join(skipped)}" if skipped else ""
    return f"nothing is known against {len(packages) - len(skipped)} packages{left}"
