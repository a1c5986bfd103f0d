"""Which program a line starts."""

import pytest

from recommender.lint.programs import invocation

PROGRAMS = (
    "vllm serve",
    "llama-server",
    "text-generation-launcher",
    "ollama serve",
    "trtllm-serve",
)


@pytest.mark.parametrize(
    ("line", "program", "words", "env"),
    [
        ("A=1 .venv/bin/vllm serve m --port 1", "vllm serve", "m --port 1", {"A": "1"}),
        (
            "docker run --rm -p 1:1 -e A=b=c -e TOKEN vllm/vllm-openai:v1 m",
            "vllm serve",
            "m",
            {"A": "b=c"},
        ),
        ("docker run --entrypoint vllm other/image:1 serve m", "vllm serve", "m", {}),
        ("docker run --gpus all quay.io/vllm-ascend:1 vllm serve m", "vllm serve", "m", {}),
        ('docker exec -it box bash -i -c "$@" bash vllm serve m', "vllm serve", "m", {}),
        (
            "docker run x/text-generation-inference:3 --model-id m",
            "text-generation-launcher",
            "--model-id m",
            {},
        ),
        ("docker run ghcr.io/ggml-org/llama.cpp:server-cuda -m f", "llama-server", "-m f", {}),
        ("docker run ollama/ollama:0.40", "ollama serve", "", {}),
        ("llama serve -m f", "llama-server", "-m f", {}),
        (r".\bin\llama-server.exe -m f", "llama-server", "-m f", {}),
        ("trtllm-serve serve m", "trtllm-serve", "m", {}),
        ("srun -n 2 trtllm-llmapi-launch trtllm-serve m", "trtllm-serve", "m", {}),
    ],
)
def test_the_program_of_a_line(line: str, program: str, words: str, env: dict[str, str]) -> None:
    found = invocation(line.split(), PROGRAMS)
    assert found is not None
    assert (found.program, list(found.words), found.env) == (program, words.split(), env)


@pytest.mark.parametrize(
    "line",
    ["", "A=1", "ray start", "docker run", "docker run image", "bash -c", "sh -c 'ollama serve'"],
)
def test_other_lines_start_none(line: str) -> None:
    assert invocation(line.split(), PROGRAMS) is None
