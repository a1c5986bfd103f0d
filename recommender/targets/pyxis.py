"""The options of pyxis, which starts the steps of Slurm in containers of enroot."""

from collections.abc import Iterator

from recommender.facts.command import Command
from recommender.facts.plan import ADAPTERS, Container, Mount, Plan
from recommender.launch.references import enroot
from recommender.targets import ranks
from recommender.targets.common import refuse


def contained(plan: Plan, box: Container) -> Iterator[str]:
    """The options of pyxis, the container plugin of Slurm."""
    yield ranks.line(Command(argv=(f"--container-image={enroot(box.image)}",)))
    yield "--no-container-mount-home"
    mounts = [_mounted(plan, mount) for mount in box.mounts]
    if mounts:
        yield f"--container-mounts={','.join(mounts)}"


def _mounted(plan: Plan, mount: Mount) -> str:
    if set(mount.source) & set(",:\n"):
        why = "pyxis cannot mount a folder with a comma, a colon or a line break in its name"
        raise refuse(plan, "slurm", why, "give the folder a plain name")
    target = f":{mount.target}{':ro' if mount.read_only else ''}"
    return _source(mount) + ranks.line(Command(argv=(target,)))


def _source(mount: Mount) -> str:
    """A folder of the host in words of the shell; a volume of Docker is a folder of the user."""
    if mount.volume:
        return ranks.line(Command(argv=(f"~/.local/share/llmpick/{mount.source}",))).replace(
            "~/", '"$HOME"/', 1
        )
    text = ranks.line(Command(argv=(mount.source,)))
    if mount == ADAPTERS:
        return f'"$SLURM_SUBMIT_DIR"/{text[2:]}'
    return f'"$HOME"/{text[2:]}' if mount.source.startswith("~/") else text


def places(plan: Plan, box: Container | None) -> Iterator[str]:
    """Folders of the user that are mounted have to be there."""
    for mount in box.mounts if box else ():
        if mount.volume or mount.source.startswith("~/") or mount == ADAPTERS:
            _mounted(plan, mount)
            yield f"mkdir -p {_source(mount)}\n"
