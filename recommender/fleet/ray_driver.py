"""The process that speaks to Ray, started by ray_cluster.py.

Ray waits for minutes where nothing answers, writes to both streams whatever is asked of it, and may
end its process. Here that harms nobody: the streams go nowhere, and who started this process ends
it when its time is over. What passes is plain: words, numbers, bytes.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

# Seconds after which what was asked meanwhile is looked at.
_TURN = 0.05
# How often Ray repeats a batch whose worker or node died before it is answered elsewhere.
_RETRIES = 2


def drive(pipe: Connection, address: str, package: str) -> None:
    """Connect, say so, and do what is asked until the pipe is closed."""
    _be_quiet()
    try:
        driver = _Driver(pipe, address, Path(package))
    except BaseException as error:  # noqa: BLE001  # Ray raises SystemExit, too
        pipe.send(("failed", _told(error)))
        return
    with suppress(EOFError, OSError):
        driver.work()


def _be_quiet() -> None:
    """Nothing of Ray reaches the streams of the command, nor the keyboard Ray."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


def _told(error: BaseException) -> str:
    """What went wrong, on one line."""
    return " ".join(str(error).split())[:1000] or type(error).__name__


class _Driver:
    def __init__(self, pipe: Connection, address: str, package: Path) -> None:
        import ray

        # Ray has workers look for modules where its driver runs before it looks at what is shipped.
        empty = package.with_name("empty")
        empty.mkdir()
        os.chdir(empty)
        sys.argv = [""]
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level="critical",
            runtime_env={
                "py_modules": [str(package)],
                # Devices stay visible to a probe that asks for none of them.
                "env_vars": {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"},
            },
        )
        self._ray, self._pipe = ray, pipe
        self._sent: dict[Any, tuple[str, Any]] = {}
        # Functions come from modules, which each node imports from what was shipped.
        from recommender.fleet import ray_tasks

        self._probe = ray.remote(num_cpus=0, max_retries=0)(ray_tasks.probed)
        self._answer = ray.remote(num_cpus=1, max_retries=_RETRIES)(ray_tasks.answered)
        pipe.send(("ready", int(ray.cluster_resources().get("CPU", 0))))

    def work(self) -> None:
        """Serve until the pipe is closed."""
        asked: Mapping[str, Callable[..., None]] = {"nodes": self._nodes, "batch": self._batch}
        while True:
            while self._pipe.poll(0 if self._sent else None):
                kind, *rest = self._pipe.recv()
                asked[kind](*rest)
            self._hear()

    def _nodes(self) -> None:
        """Tell of every node, and start the probe on those that are alive."""
        nodes = self._ray.nodes()
        self._pipe.send(("nodes", [_plain(node) for node in nodes]))
        for node in nodes:
            if node["Alive"]:
                pinned = self._probe.options(scheduling_strategy=self._pinned(node["NodeID"]))
                self._sent[pinned.remote()] = ("probed", node["NodeID"])

    def _pinned(self, node: str) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return NodeAffinitySchedulingStrategy(node, soft=False)

    def _batch(self, number: int, batch: bytes) -> None:
        self._sent[self._answer.remote(batch)] = ("answered", number)

    def _hear(self) -> None:
        done, _ = self._ray.wait(list(self._sent), num_returns=1, timeout=_TURN)
        for one in done:
            kind, which = self._sent.pop(one)
            try:
                self._pipe.send((kind, which, self._ray.get(one), None))
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001  # tasks fail in many ways
                self._pipe.send((kind, which, None, _failure(error, self._ray)))


def _plain(node: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("NodeID", "NodeName", "NodeManagerHostname", "NodeManagerAddress", "DeathReasonMessage")
    return {
        "alive": bool(node["Alive"]),
        "resources": dict(node.get("Resources") or {}),
        "labels": dict(node.get("Labels") or {}),
        **{name: str(node.get(name) or "") for name in kept},
    }


def _failure(error: Exception, ray: Any) -> tuple[bool, str]:
    """Whether the node itself may be gone, and what went wrong."""
    ours = (ray.exceptions.RayTaskError, ray.exceptions.RuntimeEnvSetupError)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # The last line of what an exception of a task says is the exception itself.
    text = lines[-1] if isinstance(error, ray.exceptions.RayTaskError) else lines[0]
    return not isinstance(error, ours), text.strip()[:1000]
