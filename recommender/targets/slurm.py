"""A batch script for Slurm: one ``srun`` over all machines, each of which knows its rank."""

from collections.abc import Iterator
from math import ceil
from pathlib import PurePosixPath

from recommender.facts.command import Command
from recommender.facts.noun import changed
from recommender.facts.plan import Container, Mount, Plan, Process
from recommender.launch.variables import ADAPTER, variables
from recommender.targets import ranks
from recommender.targets.common import LORA_PATH, comments, refuse
from recommender.targets.pyxis import contained, places
from recommender.targets.schedulers import cores_of, program, schedulers

_INSTEAD = "llmpick launch --target docker writes it for a machine with Docker"
_IMAGE = "--container-image="
# Where the libraries of the hub look in images whose user is root.
_HUB = (Mount(source="~/.cache/huggingface", target="/root/.cache/huggingface"),)
_LOOPBACK = "127.0.0.1"
_RUNTIMES = (None, "nvidia")
_SYSTEMS = (None, "linux")


def write(plan: Plan) -> str:
    """The script for ``sbatch``; what is to be installed beforehand stands in its comments."""
    if plan.hardware.os not in _SYSTEMS:
        why = f"Slurm starts nothing on {plan.hardware.os}"
        raise refuse(plan, "slurm", why, "describe a machine of the cluster by --gpu or --machine")
    plan = _boxed(plan)
    box = plan.server.container
    if box:
        _refuse_what_enroot_lacks(plan, box)
    if plan.nodes > 1 and not plan.of("worker") and not _over_mpi(plan):
        why = "there is no command for its further machines"
        raise refuse(plan, "slurm", why, "take one machine that holds the model")
    parts = [
        "#!/bin/bash\n" + comments(plan) + _usage(plan),
        "".join(f"#SBATCH --{text}\n" for text in _asked(plan)),
        "set -eu\n" + "".join(_secrets(plan)) + "".join(places(plan, box)) + "".join(_hosts(plan)),
        "rank() {\n" + "".join(f"{text}\n" for text in ranks.indented(_rank(plan))) + "}\n",
        _srun(plan, box),
    ]
    return "\n".join(parts)


def _boxed(plan: Plan) -> Plan:
    """The plan with the container that a line of ``srun`` asks for."""
    server = plan.server
    asked = (word for word in server.argv if word.startswith(_IMAGE))
    image = next(asked, None) if server.argv[:1] == ("srun",) else None
    if image is None:
        return plan
    box = Container(image=image.removeprefix(_IMAGE).replace("#", "/", 1), mounts=_HUB)
    processes = (changed(one, container=box) if one is server else one for one in plan.processes)
    return changed(plan, processes=tuple(processes))


def _over_mpi(plan: Plan) -> bool:
    """Whether MPI tells the ranks apart, one for every device."""
    launcher = schedulers().slurm.launcher
    return any(PurePosixPath(word).name == launcher for word in plan.server.argv)


def _usage(plan: Plan) -> str:
    named = bool(variables(plan.address))
    where = "0.0.0.0" if plan.exposed else _LOOPBACK  # noqa: S104  # named in a comment
    own = "the name" if named else where
    lines = [f"It listens on {own} of the first machine: sbatch FILE, then, from elsewhere,"]
    to = "NODE" if named else _LOOPBACK
    tunnel = f"ssh -N -L {plan.port}:{to}:{plan.port} -J LOGIN_NODE NODE"
    lines += [f"  {tunnel}   # NODE: squeue --noheader --format=%B --name={plan.name}"]
    for name, file in _files(plan).items():
        what = "the password" if name == plan.admin_env else "the key"
        lines.append(f"The first start makes {what}: {name}=$(cat {file})")
    if not _files(plan):
        lines.append("It knows no key: whoever else works on that machine can ask it, too.")
    text = "".join(f"# {line}\n" for line in lines) + ranks.checks(_through_tunnel(plan))
    if _named_by_site(plan):
        text += "# Slurm finds no such devices by itself: what this site calls them (sinfo -o %G)\n"
        text += "# stands in place of gpu in --gres.\n"
    if _over_mpi(plan) and not plan.model.startswith("/"):
        text += "# Ranks of MPI download nothing: the model is a folder that all machines see.\n"
    if plan.install and not plan.server.container:
        text += "# Once, in the folder from which it is submitted, which all machines see:\n"
        text += ranks.remarks(plan.install)
    if plan.prepare:
        text += (
            "# Then, on a login node with the same home, so that no GPU waits for the download:\n"
        )
        text += ranks.remarks(plan.prepare)
    return text


