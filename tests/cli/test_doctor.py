"""``llmpick doctor``: what people see, what programs read, and what a bug report must not tell."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

SERVER: dict[str, Any] = {
    "os": {"family": "linux", "distro": "debian", "version": "12", "container": "none"},
    "arch": "x86_64",
    "memory": {"total_gib": 64.0},
    "accelerators": [
        {
            "vendor": "nvidia",
            "name": "NVIDIA RTX A5000",
            "memory_gib": 23.99,
            "compute_capability": "8.6",
            "driver_bound": True,
            "driver": "nvidia",
            "bus_id": "0000:17:00.0",
        }
    ],
    "software": {"nvidia_driver": "550.90.07", "python": "3.11.2", "docker": False},
    "problems": [
        {
            "what": "The Docker engine runs, but this user may not use /var/run/docker.sock.",
            "fix": "Join the group docker.",
            "rule": "probe.docker.permission",
        }
    ],
}
TINY = {"os": {"family": "linux"}, "arch": "armv7l", "memory": {"total_gib": 0.25}}
FINDING = [
    *("rule", "severity", "what", "frameworks", "blocks", "details", "fix", "commands"),
    *("rules", "source", "checked"),
]


def _doctor(llmpick: Run, *arguments: str, machine: object = SERVER) -> Any:
    return llmpick("doctor", "--machine", "-", *arguments, stdin=json.dumps(machine))


def test_this_machine_is_examined(llmpick: Run) -> None:
    done = llmpick("doctor", "--json")
    assert done.code in {0, 3}
    assert {standing["framework"] for standing in done.json["frameworks"]} >= {"vllm", "ollama"}
    assert done.err == ""


def test_the_contracts_keys(llmpick: Run) -> None:
    done = _doctor(llmpick, "--json")
    assert done.code == 0
    assert "\n" not in done.out.rstrip("\n")
    answer = done.json
    assert list(answer) == [
        *("schema_version", "llmpick_version", "knowledge_date", "findings", "frameworks"),
        "report",
    ]
    assert answer["schema_version"] == "1.0"
    for finding in answer["findings"]:
        assert list(finding) == FINDING
        assert finding["severity"] in {"error", "warning", "hint"}
        assert finding["what"]
    for standing in answer["frameworks"]:
        assert {"framework", "platform", "ready", "methods", "blocked"} <= standing.keys()
        for obstacle in standing["blocked"]:
            assert obstacle["rule"]
            assert obstacle["text"]
    assert _doctor(llmpick, "--json").out == done.out


def test_the_table_tells_what_mends_it(llmpick: Run) -> None:
    text = _doctor(llmpick).out
    assert "warning  the Docker engine runs, but this user may not use it" in text
    assert "$ sudo usermod -aG docker $USER" in text
    assert "blocks: llama.cpp (docker)" in text
    assert re.search(r"vLLM +CPU only +cuda: pip no, docker no", text)
    before, fence, _ = text.partition("```")
    assert fence
    assert all(len(line) <= 80 for line in before.splitlines() if "$ " not in line)
    chinese = _doctor(llmpick, "--lang", "zh").out
    assert "警告" in chinese
    assert "$ sudo usermod -aG docker $USER" in chinese


def test_a_machine_without_a_fault_is_told_so(llmpick: Run) -> None:
    machine = {**SERVER, "problems": [], "software": {"nvidia_driver": "595.44", "docker": True}}
    machine["os"] = {**SERVER["os"], "libc": "glibc", "libc_version": "2.41"}
    done = _doctor(llmpick, "ollama", machine=machine)
    assert done.code == 0
    assert "nothing stands in the way" in done.out
    assert re.search(r"Ollama +ready +cuda: native yes, docker yes", done.out)


def test_frameworks_may_be_named(llmpick: Run) -> None:
    answer = _doctor(llmpick, "VLLM", "llama-cpp", "vllm", "--json").json
    assert {item["framework"] for item in answer["frameworks"]} == {"vllm", "llama.cpp"}
    assert _doctor(llmpick, "-o", "name").out.split()[0] == "llama.cpp"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("vlm",), ("vlm", "did you mean vllm")),
        (("--lang", "fr"), ("--lang", "fr")),
        (("-o", "xml"), ("--output", "xml")),
        (("\x1b[31m",), ("unknown framework",)),
    ],
)
def test_wrong_input_is_one_sentence(
    llmpick: Run, arguments: tuple[str, ...], named: tuple[str, ...]
) -> None:
    done = _doctor(llmpick, *arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1
    assert "\x1b" not in done.err
    assert all(part in done.err for part in named)


def test_a_file_that_is_no_machine(llmpick: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text("[]", encoding="utf-8")
    assert llmpick("doctor", "--machine", str(path)).code == 2
    assert llmpick("doctor", "--machine", "/nonexistent").code == 2


def test_nothing_can_run_is_exit_code_3(llmpick: Run) -> None:
    done = _doctor(llmpick, "vllm", "tgi", "--json", machine=TINY)
    assert done.code == 3
    assert not any(item["ready"] for item in done.json["frameworks"])
    assert done.json["findings"][0]["severity"] == "error"


def test_what_the_probe_writes_the_doctor_reads(llmpick: Run) -> None:
    probed = llmpick("probe", "--json").out
    there = llmpick("doctor", "--machine", "-", "--json", stdin=probed)
    here = llmpick("doctor", "--json")
    assert there.json["frameworks"] == here.json["frameworks"]


SECRETS = (
    *("alice", "Alice Liddell", "gpu-node-17", "corp.example", "0000:17:00.0", "3b:00.0"),
    *("GPU-2ace9bfc-3a2d-f5b9-d270-82d043f8a7b7", "1324021053482", "a4:bf:01:5e:77:0c"),
    *("/home/alice", "/Users/alice", "C:\\Users\\alice", "0x1b2c3d4e5f60718"),
)
HOSTILE: dict[str, Any] = {
    "name": "gpu-node-17.corp.example",
    "os": {
        "family": "linux",
        "distro": "ubuntu",
        "version": "24.04",
        "kernel": "6.8.0 (alice@gpu-node-17.corp.example) ```\n# injected",
        "libc": "glibc\x1b[31m",
    },
    "arch": "x86_64",
    "cpu": {"model": "EPYC \u202e/home/alice/cpu `whoami`"},
    "memory": {"total_gib": 8.0},
    "accelerators": [
        {
            "vendor": "nvidia",
            "name": "NVIDIA A10 GPU-2ace9bfc-3a2d-f5b9-d270-82d043f8a7b7 /Users/alice/x\x07",
            "memory_gib": 22.5,
            "compute_capability": "8.6",
            "bus_id": "00000000:3b:00.0",
            "driver": "nvidia 1324021053482",
            "details": {"unique_id": "0x1b2c3d4e5f60718", "serial": "1324021053482"},
        }
    ],
    "software": {
        "python": "3.12.1 (/home/alice/.venv)",
        "versions": {"C:\\Users\\alice\\tool": "1.0"},
        "installed": {"vllm": "0.33.0 a4:bf:01:5e:77:0c"},
        "absent": ["rocm"],
    },
    "problems": [
        {"what": "No rights on /home/alice for GPU at 0000:17:00.0.", "rule": "probe.nvidia.x"},
        {"what": "x", "rule": "/home/alice gpu-node-17\n```"},
    ],
}


def test_a_bug_report_tells_no_secrets(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "alice")
    monkeypatch.setenv("HOSTNAME", "gpu-node-17")
    monkeypatch.setenv("HOME", "/srv/people/alice")
    text = _doctor(llmpick, "--json", machine=HOSTILE).json["report"]
    assert not [secret for secret in SECRETS if secret in text]
    for line in ("x86_64", "EPYC", "NVIDIA A10", "22.5 GiB", "8.6", "vllm 0.33.0"):
        assert line in text
    assert "probe.nvidia.x" in text
    assert "`" not in text
    assert all(char.isprintable() or char == "\n" for char in text)
    assert all(re.match(r"[a-z ]+: ", line) for line in text.split("\n"))


def test_a_hostile_machine_does_not_steer_the_terminal(llmpick: Run) -> None:
    text = _doctor(llmpick, machine=HOSTILE).out
    assert not {"\x1b", "\u202e", "\x07"} & set(text)
    assert text.count("```") == 2
    assert "\x1b" not in _doctor(llmpick, "--json", machine=HOSTILE).out


def test_a_user_called_like_the_system_hides_nothing(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "debian")
    monkeypatch.setenv("LOGNAME", "nvidia")
    text = _doctor(llmpick, "--json").json["report"]
    assert "linux debian 12" in text
    assert "driver nvidia" in text


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need psutil")
def test_programs_wait_for_no_library() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "recommender", "doctor", "--json"]
    for _ in range(2):  # The first start of a checkout compiles the knowledge.
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    heavy = {"pydantic", "rich", "yaml", "psutil", "pynvml", "cpuinfo", "importlib.metadata"}
    assert "recommender.rules.checkup" in imported
    assert not heavy & imported


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("explain: true", "explains: true", "explains"),
        ("finding.advice: install-docker", "finding.advise: install-docker", "finding.advise"),
        ("source: docker-install-doc", "source: docker-instal-doc", "docker-instal-doc"),
        ("severity: warning", "severity: fatal", "fatal"),
        ("  probe.: warning", "  probe.: bad", "bad"),
        ("      macos: [brew", "      macoss: [brew", "macoss"),
        ('{mac.wired_more_mb}"]', '{mac.wired}"]', "mac.wired"),
        ("fix: load-driver", "fix: load-drivr", "load-drivr"),
        ("spares: {method.id: docker}", "spares: {method.di: docker}", "method.di"),
        ("fixes:\n      - when: {os.family", "fixes:\n      - when: {os.famly", "os.famly"),
        ("zh: 未安装 ROCm", "de: ROCm fehlt", "zh"),
    ],
)
def test_validate_finds_what_is_wrong_in_remedies(
    llmpick: Run, tmp_path: Path, old: str, new: str, named: str
) -> None:
    root = Path(__file__).parents[2] / "knowledge"
    copy = tmp_path / "knowledge"
    (copy / "frameworks").mkdir(parents=True)
    for path in (*root.glob("*.yaml"), *root.glob("frameworks/*.yaml")):
        (copy / path.relative_to(root)).write_bytes(path.read_bytes())
    text = (copy / "remedies.yaml").read_text(encoding="utf-8")
    assert old in text
    (copy / "remedies.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    done = llmpick("knowledge", "validate", str(copy))
    assert done.code == 5
    assert named in done.out
