"""Scripts that run ``llmpick probe`` on many machines, each once, and print a line of each."""

_HEAD = """\
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"""
# Lines of several processes at once would mix, so each goes into a file of its own.
_TAIL = """\
wait
find "$folder" -type f -exec cat {} +
"""
_ENOUGH = """\
  while [ "$(jobs -rp | wc -l)" -ge 32 ]; do sleep 0.2; done
"""

_SLURM = """\
probe() {
  # A step sees the devices that it asks for alone.
  devices=$(printf '%s' "$3" | sed 's/([^)]*)//g' | tr ',' '\\n' | grep '^gpu' | paste -sd , -)
  srun --job-name=llmpick-probe --nodes=1 --ntasks=1 --nodelist="$1" --partition="$2" \\
    ${devices:+--gres="$devices"} --immediate=300 \\
    llmpick probe --json --node "$1" >"$folder/$1" || echo "$1: not probed" >&2
}

while IFS='|' read -r node partition resources; do
  probe "$node" "$partition" "$resources" </dev/null &
"""

_SSH = """\
probe() {
  ssh -o BatchMode=yes -o ConnectTimeout=10 -- "$1" llmpick probe --json >"$folder/$2.out" &&
    printf '%s: %s\\n' "${1##*@}" "$(cat "$folder/$2.out")" >"$folder/$2" ||
    echo "$1: not probed" >&2
  rm -f "$folder/$2.out"
}

count=0
for host in "$@"; do
  count=$((count + 1))
  probe "$host" "$count" </dev/null &
"""


def slurm() -> str:
    """A script that starts a step of its own on each node that takes jobs."""
    listed = (
        "done < <(sinfo --Node --noheader --states=idle,mixed,allocated --format='%N|%R|%G' |\n"
        "  sort -t '|' -k 1,1 -u)\n"
    )
    head = _comments(
        "llmpick's probe on every node of Slurm that takes jobs; llmpick has to be on their PATH.",
        "  bash FILE | llmpick fleet",
        "A node whose devices are not free within 300 seconds is left out, and named.",
    )
    return head + _HEAD + _SLURM + _ENOUGH + listed + _TAIL


def shell() -> str:
    """A script that asks each host of its arguments over SSH."""
    head = _comments(
        "llmpick's probe on each host; llmpick has to be on their PATH.",
        "  bash FILE HOST ... | llmpick fleet",
        "pdsh and ansible do the same:",
        "  pdsh -w HOSTS llmpick probe --json | llmpick fleet",
        "  ansible HOSTS -o -m command -a 'llmpick probe --json' | llmpick fleet",
    )
    return head + _HEAD + _SSH + _ENOUGH + "done\n" + _TAIL


def _comments(*lines: str) -> str:
    return "".join(("#!/bin/bash\n", *(f"# {line}\n" for line in lines)))
