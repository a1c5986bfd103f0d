"""The targets by name: what each needs of a plan, and the module that writes it."""

from importlib import import_module
from typing import Any

from recommender.errors import InputError, choices, printable
from recommender.facts.noun import noun
from recommender.facts.plan import Plan
from recommender.knowledge import load

_PROGRAMS = ("pip", "native")
_IMAGE = ("docker",)
_PODS: dict[str, Any] = {"methods": _IMAGE, "cluster": True, "inside": True}


@noun
class Target:
    """One kind of file or script that starts a server.

    ``methods`` are the ways to install that it can use, empty for any. ``cluster`` says that an
    orchestrator starts it, which brings a container engine of its own; ``inside`` that other
    machines reach the server by the network inside of it, whether that is asked for or not;
    ``shared`` that strangers work on the same machine, so that a key is asked for in any case.
    ``devices`` hands the module what Kubernetes calls devices. ``shares_network`` says that its
    containers have no network of their own, and that it brings an engine for them. ``pinned`` says
    that its image holds one version of a framework, for which the plan has to be made. ``suffix``
    is that of the file. ``grouped`` says that copies may span machines of the cluster.
    """

    name: str
    methods: tuple[str, ...] = ()
    cluster: bool = False
    inside: bool = False
    shared: bool = False
    devices: bool = False
    shares_network: bool = False
    pinned: bool = False
    grouped: bool = False
    suffix: str

    def version(self, framework: str) -> str | None:
        """The version of a framework that this target has, None where it takes any."""
        if not self.pinned:
            return None
        from recommender.targets.schedulers import schedulers

        return schedulers().ray.engines.get(framework)

    def image(self) -> str | None:
        """The image that this target has of its own, None where it takes that of a framework."""
        if not self.pinned:
            return None
        from recommender.targets.schedulers import schedulers

        return schedulers().ray.image

    @property
    def boxes(self) -> bool:
        """Whether it starts containers."""
        return not self.methods or _IMAGE[0] in self.methods

    def ways(self, framework: str) -> tuple[str, ...]:
        """The ways to install a framework that this target can use, the preferred one first."""
        from recommender.targets.schedulers import schedulers

        boxed = self.shares_network and framework in schedulers().slurm.boxed
        return (
            tuple(sorted(self.methods, key=lambda way: way not in _IMAGE))
            if boxed
            else self.methods
        )

    def write(self, plan: Plan) -> str:
        """The whole file; raises ``InputError`` where the plan cannot be served that way."""
        module = import_module(f"recommender.targets.{self.name}")
        text: str = module.write(plan, load().kubernetes) if self.devices else module.write(plan)
        return text


TARGETS = {
    target.name: target
    for target in (
        Target(name="shell", suffix=".sh"),
        Target(name="powershell", suffix=".ps1"),
        Target(name="docker", methods=_IMAGE, suffix=".sh"),
        Target(name="compose", methods=_IMAGE, suffix=".yaml"),
        Target(name="systemd", methods=_PROGRAMS, suffix=".service"),
        Target(name="quadlet", methods=_IMAGE, suffix=".container"),
        Target(name="kubernetes", **_PODS, devices=True, suffix=".yaml"),
        Target(name="lws", **_PODS, devices=True, grouped=True, suffix=".yaml"),
        Target(
            name="slurm",
            methods=(*_PROGRAMS, *_IMAGE),
            shared=True,
            shares_network=True,
            suffix=".sbatch",
        ),
        Target(name="ray", **_PODS, devices=True, pinned=True, suffix=".yaml"),
        Target(name="skypilot", methods=(*_PROGRAMS, *_IMAGE), cluster=True, suffix=".yaml"),
    )
}


def target(name: str) -> Target:
    """The target of this name.

    Raises:
        InputError: there is none.
    """
    found = TARGETS.get(name.strip().casefold())
    if found is None:
        hint = choices(name, TARGETS)
        message = f"--target '{printable(name)}' is unknown{hint}"
        raise InputError(message)
    return found
