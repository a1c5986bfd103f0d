"""A client of the official SDK asks every tool, and gets what the command line prints."""

import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from recommender.cli.agents.tools import call, tools
from recommender.cli.main import application
from recommender.errors import InputError
from tests.cli.agents.conftest import ask, text
from tests.cli.conftest import Run

# Tool, what it is given, and the command line that asks the same.
SAME: list[tuple[str, dict[str, Any], str]] = [
    (
        "recommend",
        {"gpu": ["H100 80GB:8"], "use_case": "production", "concurrency": 200},
        "recommend --gpu 'H100 80GB:8' --use-case production --concurrency 200",
    ),
    (
        "recommend",
        {
            "gpu": ["RTX 4090:2"],
            "ram": 64,
            "os": "ubuntu 22.04",
            "model": "Qwen/Qwen3-32B",
            "quant": "awq-int4",
            "context": 16384,
            "need": ["prefix-caching"],
            "lang": "zh",
            "include": ["challengers"],
            "hub": False,
            "format": None,
            "priority": "latency",
        },
        (
            "recommend --gpu 'RTX 4090:2' --ram 64 --os 'ubuntu 22.04' --model Qwen/Qwen3-32B "
            "--quant awq-int4 --context 16384 --need prefix-caching --include challengers "
            "--priority latency --lang zh"
        ),
    ),
    ("recommend", {"gpu": "none", "ram": 0.5}, "recommend --gpu none --ram 0.5"),
    ("explain", {"framework": "vllm", "gpu": ["L4"]}, "explain vllm --gpu L4"),
    (
        "explain",
        {"framework": "SGLang", "gpu": ["Tesla T4"], "why_not": True},
        "explain SGLang --gpu 'Tesla T4' --why-not",
    ),
    (
        "launch_plan",
        {
            "framework": "vllm",
            "gpu": ["RTX 4090:2"],
            "model": "Qwen/Qwen3-32B-AWQ",
            "target": "kubernetes",
            "port": 9000,
            "served_name": "chat",
            "name": "chat",
        },
        (
            "launch vllm --gpu 'RTX 4090:2' --model Qwen/Qwen3-32B-AWQ --target kubernetes "
            "--port 9000 --served-name chat --name chat"
        ),
    ),
    ("launch_plan", {"framework": "ollama", "gpu": ["L4"]}, "launch ollama --gpu L4"),
]

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("recommend", {"use_case": "prod", "gpu": ["L4"]}, "recommend --use-case prod --gpu L4"),
    ("recommend", {"gpu": ["H1000"], "lang": "zh"}, "recommend --gpu H1000 --lang zh"),
    ("recommend", {"gpu": ["L4"], "lang": "fr"}, "recommend --gpu L4 --lang fr"),
    ("recommend", {"gpu": ["L4"], "concurrency": 0}, "recommend --gpu L4 --concurrency 0"),
    ("recommend", {"gpu": ["L4"], "context": "x"}, "recommend --gpu L4 --context x"),
    ("recommend", {"gpu": ["L4"], "ram": -1}, "recommend --gpu L4 --ram=-1"),
    ("recommend", {"quant": "fp8", "gpu": ["L4"]}, "recommend --quant fp8 --gpu L4"),
    ("explain", {"framework": "vlm", "gpu": ["L4"]}, "explain vlm --gpu L4"),
    (
        "launch_plan",
        {"framework": "vllm", "gpu": ["L4"], "target": "podman"},
        "launch vllm --gpu L4 --target podman",
    ),
    (
        "launch_plan",
        {"framework": "vllm", "gpu": ["L4"], "name": "No_Label"},
        "launch vllm --gpu L4 --name No_Label",
    ),
]


@pytest.fixture(scope="module")
def answers() -> list[Any]:
    """The server's answers to both tables, one after the other, after the list of its tools."""

    async def talk(session: Any) -> list[Any]:
        calls = [session.call_tool(name, given) for name, given, _ in (*SAME, *WRONG)]
        return [(await session.list_tools()).tools, *[await call for call in calls]]

    found = ask(talk)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("number", range(len(SAME)))
def test_an_answer_is_that_of_the_command_line(
    llmpick: Run, answers: list[Any], number: int
) -> None:
    result, (_, _, line) = answers[1 + number], SAME[number]
    done = llmpick(*shlex.split(line), "--json")
    assert not result.is_error
    assert _bytes(text(result)) == _bytes(done.out)
    assert json.dumps(result.structured_content) == json.dumps(json.loads(done.out))
    if not line.startswith("launch"):  # a plan is always indented there
        assert text(result) == done.out.rstrip("\n")


