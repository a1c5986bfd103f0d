"""Every command's Chinese answer: no English but names, commands and terms; the same decision."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from recommender.knowledge import load
from tests.cli.conftest import Run
from tests.english import english_left
from tests.serving.fake_server import Manners, fake_server

FOLDER = Path(__file__).parents[1] / "machines"
MACHINES = sorted(FOLDER.glob("*/machine.json"))
WHOLE = [
    FOLDER / name / "machine.json"
    for name in (
        *("jetson-orin-nx", "jetson-thor", "linux-amd-desktop-two-gpus", "linux-hygon-bw-four"),
        *("linux-vulkan-mali-board", "linux-nvidia-mig", "wsl-without-gpu-libraries"),
        *("windows-radeon-laptop", "macos-m3-pro", "linux-gaudi-2-pair", "linux-cpu-masked"),
    )
]
GPUS = (
    *("none", "H100:8", "RTX 4090", "Ascend 910B3:8", "Ascend 310P", "MI300X:8", "Apple M4 Max"),
    *("Arc B580", "Gaudi 2:8", "MetaX C500", "Jetson AGX Orin", "T4", "MLU370-X8", "Trainium2"),
)
H100 = ("--gpu", "H100 80GB:8")
R1 = ("--model", "deepseek-ai/DeepSeek-R1")
QUESTIONS = (
    *(("recommend", "--gpu", gpu) for gpu in GPUS),
    *(("fit", "Qwen/Qwen3-32B", "--gpu", gpu) for gpu in GPUS[::3]),
    ("recommend", "--gpu", "RTX 4090", "--os", "windows"),
    ("recommend", "--gpu", "RTX 4090", "--os", "windows", "--allow", "wsl2", "--concurrency", "50"),
    ("recommend", "--gpu", "RTX 4090", "--gpu", "RTX 3090", "--use-case", "production"),
    ("recommend", "--gpu", "RTX 4090", "--model", "deepseek-ai/DeepSeek-V3"),
    ("recommend", *H100, "--include", "challengers", "--use-case", "agents", "--concurrency", "64"),
    ("recommend", *H100, "--nodes", "2", *R1, "--use-case", "production", "--concurrency", "100"),
    ("recommend", *H100, "--rules", "article", "--use-case", "many-models"),
    ("recommend", "--gpu", "A100", "--driver", "470", "--need", "structured-output"),
    ("recommend", "--gpu", "L40S", "--model", "foo/bar-7b"),
    ("recommend", "--os", "windows", "--arch", "aarch64"),
    ("compare", "--gpu", "RTX 4090:2", "--gpu", "L40S", "--gpu", "none"),
    ("frameworks",),
    ("models", "qwen3"),
    ("explain", "lmdeploy", "--gpu", "Ascend 910B3:8"),
    ("explain", "dynamo", *H100),
    ("explain", "vllm", "--why-not", "--gpu", "Ascend 310P"),
    ("explain", "tensorrt-llm", "--why-not", "--gpu", "MI300X"),
    *(("doctor", "--machine", str(path)) for path in WHOLE),
    *(("recommend", "--machine", str(path)) for path in WHOLE[::3]),
)
LAUNCHES = (
    *(("launch", "vllm", *H100, *R1, "--target", name) for name in ("shell", "compose", "slurm")),
    *(
        ("launch", "ollama", *H100, "--target", name)
        for name in ("docker", "systemd", "kubernetes")
    ),
    *(
        ("launch", "vllm", *H100, "--target", name)
        for name in ("quadlet", "lws", "ray", "skypilot")
    ),
    ("launch", "vllm", *H100, "--nodes", "2", *R1, "--target", "shell", "--expose"),
    ("launch", "lmdeploy", "--gpu", "Ascend 910B3:8", "--target", "kubernetes"),
    ("launch", "ollama", "--gpu", "RTX 4090", "--os", "windows", "--target", "powershell"),
)
WRONG = (
    ("recommend", "--gpu", "H1000"),
    ("recommend", "--gpu", "4090x0"),
    ("recommend", "--gpu", "T4", "--ram", "-1"),
    ("recommend", "--gpu", "T4", "--os", "beos"),
    ("recommend", "--gpu", "T4", "--driver", "x"),
    ("recommend", "--gpu", "T4", "--model", "zzz"),
    ("recommend", "--gpu", "T4", "--use-case", "foo"),
    ("recommend", "--gpu", "T4", "--concurrency", "0"),
    ("recommend", "--gpu", "T4", "--concurrency", "x"),
    ("recommend", "--gpu", "T4", "--include", "dynamo"),
    ("recommend", "--machine", "/nope"),
    ("recommend", "--machine", "-"),
    ("recommend", "--foo"),
    ("foo",),
    ("fit",),
    ("launch", "vllm", *H100, "--target", "nope"),
    ("launch", "vllm", *H100, *R1, "--nodes", "2", "--target", "kubernetes"),
    ("launch", "vllm", *H100, "--name", "A_B"),
    ("launch", "tensorrt-llm", "--gpu", "MI300X:8"),
    ("explain", "vlm"),
    ("models", "zzzz"),
    ("compare", "--gpu", "T4"),
    ("verify", "http://127.0.0.1:9"),
    ("verify", "foo"),
    ("knowledge", "validate", "/nope"),
)
NAMED = {"--gpu", "--model", "--machine", "--cpu"}
HAN = "\u4e00-\u9fff"
# Latin letters and digits stand apart from Chinese; marks are those of Chinese.
CRAMPED = re.compile(
    rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]|[{HAN}] [{HAN}]|[{HAN}][,;!?]|[、，；：] (?! )"
)


@pytest.fixture
def answer(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a command tells a person who reads Chinese, on a wide console."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("LLMPICK_LANG", "zh")

    def tell(arguments: tuple[str, ...]) -> str:
        done = llmpick(*arguments)
        assert done.code in {0, 1, 2, 3}
        return f"{_prose(arguments[0], done.out)}\n{done.err}"

    return tell


def _prose(command: str, text: str) -> str:
    """A file is a program's but for its comments; the report for bugs is English for everybody."""
    if command == "launch":
        return "".join(f"{line}\n" for line in text.split("\n") if line.lstrip().startswith("#"))
    return re.sub("```.*?```", "", text, flags=re.DOTALL)


