"""``llmpick launch -o FILE``: what is said of the file, and what its head says of itself."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

H100X8 = ("--gpu", "H100 80GB:8")
QWEN = ("--model", "Qwen/Qwen3-8B")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["serve it.yaml", "serve.yaml"])
def test_the_head_of_a_file_names_that_file(
    llmpick: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, lang: str
) -> None:
    monkeypatch.chdir(tmp_path)
    quoted = {"serve it.yaml": "'serve it.yaml'"}.get(name, name)
    command = ("launch", "vllm", *H100X8, *QWEN, "--lang", lang, "-o", name, "--force")
    for target, line in (
        ("compose", f"docker compose -f {quoted} up"),
        ("kubernetes", f"kubectl apply -f {quoted}"),
        ("skypilot", f" {quoted}"),
    ):
        assert llmpick(*command, "-t", target).code == 0
        text = Path(name).read_text(encoding="utf-8")
        assert line in text
        assert " FILE" not in text


def test_what_is_written_is_said_without_a_terminal(llmpick: Run, tmp_path: Path) -> None:
    file = tmp_path / "serve.sh"
    command = ("launch", "vllm", *H100X8, *QWEN, "-o", str(file))
    done = llmpick(*command)
    assert done.out == ""
    assert done.err.startswith(f"{file} is written; ")
    assert "llmpick verify http://127.0.0.1:8000" in done.err
    assert llmpick(*command, "--json", "--force").err == f"{file} is written\n"
    assert llmpick(*command[:-2]).err == ""
