"""What a person must know to run the commands is said beside them."""

from dataclasses import replace

from recommender.facts import Os, Workload
from tests.launch.test_commands import CURRENT, PLATFORMS, QWEN_8B, commands_of, nvidia


def test_through_wsl2_the_lines_are_for_its_shell_and_say_so() -> None:
    windows = nvidia(1, os=Os(family="windows", version="11"))
    found = commands_of(windows, "vllm", "cuda", QWEN_8B, Workload(allow=("wsl2",)))
    assert found
    for item in found.values():
        assert not any("$env:" in line for line in item.lines)
        assert any("WSL2" in note for note in item.commands.notes)


def test_a_python_that_the_package_refuses_is_told() -> None:
    new = nvidia(1, software=replace(CURRENT, python="3.15"))
    item = commands_of(new, "vllm", "cuda", QWEN_8B, Workload(install="pip"))["pip"]
    accepted = PLATFORMS["vllm", "cuda"].methods["pip"].pythons
    assert any(accepted[0] in line for line in item.commands.install)
    assert not any("3.15" in line for line in item.commands.install)
    assert any("3.15" in note and accepted[0] in note for note in item.commands.notes)
    plain = nvidia(1, software=replace(CURRENT, python=accepted[0]))
    fine = commands_of(plain, "vllm", "cuda", QWEN_8B, Workload(install="pip"))["pip"]
    assert fine.commands.notes == ()