def _quoted(arguments: tuple[str, ...]) -> list[str]:
    """What an answer repeats: names of the command line, and all that a machine is called."""
    pairs = zip(arguments, (*arguments[1:], ""), strict=True)
    given = [word for option, word in pairs if option in NAMED]
    files = [Path(word) for word in given if word.endswith("machine.json")]
    return [*given, *(word for file in files for word in _strings(json.loads(file.read_text())))]


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        kept = [item for key, item in value.items() if key != "problems"]
        return [word for item in kept for word in _strings(item)]
    if isinstance(value, list):
        return [word for item in value for word in _strings(item)]
    return [value] if isinstance(value, str) and " " in value else []


@pytest.mark.parametrize("arguments", [*QUESTIONS, *LAUNCHES, *WRONG], ids=" ".join)
def test_no_english_is_left(answer: Any, arguments: tuple[str, ...]) -> None:
    told = answer(arguments)
    assert re.search(f"[{HAN}]", told)
    assert english_left(told, _quoted(arguments)) == []
    prose = re.sub(r"\S*[/=]\S*|“.*?”|\n *", "·", told)
    assert CRAMPED.findall(prose) == []


def test_no_english_is_left_of_this_machine(answer: Any, llmpick: Run) -> None:
    here = _strings(llmpick("probe", "--json").json)
    assert english_left(answer(("probe",)), here) == []


