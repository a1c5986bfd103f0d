"""A refreshed knowledge is sound: every linter is asked, as ``knowledge validate`` asks them."""

from pathlib import Path

from tests.cli.conftest import Run, llmpick  # noqa: F401  # a fixture
from tests.harvest.conftest import serve_mlx_lm
from tests.releases.conftest import World


def test_every_linter_is_content(llmpick: Run, world: World, root: Path) -> None:  # noqa: F811
    serve_mlx_lm(world, "0.33.0", extra=["--kv-group"], requires=">=3.12")
    done = llmpick("knowledge", "refresh", "mlx-lm", "--from", str(root))
    assert done.code == 0, done.out
    assert "frameworks/mlx-lm.yaml" in done.out
