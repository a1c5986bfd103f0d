"""The files that start a plan: one a kind of server and pool, as the owner's engine takes them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.errors import InputError
from recommender.facts import Machine
from recommender.facts.fleet import Fleet, Pool
from recommender.facts.fleet_plan import Place, Served, Serving
from recommender.facts.noun import changed, noun
from recommender.facts.plan import Opening, Plan
from recommender.fleet import kubernetes, slurm
from recommender.knowledge import load
from recommender.launch.pinning import NoVersionError
from recommender.launch.served_name import NoNameError
from recommender.launching import NothingRunsError, launching, suited
from recommender.launching import opening as usual_opening
from recommender.planning.own_names import with_own_names
from recommender.planning.parts import share, spanning
from recommender.planning.selecting import nodes_of
from recommender.targets.registry import Target, target
from recommender.words import Words

# What the Services before the pods are called.
_SERVICES = {"kubernetes": "{name}", "lws": "{name}-leader"}


@noun
class File:
    """One file, and where it is used: on each of ``nodes``, or ``times`` by the scheduler.

    ``urls`` are the base addresses of its servers, ``key_env`` the variable with their key.
    """

    name: str
    text: str
    target: str
    demand: str
    nodes: tuple[str, ...] = ()
    times: int = 1
    urls: tuple[str, ...] = ()
    model: str
    framework: str
    key_env: str | None = None


@noun
class Unwritten:
    """Servers for which no file can be written, and why."""

    demand: str
    pool: int
    why: str


def files(found: Fleet, wished: str | None, words: Words) -> Iterator[File | Unwritten]:
    """The files of a plan.

    Args:
        found: the fleet, with its plan.
        wished: the target for all; None takes what suits those who told of each pool.
        words: the language of what stands in them.
    """
    if found.plan is None:
        return
    for served in found.plan.served:
        for serving in served.servings:
            chosen = target(_target(wished, found.pools[serving.pool], serving))
            yield from _Writing(found, served, serving, chosen, words).files()


def _target(wished: str | None, pool: Pool, serving: Serving) -> str:
    usual = {kubernetes.SOURCE: "kubernetes", slurm.SOURCE: "slurm"}
    boxed = pool.machine.software.docker is not False
    name = wished or usual.get(pool.source or "", "docker" if boxed else "shell")
    return "lws" if name == "kubernetes" and serving.nodes > 1 else name


def _alike(serving: Serving, chosen: Target) -> list[tuple[Place, ...]]:
    """Places with the same devices and port need one file; a scheduler finds the places."""
    if chosen.cluster or chosen.shares_network:
        return [serving.places]
    found: dict[tuple[object, ...], list[Place]] = defaultdict(list)
    for place in serving.places:
        found[place.devices, place.port].append(place)
    return [tuple(places) for places in found.values()]


class _Writing:
    """The files of one serving."""

    def __init__(
        self, found: Fleet, served: Served, serving: Serving, chosen: Target, words: Words
    ) -> None:
        self._found, self._served, self._serving = found, served, serving
        self._target, self._words = chosen, words
        self._pool = found.pools[serving.pool]
        self._alike = _alike(serving, chosen)

    def files(self) -> Iterator[File | Unwritten]:
        """A file for all places that need the same one."""
        return map(self._file, self._alike)

    def _file(self, places: tuple[Place, ...]) -> File | Unwritten:
        """The file of places that need the same one, or why there is none."""
        try:
            made, model = self._plan(places[0])
            text = self._target.write(made)
        except NothingRunsError as error:
            return self._unwritten(str(error))
        except LookupError as error:
            said = {"title": load().titles[self._serving.framework], "ways": str(error)}
            why = self._words.key("launch.no-way", target=self._target.name, **said)
            return self._unwritten(why)
        except (NoNameError, NoVersionError, InputError) as error:
            return self._unwritten(str(error))
        return File(
            name=f"{made.name}{self._target.suffix}",
            text=text,
            target=self._target.name,
            demand=self._served.name,
            nodes=() if self._scheduled else tuple(name for one in places for name in one.nodes),
            times=1 if self._target.cluster else len(places),
            urls=tuple(self._urls(made, places)),
            model=model,
            framework=made.framework,
            key_env=made.key.env if made.key else None,
        )

    def _unwritten(self, why: str) -> Unwritten:
        return Unwritten(demand=self._served.name, pool=self._serving.pool, why=why)

    @property
    def _scheduled(self) -> bool:
        return self._target.cluster or self._target.shares_network

    def _plan(self, place: Place) -> tuple[Plan, str]:
        """The plan of one place, and what clients call the model there: most take its name."""
        name = self._served.model.id
        try:
            made = self._launched(place, name)
        except NoNameError:
            made = self._launched(place, None)
            name = made.model
        return self._on_nodes(made), name

    def _on_nodes(self, made: Plan) -> Plan:
        """The plan for the nodes of its pool, where a scheduler finds them."""
        if not self._scheduled:
            return with_own_names(made)
        chosen = nodes_of(
            self._serving.pool,
            self._found.pools,
            load().kubernetes.reading,
            self._words,
            shared=self._shared,
            group=self._served.name,
        )
        return changed(made, replicas=self._serving.replicas, chosen=chosen)

    @property
    def _shared(self) -> bool:
        return 0 < self._serving.devices < len(self._pool.machine.accelerators)

    def _launched(self, place: Place, served_name: str | None) -> Plan:
        machine, workload = suited(self._target, self._machine(place), self._served.workload)
        return launching(
            self._serving.framework,
            machine,
            workload,
            self._served.model,
            self._opening(place, served_name),
            self._words,
            rules=self._found.rules,
        )

    def _machine(self, place: Place) -> Machine:
        """What a server has of the nodes where it runs."""
        machine = self._pool.machine
        if place.devices:
            return share(machine, tuple(machine.accelerators[at] for at in place.devices))
        return spanning(machine, self._serving.nodes)

    def _opening(self, place: Place, served_name: str | None) -> Opening:
        usual = usual_opening(self._target, self._serving.framework)
        several = self._found.plan is not None and self._found.plan.servers > 1
        return replace(
            usual,
            name=self._name(place),
            served_name=served_name,
            port=None if self._scheduled else place.port,
            exposed=several or usual.exposed,
            guarded=several or usual.guarded,
            beside=bool(place.devices),
        )

    def _name(self, place: Place) -> str:
        """The demand's name, with what tells its servers apart."""
        parts = [self._served.name]
        parts += [f"p{self._serving.pool + 1}"] if len(self._served.servings) > 1 else []
        if not self._scheduled and len(self._alike) > 1:
            parts += [str(place.port), *map(str, place.devices[:1])]
        return "-".join(parts)

    def _urls(self, made: Plan, places: Sequence[Place]) -> Iterator[str]:
        """Where its servers are asked; a batch scheduler tells it once they run."""
        services = _SERVICES.get(self._target.name)
        if services:
            yield f"http://{services.format(name=made.name)}:{made.port}"
        elif not self._scheduled:
            yield from (f"http://{place.nodes[0]}:{place.port}" for place in places)