def _bytes(document: str) -> bytes:
    return json.dumps(json.loads(document)).encode()


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_input_is_the_sentence_of_the_command_line(
    llmpick: Run, answers: list[Any], number: int
) -> None:
    result, (_, _, line) = answers[1 + len(SAME) + number], WRONG[number]
    done = llmpick(*shlex.split(line))
    assert result.is_error
    assert result.structured_content is None
    assert (done.code, done.err) == (2, f"llmpick: {text(result)}\n")


def test_every_tool_only_reads_and_says_what_it_takes_and_gives(answers: list[Any]) -> None:
    listed = answers[0]
    assert [tool.name for tool in listed] == ["recommend", "probe", "explain", "launch_plan"]
    for tool in listed:
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        for name, schema in tool.input_schema["properties"].items():
            assert schema["description"], (tool.name, name)
    for (name, given, _), result in zip(SAME, answers[1:], strict=False):
        schemas = next(tool for tool in listed if tool.name == name)
        jsonschema.validate(result.structured_content, schemas.output_schema)
        if not isinstance(given["gpu"], str):  # one word for a list is understood, too
            plain = {key: value for key, value in given.items() if value is not None}
            jsonschema.validate(plain, schemas.input_schema)


def test_the_tools_take_what_the_commands_take() -> None:
    """Every option that is no matter of output, starting, writing or the server is an input."""
    beside = {"out", "json", "verbose", "interactive", "file", "force", "run", "knowledge"}
    for tool in tools().values():
        command = typer.main.get_command(application(())).commands[tool.path]  # type: ignore[attr-defined]
        options = {item.name for item in command.params}
        if tool.name == "probe":  # no sentences, no exit code, no other node
            options -= {"lang", "require", "node"}
        fields = {_FIELDS.get(item.name, item.name) for item in tool.inputs}
        assert options - beside == fields


_FIELDS = {"format": "fmt", "target": "to"}


def test_a_probed_machine_is_given_to_another_tool(tmp_path: Path) -> None:
    async def talk(session: Any) -> list[Any]:
        found = await session.call_tool("probe", {"evidence": True})
        file = tmp_path / "machine.json"
        file.write_text(text(found), encoding="utf-8")
        wishes = ({"machine": text(found)}, {"machine": str(file)})
        return [found, *[await session.call_tool("recommend", wish) for wish in wishes]]

    found, as_text, as_file = ask(talk)
    assert found.structured_content["os"]["family"]
    assert found.structured_content["evidence"]
    assert text(as_text) == text(as_file)
    machine = json.loads(text(as_text))["machine"]
    assert machine["cpu"] == found.structured_content["cpu"]


_TWICE = {"machine": {"arch": "x86_64"}, "gpu": ["L4"]}


@pytest.mark.parametrize(
    ("tool", "given", "sentence"),
    [
        ("recommend", {"usecase": "x"}, "recommend has no input 'usecase'; did you mean use_case?"),
        ("probe", {"gpu": ["L4"]}, "probe has no input 'gpu'; its inputs are evidence"),
        ("explain", {}, "FRAMEWORK is missing"),
        ("recommend", {"model": 7}, "--model takes text; put it between quotes"),
        ("recommend", {"model": "x" * 2001}, "--model is longer than 2000 characters; shorten it"),
        ("recommend", {"gpu": {"L4": 2}}, "--gpu takes a list of texts"),
        ("recommend", {"gpu": ["L4"] * 65}, "--gpu has more than 64 entries; leave some out"),
        ("recommend", {"hub": "yes"}, "--hub takes true or false"),
        ("recommend", {"concurrency": True}, "--concurrency 'True' is no number"),
        ("recommend", {"concurrency": 1.5}, "--concurrency '1.5' is no number"),
        ("recommend", {"concurrency": 1e400}, "--concurrency 'inf' is no number"),
        ("recommend", {"ram": float("nan")}, "--ram 'nan' is no number"),
        ("recommend", {"machine": "-"}, "--machine - is taken by the protocol; name a file"),
        ("recommend", {"machine": "{"}, "--machine {...}: is not valid JSON"),
        ("recommend", {"machine": '{"arch":' * 100_000}, "--machine {...}: is not valid JSON"),
        ("recommend", _TWICE, "--machine and --gpu, --ram, --os, --arch, --cpu, --driver exclude"),
    ],
)
def test_what_no_command_line_can_hold_is_one_sentence(
    tool: str, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        call(tools()[tool], given)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_what_cannot_run_is_an_error_with_the_reasons(llmpick: Run) -> None:
    given = {"framework": "tensorrt-llm", "gpu": ["RX 7900 XTX"]}
    with pytest.raises(InputError) as caught:
        call(tools()["launch_plan"], given)
    done = llmpick("launch", "tensorrt-llm", "--gpu", "RX 7900 XTX")
    assert done.code == 3
    assert done.err == f"{caught.value}\n"
