"""How one framework is started here: the plan of it, or why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from recommender.facts import Framework, Machine, Model, Reason, Workload
from recommender.facts.cluster import SingleMachine
from recommender.facts.codec import decode
from recommender.facts.conversions import Conversions
from recommender.facts.noun import changed
from recommender.facts.offline import Offline
from recommender.facts.plan import DeviceAccess, Opening, Plan
from recommender.facts.visible import Visible
from recommender.knowledge import document, load
from recommender.launch import pinning
from recommender.launch.carrying import carried
from recommender.launch.converting import converted
from recommender.launch.plans import plan_of
from recommender.launch.served_name import NoNameError
from recommender.pipeline import decided
from recommender.rules.candidates import Scored
from recommender.rules.ranking import Refused
from recommender.targets.registry import Target
from recommender.versions import parts
from recommender.words import Words


class NothingRunsError(Exception):
    """The framework cannot run here; ``reasons`` say why and what would change it."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        """Keep the reasons."""
        super().__init__("; ".join(reason.text for reason in reasons))
        self.reasons = reasons


def launching(  # noqa: PLR0913  # the whole question
    framework: str,
    machine: Machine,
    workload: Workload,
    model: Model | None,
    opening: Opening,
    words: Words,
    *,
    rules: str = "current",
) -> Plan:
    """The plan by which ``framework`` serves the model here.

    Args:
        framework: its id; challengers and layers too.
        machine: what was probed or described; its ``nodes`` serve together where one is too small,
            or where the framework hands out work to all of them. Where an orchestrator makes the
            copies, a machine that holds the model is planned as if it were alone.
        workload: what the server is for.
        model: the model to serve; None lets llmpick propose one.
        opening: how the server is started, named and reached.
        words: the language of notes and reasons.
        rules: ``current`` or ``article``.

    Raises:
        NothingRunsError: it cannot run on this machine, or not with this model.
        LookupError: it runs, but not in a way that ``opening`` allows; the message names the ways.
        NoNameError: its server cannot be given the name for the API that ``opening`` has.
        NoVersionError: it cannot be installed in the version that ``opening`` asks for.
    """
    if opening.brings:
        version = pinning.written(opening.version or "", _framework(framework), words)
        opening = replace(opening, version=version)
    single = load().kubernetes.groups.single(framework) if opening.spans else None
    opening = replace(opening, spans=bool(single and single.image))
    asked: dict[str, Any] = {"rules": rules, "lang": words.lang}
    found = decided(framework, machine, workload, model, **asked, spans=opening.spans)
    if opening.orchestrated and not isinstance(found, Refused) and found.fit.nodes == 1:
        one = replace(machine, nodes=1)
        found = decided(framework, one, workload, model, **asked)
    if isinstance(found, Refused):
        raise NothingRunsError(found.reasons)
    made = plan_of(found, opening, machine.nodes, words, hidden())
    made = converted(made, found, decode(Conversions, document("conversions")))
    if workload.offline:
        made = carried(made, found, decode(Offline, document("offline")), words)
    made = changed(made, notes=(*made.notes, *_unread(made, opening, words)))
    if opening.brings and not opening.image:
        pinning.check(made, made.others, _other(found, opening, machine.nodes, words), words)
    return with_host(_with_image(made, opening, single, words))


def _with_image(plan: Plan, opening: Opening, single: SingleMachine | None, words: Words) -> Plan:
    """The plan with what has to be said of an image of the user's own."""
    if opening.image is None:
        return plan
    known = opening.known_image or plan.known_image
    said = {"image": opening.image, "known": known, "title": plan.title, "version": plan.version}
    notes = [words.key("note.own-image", **said)]
    if single and plan.nodes > 1:
        texts = (single.image, single.warning)
        notes += [words.text(text, said.get) for text in texts if text]
    return changed(plan, known_image=known, notes=(*plan.notes, *notes))


def _unread(made: Plan, opening: Opening, words: Words) -> tuple[str, ...]:
    """That no options of the version that was asked for have been read."""
    read = document("versions").get(made.framework, ())
    if opening.version is None or not read:
        return ()
    own = load().platform(made.framework, made.platform).version
    newest = max(read[-1], own, key=_number)
    said = {"title": made.title, "version": made.version}
    if _number(made.version) > _number(newest):
        return (words.key("note.version-newer", newest=newest, **said),)
    if _number(made.version) < _number(read[0]):
        return (words.key("note.version-older", oldest=read[0], **said),)
    return ()


def _number(version: str) -> tuple[int, ...]:
    return parts(version) or ()


def _framework(name: str) -> Framework:
    known = load()
    return next(item for item in (*known.frameworks, *known.challengers) if item.id == name)


def _other(
    found: Scored, opening: Opening, nodes: int, words: Words
) -> Callable[[str], Plan | None]:
    """The plan by another way to install, None where its server has not what is asked for."""

    def planned(way: str) -> Plan | None:
        try:
            return plan_of(found, replace(opening, methods=(way,)), nodes, words, hidden())
        except (LookupError, NoNameError):
            return None

    return planned


def hidden() -> tuple[Visible, ...]:
    """How each vendor's devices are hidden from a server that takes fewer than all."""
    return tuple(decode(Visible, row) for row in document("hosts")["visible"])


def with_host(plan: Plan) -> Plan:
    """The plan with what is known of its image, its vendor's device files and rival services."""
    known = document("hosts")
    box, vendor = plan.server.container, plan.hardware.vendor
    image = plan.known_image or (box.image if box else "")
    client = next((row["client"] for row in known["images"] if _is(image, row["name"])), None)
    access = next((row for row in known["devices"] if row["vendor"] == vendor), None)
    service = next((row for row in known["services"] if row["framework"] == plan.framework), None)
    rival = service["unit"] if service and service["port"] == plan.port else None
    opened = _access(access) if access else None
    return changed(plan, client=client, access=opened, rival=rival)


def _access(row: Mapping[str, Any]) -> DeviceAccess:
    return DeviceAccess(
        allow=tuple(row["allow"]),
        groups=tuple(row.get("groups", ())),
        before=tuple(row.get("before", ())),
    )


def _is(image: str, name: str) -> bool:
    """Whether an image is one of the repository ``name``, whatever its tag."""
    return image.rpartition(":")[0] == name


def opening(target: Target, framework: str) -> Opening:
    """What a target asks of the server of a framework, whatever else is wished."""
    return Opening(
        methods=target.ways(framework),
        version=target.version(framework),
        exposed=target.inside,
        guarded=target.inside or target.shared,
        shares_network=target.shares_network,
        orchestrated=target.cluster,
    )


def suited(target: Target, machine: Machine, workload: Workload) -> tuple[Machine, Workload]:
    """The machine and the work as a target takes them: with its own engine, from its images."""
    if target.cluster or target.shares_network:
        machine = containers(machine)
    if target.methods == ("docker",):
        workload = replace(workload, install="docker")
    return machine, workload


def containers(machine: Machine) -> Machine:
    """The machine as an orchestrator would use it, which brings a container engine of its own."""
    return replace(machine, software=replace(machine.software, docker=True))
