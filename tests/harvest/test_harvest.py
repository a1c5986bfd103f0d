"""The harvest of options, on small sources made up for it."""

from pathlib import Path

import pytest

from recommender.errors import InputError
from recommender.harvest import natives, others, sglang, store, vllm
from recommender.lint.option_lists import Option, OptionList, from_document

SOURCES = {
    "vllm/envs.py": 'environment_variables = {"VLLM_A_B": lambda: 1}\n',
    "vllm/config/__init__.py": "from vllm.config.model import ModelConfig\n",
    "vllm/config/model.py": """
from typing import Literal, TYPE_CHECKING
from vllm.config.utils import config
if TYPE_CHECKING:
    from vllm.quantization import Methods
else:
    Methods = object
Kind = Literal["a", "b"]

@config
class Inner:
    x: int = 1

@config
class ModelConfig:
    model: str = ""
    length: int | None = None
    share: float = 0.9
    kind: Kind | None = None
    kinds: list[Kind] | None = None
    inner: Inner = None
    flag: bool = False
    method: Methods | str | None = None
    names: list[str] | str | None = None
    token: bool | str | None = None
""",
    "vllm/quantization.py": 'from typing import Literal\nMethods = Literal["x"]\n',
    "vllm/config/utils.py": "def config(cls):\n    return cls\n",
    "vllm/utils/argparse_utils.py": "class EnableDisableAction:\n    pass\n",
    "vllm/engine/arg_utils.py": """
from vllm.config import ModelConfig
class EngineArgs:
    @staticmethod
    def add_cli_args(parser):
        model_kwargs = get_kwargs(ModelConfig)
        one = model_kwargs["kinds"]
        model_kwargs["names"]["type"] = json.loads
        del model_kwargs["names"]["nargs"]
        group = parser.add_argument_group()
        group.add_argument("--length", "-l", **model_kwargs["length"])
        group.add_argument("--share", **model_kwargs["share"])
        group.add_argument("--kind", **model_kwargs["kind"])
        group.add_argument("--kinds", **one)
        group.add_argument("--inner-config", **model_kwargs["inner"])
        group.add_argument("--enable-flag", **{**model_kwargs["flag"], "default": None})
        group.add_argument("--method", **model_kwargs["method"])
        group.add_argument("--names", **model_kwargs["names"])
        group.add_argument("--token", **model_kwargs["token"])
        group.add_argument("--stale", help="--stale is deprecated", type=int)
""",
    "vllm/entrypoints/openai/cli_args.py": """
class FrontendArgs:
    port: int = 8000
    ssl: bool = False
    @classmethod
    def add_cli_args(cls, parser):
        frontend_kwargs = get_kwargs(cls)
        for key, value in frontend_kwargs.items():
            parser.add_argument(f"--{key}", **value)

def make_arg_parser(parser):
    parser.add_argument("model_tag", nargs="?")
    parser.add_argument("--headless", action="store_true")
""",
    "sglang/srt/server_args.py": """
from sglang.srt.choices import KINDS
class ServerArgs:
    model_path: A[str, Arg(help="", aliases=["--model"])]
    tp_size: A[Optional[int], Arg(help="", cli_name="--tensor-parallel-size")] = None
    kind: A[str, Arg(help="", choices=KINDS)] = "a"
    other: A[Literal["x", "y"], "help"] = "x"
    several: A[List[int], "help"] = None
    flag: A[bool, "help"] = False
    inner: A[bool, Arg(no_cli=True)] = False
    plain: int = 0
    def add_cli_args(parser):
        parser.add_argument("--gone", action=DeprecatedStoreTrueAction, help="Deprecated.")
        parser.add_argument("--json", type=json.loads, help=argparse.SUPPRESS)
""",
    "sglang/srt/choices.py": 'KINDS = ["a"] + MORE\nMORE = ("b",)\n',
    "sglang/cli/serve.py": 'NAME = "--model-type"\ndef _normalize_positional_model_path(): pass\n',
    "tensorrt_llm/serve/tool_parser/__init__.py": "from .factory import Factory\n",
    "tensorrt_llm/serve/tool_parser/factory.py": """
class Factory:
    parsers: dict[str, object] = {"qwen3": Qwen, "kimi_k2": Kimi}
""",
    "tensorrt_llm/llmapi/reasoning_parser.py": """
@register_reasoning_parser("deepseek-r1", reasoning_at_start=True)
@register_reasoning_parser("qwen3")
class DeepSeek: pass

@register_reasoning_parser("poolside_v1", "laguna")
class Poolside: pass

@dataclass
class Result: pass
""",
    "tensorrt_llm/commands/serve.py": """
from tensorrt_llm.llmapi.reasoning_parser import ReasoningParserFactory
from tensorrt_llm.serve.tool_parser import Factory

@click.command("serve")
@click.argument("model")
@click.option("--tp_size", "--tensor_parallel_size", type=int)
@click.option("--backend", type=click.Choice(["a", "b"]))
@click.option("--trust_remote_code", is_flag=True)
@click.option("--on/--off", default=True)
@click.option("--reasoning_parser", type=click.Choice(ReasoningParserFactory.keys()))
@click.option("--tool_parser", type=click.Choice(Factory.parsers.keys()))
def serve(model): pass
""",
    "llama/common/arg.cpp": """
const std::vector<ggml_type> kv_cache_types = { GGML_TYPE_F16, GGML_TYPE_Q8_0, };
    add_opt(common_arg(
        {"-c", "--ctx-size"}, "N",
        string_format("size (default: %d)", params.n_ctx),
        [](common_params & params, int value) {
            params.n_ctx = value;
        }
    ).set_env("LLAMA_ARG_CTX_SIZE"));
    add_opt(common_arg(
        {"-fa", "--flash-attn"}, "[on|off|auto]",
        "whether (no more than a switch)",
        [](common_params & params, const std::string & value) {
            params.fa = value;
        }
    ));
    add_opt(common_arg(
        {"--warmup"},
        {"--no-warmup"},
        "whether to warm up",
        [](common_params & params, bool value) { params.warmup = value;
        }
    ));
    add_opt(common_arg(
        {"-ctk"}, "TYPE",
        "type, one of " + get_all_kv_cache_types(),
        [](common_params & params, const std::string & value) {
        }
    ));
    add_opt(common_arg(
        {"--elsewhere"},
        "of another program",
        [](common_params & params) {
        }
    ).set_examples({LLAMA_EXAMPLE_CLI}));
""",
    "launcher/src/main.rs": """
enum Quantization {
    /// 4 bits.
    Awq,
    #[clap(name = "bitsandbytes-nf4")]
    BitsandbytesNf4,
}
struct Args {
    #[clap(default_value = "x", long, env)]
    model_id: String,
    #[clap(long, env)]
    sharded: Option<bool>,
    #[clap(long, env)]
    trust_remote_code: bool,
    #[clap(long, env, value_enum)]
    quantize: Option<Quantization>,
    #[clap(default_value = "3000", long, short, env)]
    port: u16,
}
""",
    "envconfig/config.go": 'var A = String("OLLAMA_HOST")\nvar B = Bool("OLLAMA_DEBUG")\n',
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def by_name(options: list[Option]) -> dict[str, Option]:
    return {name: option for option in options for name in option.names}


def test_vllm(sources: Path) -> None:
    found = vllm.harvest(sources)
    options = by_name(found["vllm serve"])
    assert options["-l"] == Option(names=("--length", "-l"), type="int")
    assert options["--share"].type == "float"
    assert options["--kind"].choices == ("a", "b")
    assert (options["--kinds"].takes, options["--kinds"].choices) == ("many", ("a", "b"))
    assert options["--inner-config"].type == "json"
    assert options["--enable-flag"] is options["--no-enable-flag"] is options["--disable-flag"]
    assert options["--method"] == Option(names=("--method",))
    assert (options["--names"].takes, options["--names"].type) == ("one", "json")
    assert options["--token"].takes == "optional"
    assert options["--stale"].deprecated
    assert options["--port"] == Option(names=("--port",), type="int")
    assert options["--ssl"].takes == options["--headless"].takes == "none"
    assert options["model_tag"].is_operand
    assert [option.names for option in found["environment"]] == [("VLLM_A_B",)]


def test_sglang(sources: Path) -> None:
    options = by_name(sglang.harvest(sources)["sglang serve"])
    assert options["--model"] is options["--model-path"]
    assert options["--tensor-parallel-size"].type == "int"
    assert options["--kind"].choices == ("a", "b")
    assert options["--other"].choices == ("x", "y")
    assert (options["--several"].takes, options["--several"].type) == ("many", "int")
    assert options["--flag"].takes == options["--gone"].takes == "none"
    assert options["--gone"].deprecated
    assert options["--json"].hidden
    assert not options.keys() & {"--inner", "--plain", "--tp-size"}
    assert options["model"].takes == "optional"
    assert "--model-type" in options


def test_click(sources: Path) -> None:
    options = by_name(others.trtllm(sources)["trtllm-serve"])
    assert options["model"].is_operand
    assert options["--tensor_parallel_size"].type == "int"
    assert options["--backend"].choices == ("a", "b")
    assert options["--trust_remote_code"].takes == options["--off"].takes == "none"
    assert options["--tool_parser"].choices == ("qwen3", "kimi_k2")
    registered = {"deepseek-r1", "qwen3", "poolside_v1", "laguna"}
    assert set(options["--reasoning_parser"].choices) == registered


def test_llama_cpp(sources: Path) -> None:
    found = natives.llama_cpp(sources)
    options = by_name(found["llama-server"])
    assert options["-c"] == Option(names=("-c", "--ctx-size"), type="int")
    assert options["-fa"].choices == ("on", "off", "auto")
    assert options["--no-warmup"].takes == "none"
    assert options["-ctk"].choices == ("f16", "q8_0")
    assert "--elsewhere" not in options
    assert [option.names for option in found["environment"]] == [("LLAMA_ARG_CTX_SIZE",)]


def test_tgi_and_ollama(sources: Path) -> None:
    options = by_name(natives.tgi(sources)["text-generation-launcher"])
    assert (options["--sharded"].takes, options["--sharded"].type) == ("one", "bool")
    assert options["--trust-remote-code"].takes == "none"
    assert options["--quantize"].choices == ("awq", "bitsandbytes-nf4")
    assert options["-p"].type == "int"
    names = [option.names[0] for option in natives.ollama(sources)["environment"]]
    assert names == ["OLLAMA_DEBUG", "OLLAMA_HOST"]


def row(name: str, **more: object) -> Option:
    return Option(names=(name,), **more)  # type: ignore[arg-type]


A, B, C = row("--a"), row("--b"), row("--c")


def merge(known: OptionList | None, version: str, *options: Option) -> OptionList:
    return store.merged("mlx-lm", known, version, "2026-01-01", {"mlx_lm.server": options})


def test_versions_are_kept_as_what_changed_between_them() -> None:
    first = merge(None, "1.0", A, B, C, row("--d"), row("--e"))
    last = merge(first, "2.0", A, replaced := row("--b", choices=("x",)), C, row("--d"), row("--e"))
    middle = merge(last, "1.10", A, B, C, row("--d"), row("--e"))
    assert middle.order == ("1.0", "1.10", "2.0")
    rows = [option for option in middle.programs["mlx_lm.server"].options if "--b" in option.names]
    assert [(o.choices, o.since, o.until) for o in rows] == [
        ((), None, "1.10"),
        (("x",), "2.0", None),
    ]
    assert replaced in middle.options("mlx_lm.server", "2.0")
    assert set(middle.options("mlx_lm.server", "1.10")) == {A, B, C, row("--d"), row("--e")}


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    import json

    known = merge(merge(None, "1.0", A, B), "2.0", A, B, row("--c", type="int", takes="many"))
    path = tmp_path / "list.json"
    path.write_text(store.text(known), encoding="utf-8")
    assert from_document(json.loads(path.read_text(encoding="utf-8"))) == known


def test_a_harvest_that_loses_a_fifth_is_refused() -> None:
    every = [row(f"--{number}") for number in range(10)]
    known = merge(None, "1.0", *every)
    assert merge(known, "2.0", *every[:8]).order == ("1.0", "2.0")
    with pytest.raises(InputError, match=r"has 7 of the 10 options that 1\.0 has"):
        merge(known, "2.0", *every[:7])
    assert merge(known, "0.9", *every[:2]).order == ("0.9", "1.0")


def test_changes_are_told() -> None:
    old = merge(None, "1", A, B, row("--kind", choices=("x", "y")), row("--d"), row("--e"))
    new = merge(
        old,
        "2",
        *(A, C, row("--kind", choices=("x",)), row("--d", deprecated=True)),
        row("--e", takes="none"),
    )
    told = [(c.option, c.kind, c.detail) for c in store.changes(new, "1", "2")]
    assert told == [
        ("--c", "added", ""),
        ("--b", "removed", ""),
        ("--d", "deprecated", ""),
        ("--e", "changed", "takes none in place of one str"),
        ("--kind", "changed", "no longer takes y"),
    ]
