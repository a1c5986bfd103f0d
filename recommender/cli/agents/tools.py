"""The tools: what each takes, and its answer, which is that of the command of the same name."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, get_args

from recommender.cli import inputs
from recommender.cli.agents.given import Input, MachineText, read
from recommender.cli.asking import Asked, Meant, description, meant
from recommender.cli.helping.texts import Texts, texts
from recommender.cli.language import in_language, of_arguments
from recommender.cli.planning import NothingPlannedError, Wanted, planned
from recommender.errors import InputError, visible
from recommender.facts import Answer, Machine
from recommender.facts.explanation import Explanation
from recommender.facts.noun import noun
from recommender.facts.plan import Plan
from recommender.facts.why_not import WhyNot
from recommender.knowledge import load

# Fields that are called otherwise where they are typed.
_RENAMED = {"fmt": "format", "to": "target"}
# Who starts the server says what it knows, and not who asks it.
_OF_SERVER = frozenset(("knowledge",))

Values = Mapping[str, Any]


@noun
class Tool:
    """One tool: the words of its command, its inputs, the noun that it answers with.

    ``answer`` makes the value that ``--json`` writes from inputs that were read.
    """

    name: str
    path: str
    inputs: tuple[Input, ...]
    noun: Any
    answer: Callable[[dict[str, Any]], Any]
    network: bool = True


def _question(path: str) -> tuple[Input, ...]:
    """An input for each option that makes up a question."""
    return tuple(
        _input(item.name, get_args(item.type)[0], path, item.default)
        for item in fields(Asked)
        if item.name not in _OF_SERVER
    )


def _input(field: str, kind: Any, path: str, default: Any = None) -> Input:
    name = _RENAMED.get(field, field)
    option = f"--{name.replace('_', '-')}"
    kind = MachineText if name == "machine" else kind
    return Input(name=name, option=option, kind=kind, path=path, default=default)


def _framework(path: str) -> Input:
    return Input(name="framework", option="FRAMEWORK", kind=str, path=path, needed=True)


def _split(values: dict[str, Any], cls: type[Any]) -> Any:
    """The noun of ``cls`` from the values that are its fields."""
    names = {item.name: _RENAMED.get(item.name, item.name) for item in fields(cls)}
    return cls(**{field: values[name] for field, name in names.items() if name in values})


def _asked(values: dict[str, Any]) -> tuple[Asked, Machine | None]:
    """The options, and the machine where its JSON stands among them."""
    asked: Asked = _split(values, Asked)
    if asked.machine is None or not asked.machine.lstrip().startswith("{"):
        return asked, None
    from recommender.schema import read_machine

    found = read_machine(asked.machine, "{...}")
    return asked, inputs.machine(found, description(asked))


def _meant(values: dict[str, Any]) -> Meant:
    return meant(*_asked(values))


def _recommend(values: dict[str, Any]) -> Answer:
    return _meant(values).answer()


def _probe(values: dict[str, Any]) -> Machine:
    from recommender.probe import probe

    return probe(evidence=values["evidence"])


def _explain(values: dict[str, Any]) -> Explanation | WhyNot:
    from recommender.cli.look_commands import explained, why_not

    named = load().framework(values["framework"])
    question = _meant(values)
    return (why_not if values["why_not"] else explained)(named, question)


def _launch_plan(values: dict[str, Any]) -> Any:
    from recommender.targets.neutral import document

    asked, machine = _asked(values)
    found = planned(asked, values["framework"], _split(values, Wanted), machine)
    return document(found.plan)


@cache
def tools() -> dict[str, Tool]:
    """Every tool by its name."""
    wanted = (_input(item.name, item.type, "launch", item.default) for item in fields(Wanted))
    why_not = _input("why_not", bool, "explain", default=False)
    every = (
        Tool(
            name="recommend",
            path="recommend",
            inputs=_question("recommend"),
            noun=Answer,
            answer=_recommend,
        ),
        Tool(
            name="probe",
            path="probe",
            inputs=(_input("evidence", bool, "probe", default=False),),
            noun=Machine,
            answer=_probe,
            network=False,
        ),
        Tool(
            name="explain",
            path="explain",
            inputs=(_framework("explain"), why_not, *_question("explain")),
            noun=Explanation | WhyNot,
            answer=_explain,
        ),
        Tool(
            name="launch_plan",
            path="launch",
            inputs=(_framework("launch"), *wanted, *_question("launch")),
            noun=Plan,
            answer=_launch_plan,
        ),
    )
    return {tool.name: tool for tool in every}


def call(tool: Tool, values: Values, lang: str | None = None) -> Any:
    """What a tool answers: a noun or plain values, as ``--json`` of its command has them.

    ``lang`` is the language where ``values`` names none.

    Raises:
        InputError: a value has no meaning, or nothing can be started as asked; the message is the
            sentence of the command line, in the language of the call.
    """
    wished = values.get("lang") or lang
    arguments = ["--lang", wished] if isinstance(wished, str) else []
    try:
        given = read(tool.inputs, tool.name, values, texts(of_arguments(arguments)))
        if "lang" in given:
            given["lang"] = given["lang"] or lang
        return tool.answer(given)
    except InputError as error:
        raise InputError(in_language(str(error), arguments)) from error
    except NothingPlannedError as error:
        raise InputError("\n".join(visible(line) for line in error.args)) from error


def described(lang: str | None = None) -> list[dict[str, Any]]:
    """Every tool as a client sees it, in a language: MCP's ``Tool``.

    Source: https://modelcontextprotocol.io/specification/2025-11-25/server/tools
    """
    said = texts(inputs.language(lang))
    return [_described(tool, said) for tool in tools().values()]


def _described(tool: Tool, said: Texts) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": said.say("tools", tool.name),
        "inputSchema": {
            "type": "object",
            "properties": {item.name: item.schema(said) for item in tool.inputs},
            "required": [item.name for item in tool.inputs if item.needed],
            "additionalProperties": False,
        },
        "outputSchema": _output(tool.noun),
        "annotations": {
            "readOnlyHint": True,
            "destructiveHint": False,
            "idempotentHint": True,
            "openWorldHint": tool.network,
        },
    }


def _output(noun: Any) -> dict[str, Any]:
    """The JSON Schema of the answer, an object at its root, without pydantic's names of fields."""
    from recommender.schema import adapter

    schema: dict[str, Any] = _untitled(adapter(noun).json_schema())
    return {"type": "object", **schema}


def _untitled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _untitled(item)
            for key, item in value.items()
            if not (key == "title" and isinstance(item, str))
        }
    return [_untitled(item) for item in value] if isinstance(value, list) else value
