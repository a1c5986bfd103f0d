"""Unknown words: one sentence that names the nearest right one, exit code 2."""

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("recomend", "did you mean recommend?"),
        ("knowledge valdate", "did you mean validate?"),
        ("recommend --modle x", "did you mean --model?"),
        ("verify http://localhost:1 --no-sav", "did you mean --no-save?"),
        ("--versoin", "did you mean --version?"),
        ("explain vlm", "vllm"),
        ("doctor olama", "ollama"),
        ("launch sglan", "sglang"),
        ("fit qwen3:8b --gpu L40S --framework lamacpp", "llama.cpp"),
        ("recommend --include mindle", "mindie"),
        ("launch vllm --gpu L40S -t kubernets", "did you mean kubernetes?"),
        ("recommend --use-case producton", "did you mean production?"),
        ("recommend --need vison", "did you mean vision?"),
        ("recommend --priority throuput", "did you mean throughput?"),
        ("recommend --allow pugin", "did you mean plugin?"),
        ("recommend --install dockr", "did you mean docker?"),
        ("recommend --orchestrator kuberntes", "did you mean kubernetes?"),
        ("recommend --managed sagemker", "did you mean sagemaker?"),
        ("recommend --rules artcle", "did you mean article?"),
        ("recommend --os windwos", "windows"),
        ("recommend --arch x8664", "x86_64"),
        ("recommend --gpu RTX5909", "did you mean GeForce RTX 5090,"),
        ("recommend --gpu MI300Z", "did you mean Instinct MI300X,"),
        ("recommend --gpu 7900XTT", "did you mean Radeon RX 7900 XT"),
        ("recommend --model lama3.1:8b", "Llama-3.1-8B"),
        ("recommend --model qwen3:8b --quant fp88", "did you mean fp8,"),
        ("recommend --model qwen3:8b --format gguff", "did you mean gguf?"),
        ("models --task embeding", "did you mean embedding?"),
        ("models qwne3", "did you mean"),
        ("probe --require nvida:2", "did you mean nvidia?"),
        ("schema machin", "did you mean machine?"),
        ("completion zhs", "did you mean zsh"),
        ("frameworks -o jsn", "did you mean json?"),
    ],
)
def test_the_nearest_is_named(llmpick: Run, line: str, nearest: str) -> None:
    done = llmpick(*line.split())
    assert (done.code, done.out) == (2, "")
    assert nearest in done.err
    assert done.err.startswith("llmpick: ")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("zzzz", "there is no command 'zzzz'; llmpick --help tells what there is"),
        ("recommend -x", "recommend has no option -x; llmpick recommend --help tells"),
        ("recommend --zzzzzz", "recommend has no option --zzzzzz; llmpick recommend --help tells"),
        ("recommend --concurrency x", "--concurrency 'x' is no number"),
        ("recommend --gpu", "--gpu needs a value"),
        ("recommend --json=3", "--json takes no value"),
        ("recommend --json foo", "recommend takes no 'foo'; llmpick recommend --help tells"),
        ("knowledge validate a b", "knowledge validate takes no 'b'"),
        ("launch", "FRAMEWORK is missing; llmpick launch --help tells what there is"),
        ("fit", "MODEL is missing"),
    ],
)
def test_other_wrong_use_is_one_sentence_too(llmpick: Run, line: str, sentence: str) -> None:
    done = llmpick(*line.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"llmpick: {sentence}")
    assert len(done.err.splitlines()) == 1


def test_in_chinese(llmpick: Run) -> None:
    assert llmpick("--lang", "zh", "recomend").err == (
        "llmpick: 没有命令 'recomend'；是否指 recommend？\n"
    )
    assert "没有选项 --modle" in llmpick("recommend", "--modle", "x", "--lang", "zh").err


def test_control_characters_do_not_reach_the_terminal(llmpick: Run) -> None:
    for arguments in (("\x1b[31mx",), ("recommend", "--\x1b[31m"), ("recommend", "\x1b[31m")):
        done = llmpick(*arguments)
        assert done.code == 2
        assert "\x1b" not in done.err


def test_a_short_list_stands_beside_the_nearest(llmpick: Run) -> None:
    said = llmpick("recommend", "-o", "xml").err
    assert "did you mean yaml? known are table, json, yaml, csv, markdown, name" in said
    said = llmpick("recommend", "-o", "xml", "--lang", "zh").err
    assert "是否想用 yaml？可选值：table、json、yaml、csv、markdown、name" in said
    assert "known are" not in llmpick("recommend", "--use-case", "prod").err