def _through_tunnel(plan: Plan) -> Plan:
    """The plan with lines that ask the near end of the tunnel."""
    check = tuple(
        changed(command, argv=tuple(word.replace(plan.address, _LOOPBACK) for word in command.argv))
        for command in plan.check
    )
    return changed(plan, check=check)


def _asked(plan: Plan) -> Iterator[str]:
    """What ``sbatch`` is asked for, one option each."""
    yield f"job-name={plan.name}"
    yield f"nodes={plan.nodes}"
    yield f"ntasks-per-node={_tasks(plan)}"
    yield from _devices(plan)
    yield from _share(plan)
    # A day, to be edited: the limits of a partition differ.
    yield "time=1-00:00:00"
    yield "output=%x-%j.log"


def _tasks(plan: Plan) -> int:
    return plan.devices if _over_mpi(plan) else 1


def _named_by_site(plan: Plan) -> bool:
    """Whether only the site knows what its devices are called."""
    if plan.chosen and plan.chosen.gres:
        return False
    known = schedulers().slurm.devices
    return bool(plan.devices and plan.hardware.vendor and plan.hardware.vendor not in known)


def _devices(plan: Plan) -> Iterator[str]:
    hardware, chosen = plan.hardware, plan.chosen
    if chosen and chosen.partition:
        yield f"partition={chosen.partition}"
    if chosen and chosen.features:
        yield f"constraint={'&'.join(chosen.features)}"
    if not hardware.vendor or not plan.devices:
        return
    if chosen and chosen.gres:
        yield f"gres={chosen.gres}:{plan.devices}"
        return
    name = schedulers().slurm.devices.get(hardware.vendor)
    if name and not hardware.partition:
        yield f"gpus-per-node={plan.devices}"
    else:
        kind = f":{hardware.partition}" if hardware.partition else ""
        yield f"gres={name or 'gpu'}{kind}:{plan.devices}"


def _share(plan: Plan) -> Iterator[str]:
    """Cores and memory: of a whole machine all, else as large a part as of the devices."""
    hardware, wanted = plan.hardware, plan.devices
    beside = plan.chosen is not None and plan.chosen.shared
    if not wanted or (wanted == hardware.devices and not beside):
        yield "exclusive"
        whole = schedulers().slurm.memory.whole
        yield f"mem={ceil(plan.memory_gib)}G" if plan.memory_gib else f"mem={whole}"
        return
    share = wanted / hardware.devices
    cores = int(hardware.cores * share) if hardware.cores else cores_of(plan)
    yield f"cpus-per-task={max(cores // _tasks(plan), 1)}"
    if hardware.ram_gib:
        yield f"mem={max(int(hardware.ram_gib * share), 1)}G"
    elif hardware.memory_gib:
        # An assumption: all that the devices hold passes through main memory, and a site's own
        # default (DefMemPerCPU) may be less than that.
        yield f"mem={ceil(hardware.memory_gib * wanted)}G"


def _files(plan: Plan) -> dict[str, str]:
    """The files of the user from which variables with secrets are read."""
    folder = f'"$HOME"/.config/llmpick/{plan.name}'
    key = {plan.key.env: f"{folder}.key"} if plan.key else {}
    return key | ({plan.admin_env: f"{folder}.admin"} if plan.admin_env else {})


def _secrets(plan: Plan) -> Iterator[str]:
    """Each is read from a file that nobody else can read, made where there is none."""
    for name, file in _files(plan).items():
        yield f"key_file={file}\n"
        yield 'if [ ! -s "$key_file" ]; then\n  (umask 077; mkdir -p "${key_file%/*}"\n'
        yield "   od -An -N32 -tx1 /dev/urandom | tr -d ' \\n' >\"$key_file\")\nfi\n"
        yield 'if [ "$(stat -c %a "$key_file")" != 600 ]; then\n'
        yield '  echo "$key_file: chmod 600 it" >&2\n  exit 1\nfi\n'
        yield f'{name}=$(cat "$key_file")\nexport {name}\n'