@pytest.mark.usefixtures("kept")
def test_no_english_is_left_of_a_server_that_is_verified(answer: Any) -> None:
    wish = ("--gpu", "RTX 4090", "--concurrency", "2", "--max-tokens", "4", "--no-save")
    with fake_server() as server:
        told = answer(("verify", server.url, *wish))
    with fake_server(Manners(stream=b"data: nope\n\n")) as wrong:
        told += answer(("verify", wrong.url, *wish))
    assert english_left(told) == []


def test_less_than_required_is_told_in_chinese(llmpick: Run) -> None:
    done = llmpick("probe", "--require", "nvidia:9999", "-o", "name", "--lang", "zh")
    assert english_left(done.err) == []
    assert "要求 9999 个 nvidia 设备" in done.err


@pytest.mark.parametrize(
    "planted",
    [
        "在此无法运行：write the full name",
        "可容纳（TP 1）：needs more memory",
        "personal use · 并发 1",
        "平台：Huawei Atlas plugin engine",
        "未知 — it's unknown",
    ],
)
def test_english_is_found(planted: str) -> None:
    assert english_left(planted) != []


def test_english_is_found_in_an_answer(answer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommender.translation.Translator.__call__", lambda _, text: text)
    told = answer(("recommend", "--gpu", "H100:8"))
    assert "fits several devices and is taken as" in " ".join(english_left(told, ["H100:8"]))


def test_a_sentence_with_names_and_commands_is_chinese() -> None:
    told = "用 Docker 运行 `docker run --gpus all`，或 sudo modprobe nvidia；NVIDIA H100，KV cache"
    assert english_left(told) == []


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.parent.name)
def test_what_the_probe_said_elsewhere_is_told_in_chinese(path: Path) -> None:
    said = load().speak("zh").said
    for problem in json.loads(path.read_text(encoding="utf-8")).get("problems", []):
        for text in filter(None, (problem.get("what"), problem.get("fix"))):
            assert re.search(f"[{HAN}]", said(text))
            assert english_left(said(text)) == []


TEXTS = {"text", "fix", "what", "choices", "fact", "notes", "params", "reasons_text"}


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_texts(item) for key, item in value.items() if key not in TEXTS}
    return [_without_texts(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("gpu", ["none", "H100:8", "Ascend 910B3:8", "T4"])
def test_both_languages_tell_the_same_decision(llmpick: Run, gpu: str) -> None:
    english, chinese = (
        llmpick("recommend", "--json", "--gpu", gpu, "--lang", lang).json for lang in ("en", "zh")
    )
    assert _without_texts(english) == _without_texts(chinese)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("fit", "qwen4"), "--model “qwen4”这个模型；是否想用 Qwen3-4B、"),
        (("explain", "nothing-like-it"), "未知框架“nothing-like-it”；可选值：llama.cpp、"),
        (("recommend", "--gpu", "foo"), "--gpu “foo”这种设备"),
        (("recommend", "--use-case", "prod"), "--use-case 的值“prod”无法识别"),
    ],
)
def test_refusals_have_chinese_quotes_and_lists(
    llmpick: Run, command: tuple[str, ...], says: str
) -> None:
    said = llmpick(*command, "--lang", "zh").err
    assert says in said
    assert "'" not in said


def test_levels_of_the_article_stand_in_one_style() -> None:
    for framework in load().frameworks:
        assert framework.article
        for cell in (framework.article.throughput, framework.article.ease):
            assert re.match(r"(中等|高|很高|极高|最高)(，|$)", cell.text.zh), framework.id
            assert "吞吐量" not in cell.text.zh


def test_explain_says_a_recommendation_once(llmpick: Run) -> None:
    shown = llmpick("explain", "lmdeploy", "--gpu", "Ascend 910B3", "--lang", "zh").out
    article, _, here = shown.partition("\n针对本机与当前任务")
    assert article.endswith("\n")
    assert "建议 4：国产化需求" in article
    assert "文章建议 4" not in article.replace("\n", "")
    assert re.search(r"\[LMDeploy 0\.18\.0；\s*\S+、", article)
    assert "文章建议 4" in here
    assert "浮动标签" in article
