"""However a server is asked to be opened, its plan says it, in words that its program takes."""

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.facts.plan import Opening, Process
from recommender.knowledge import load
from recommender.launch import engine
from recommender.launch.served_name import NoNameError
from recommender.launch.variables import plain
from tests.launch.emitted_argv import UNLISTED, option_list, program_of, refused_in_plan
from tests.launch.grounds import NAMES, grounds, made

PORT = 18123
NAME = "it's $(mine)"
OPTIONS = {
    "vllm": "--served-model-name",
    "sglang": "--served-model-name",
    "lmdeploy": "--model-name",
    "llama.cpp": "--alias",
    "xinference": "--model-uid",
}
# A name holds no control characters and begins with no dash: the command line refuses both.
TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
CALLED = st.sampled_from(["demo", NAME, "a b", "50%", "模型"]) | TEXT.filter(lambda x: x[0] != "-")


def _texts(process: Process) -> list[str]:
    command = engine.command(process)
    named = [f"{name}={value}" for name, value in command.env.items()]
    return [*named, *map(plain, command.argv), plain(command.raw or "")]


@st.composite
def openings(draw: st.DrawFn, framework: str, *, gated: bool) -> Opening:
    listed = option_list(framework)
    exposed = draw(st.booleans())
    return Opening(
        name=draw(st.sampled_from([None, "a-service"])),
        served_name=draw(CALLED) if framework in OPTIONS and draw(st.booleans()) else None,
        port=draw(st.none() | st.integers(1, 65535)),
        version=draw(st.sampled_from([None, *(listed.order if listed and gated else ())])),
        exposed=exposed,
        guarded=exposed,
        shares_network=draw(st.booleans()),
    )


@pytest.mark.parametrize("name", NAMES, ids="-".join)
@given(data=st.data())
@settings(deadline=None, max_examples=15)
def test_every_process_is_taken(name: tuple[str, str], data: st.DataObject) -> None:
    # Of experiments one version is known, and no lines for those before it.
    whole = next(f for f in load().frameworks if f.id == name[0])
    support = next(p.support for p in whole.platforms if p.id == name[1])
    opening = data.draw(openings(name[0], gated=support == "supported"))
    for ground in grounds(*name):
        try:
            plan = made(ground, opening)
        except NoNameError:
            continue
        for process in plan.processes:
            assert list(refused_in_plan(plan, process)) == [], (opening, process)
        if option_list(name[0]) and name not in UNLISTED:
            assert any(program_of(plan, process) for process in plan.of("server")), plan.server


@pytest.mark.parametrize("name", NAMES, ids="-".join)
def test_a_port_moves_all_that_speaks_of_it(name: tuple[str, str]) -> None:
    for ground in grounds(*name):
        usual, moved = made(ground, Opening()), made(ground, Opening(port=PORT))
        assert moved.port == PORT
        words = list(chain(*map(_texts, moved.processes)))
        asked = [word for line in moved.check for word in (*line.argv, line.raw or "")]
        assert not [word for word in (*words, *asked) if str(usual.port) in word], words
        assert any(str(PORT) in word for word in _texts(moved.server))
        box = moved.server.container
        assert all(port.host == PORT for port in (box.ports if box else ()))


@pytest.mark.parametrize("name", NAMES, ids="-".join)
def test_a_served_name_reaches_the_server_or_is_refused(name: tuple[str, str]) -> None:
    option = OPTIONS.get(name[0])
    for ground in grounds(*name):
        opening = Opening(served_name=NAME)
        if option is None:
            with pytest.raises(NoNameError, match="takes no --served-name here: clients name"):
                made(ground, opening)
            continue
        try:
            plan = made(ground, opening)
        except NoNameError as error:
            assert "by hand" in str(error)  # noqa: PT017  # some plans of the same platform do
            continue
        found = [list(process.argv) for process in plan.processes if option in process.argv]
        assert found
        assert {words[words.index(option) + 1] for words in found} == {NAME}