def _hosts(plan: Plan) -> Iterator[str]:
    """Where the machines are, for those that have to be told."""
    needed = set(ranks.needs(plan))
    if "NIC_NAME" in needed:
        yield ': "${NIC_NAME:?the network interface between the machines}"\n'
    for name in sorted(needed & ADAPTER):
        about = (
            LORA_PATH if plan.server.container and name == "LORA_PATH" else "of the LoRA adapter"
        )
        yield f': "${{{name}:?{about}}}"\n'
    of_head = sorted(needed & {"HEAD_IP", "SUPERVISOR_IP"})
    if of_head or "WORKER_IPS" in needed:
        yield 'mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")\n'
    for name in of_head:
        yield f"export {name}=${{hosts[0]}}\n"
    if "WORKER_IPS" in needed:
        port = ranks.port_of_workers(plan)
        written = f"%s:{port}," if port else "%s,"
        yield f"WORKER_IPS=$(printf '{written}' \"${{hosts[@]:1}}\")\n"
        yield "export WORKER_IPS=${WORKER_IPS%,}\n"


def _rank(plan: Plan) -> list[str]:
    """What every task of the step runs."""
    start = ["set -eu", *_own(set(ranks.needs(plan))), *_free(plan)]
    if _over_mpi(plan):
        before = (ranks.line(_started(plan, process)) for process in plan.of("before"))
        return [*start, *before, ranks.last(_alone(plan))]
    rank = ["NODE_RANK=$SLURM_PROCID"] if plan.nodes > 1 else []
    return [*start, *rank, *ranks.ranked(plan, lambda process: _started(plan, process))]


def _own(needed: set[str]) -> Iterator[str]:
    """Who the machine is to the others: its name, and an address where only that will do."""
    if "WORKER_IP" in needed:
        yield "WORKER_IP=$SLURMD_NODENAME"
    if "OWN_IP" in needed:
        # Debian gives a machine's own name a loopback address, which no other machine reaches.
        yield (
            'OWN_IP=$(getent ahostsv4 "$SLURMD_NODENAME" | '
            "awk '$1 !~ /^127[.]/ {print $1; exit}')"
        )
        yield "OWN_IP=${OWN_IP:-$(hostname -I | awk '{print $1}')}"


def _free(plan: Plan) -> Iterator[str]:
    """Two jobs on one machine must not take one another's port."""
    port = ranks.line(Command(argv=(f"/dev/tcp/{plan.address}/{plan.port}",)))
    yield f'if [ "$SLURM_PROCID" -eq 0 ] && (: <{port}) 2>/dev/null; then'
    yield f'  echo "port {plan.port} is taken: choose another by llmpick launch --port" >&2'
    yield "  exit 1"
    yield "fi"


def _alone(plan: Plan) -> Command:
    """The server from the launcher on: what stands before it would start the ranks by itself."""
    command, launcher = _started(plan, plan.server), schedulers().slurm.launcher
    names = [PurePosixPath(word).name for word in command.argv]
    return changed(command, argv=command.argv[names.index(launcher) :])


def _started(plan: Plan, process: Process) -> Command:
    """The command of a process inside the container of the step, if there is one."""
    if process.shell:
        return process.shell
    argv = program(process, plan)
    if argv is None:
        why = "what its image starts by itself is not known, and pyxis leaves that out"
        raise refuse(plan, "slurm", why, _INSTEAD)
    return Command(argv=argv, env=process.env)


def _srun(plan: Plan, box: Container | None) -> str:
    tasks = plan.nodes * _tasks(plan)
    words = [
        f"--ntasks={tasks} --ntasks-per-node={_tasks(plan)}",
        # Without it one task is bound to one core; since 22.05 srun asks for cores itself.
        '--cpu-bind=none ${SLURM_CPUS_PER_TASK:+--cpus-per-task="$SLURM_CPUS_PER_TASK"}',
        "--kill-on-bad-exit=1 --wait=60",
    ]
    words += [f"--mpi={schedulers().slurm.mpi}"] if _over_mpi(plan) else []
    words += list(contained(plan, box)) if box else []
    options = "".join(f"{word} \\\n  " for word in words)
    return f'srun {options}bash -c "$(declare -f rank); rank"\n'


def _refuse_what_enroot_lacks(plan: Plan, box: Container) -> None:
    if box.privileged or box.runtime not in _RUNTIMES:
        how = "a privileged container" if box.privileged else f"the runtime {box.runtime}"
        raise refuse(plan, "slurm", f"its image needs {how}, which Slurm does not give", _INSTEAD)
    others = {other.container.image for other in plan.processes if other.container}
    if others != {box.image}:
        why = "its parts run in several images, and a step of Slurm has one"
        raise refuse(plan, "slurm", why, _INSTEAD)
