"""The pass rule of a case file, applied in full to an answer."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from recommender.facts import Answer, Candidate, Rejection

# The plugin's own name and the framework's are one pick, if the answer names the plugin.
_SAME_PICK = {"vllm-ascend": "vllm"}


def failures(expect: Mapping[str, Any], answer: Answer) -> list[str]:
    """Every part of the expectation that the answer does not meet, one sentence each."""
    return [
        *_first(expect, answer),
        *_rejects(expect.get("reject") or (), answer),
        *_mentions(expect.get("must_mention") or (), answer),
        *_forbidden(expect.get("forbidden_flags") or (), answer),
        *_required(expect.get("required_flags") or (), answer),
    ]


def soft_score(expect: Mapping[str, Any], answer: Answer) -> float:
    """The share of ranks 1 to 3 that lie in accept_top3."""
    accepted = _picks(expect.get("accept_top3") or ())
    top = [item.framework for item in answer.ranking[:3]]
    return sum(name in accepted for name in top) / len(top) if top else 0.0


def _picks(names: Iterable[str]) -> set[str]:
    return {_SAME_PICK.get(name, name) for name in names}


def _first(expect: Mapping[str, Any], answer: Answer) -> Iterable[str]:
    accepted = _picks(expect["accept_top1"])
    if not answer.ranking:
        yield f"nothing is ranked; expected one of {sorted(accepted)}"
        return
    pick = answer.ranking[0]
    if pick.framework not in accepted:
        yield f"rank 1 is {pick.framework} ({pick.score}); expected one of {sorted(accepted)}"
    on_ascend = pick.framework == "vllm" and pick.platform == "ascend"
    if on_ascend and "vllm-ascend" not in own_words(answer):
        yield "rank 1 is vllm on Ascend without naming the vllm-ascend plugin"


def _rejects(rejects: Iterable[Mapping[str, Any]], answer: Answer) -> Iterable[str]:
    ranks = {item.framework: item for item in answer.ranking}
    refused = {item.framework: item for item in answer.rejected}
    for reject in rejects:
        name = _SAME_PICK.get(reject["framework"], reject["framework"])
        ranked = ranks.get(name)
        if reject["level"] == "not_top2":
            if ranked is not None and ranked.rank <= 2:
                yield f"{name} is at rank {ranked.rank}; it must not be among the first two"
        elif reject["level"] == "unsupported":
            yield from _unsupported(reject, ranked, refused.get(name), answer)
        else:
            yield f"{name}: unknown level {reject['level']!r}"


def _unsupported(
    reject: Mapping[str, Any],
    ranked: Candidate | None,
    refused: Rejection | None,
    answer: Answer,
) -> Iterable[str]:
    name, keyword = reject["framework"], reject["reason_keyword"]
    if refused is None:
        yield f"{name} is not marked unsupported"
        return
    said = " ".join(reason.text for reason in refused.reasons)
    if not re.search(keyword, said, re.IGNORECASE):
        yield f"{name} is rejected, but {said!r} does not match {keyword!r}"
    on_cpu = ranked is not None and ranked.device is None and bool(answer.machine.accelerators)
    if ranked is not None and not (on_cpu and ranked.rank > 2):
        yield f"{name} is rejected and still ranked as runnable at {ranked.rank}"


def _mentions(patterns: Iterable[str], answer: Answer) -> Iterable[str]:
    said = own_words(answer)
    for pattern in patterns:
        if not re.search(pattern, said, re.IGNORECASE):
            yield f"nothing says {pattern!r}"


def own_words(answer: Answer) -> str:
    """What the answer itself says: no echo of the question, no rule ids, no sources."""
    said: list[str | None] = []
    for item in answer.ranking:
        said += [item.platform]
        for reason in (*item.reasons, *item.warnings):
            said += [reason.text, reason.fix]
        said += [*(item.launch.notes if item.launch else ()), commands(item)]
    for refusal in answer.rejected:
        said += [refusal.platform]
        for reason in refusal.reasons:
            said += [reason.text, reason.fix]
    for problem in answer.problems:
        said += [problem.what, problem.fix]
    return "\n".join(filter(None, said))


def commands(candidate: Candidate) -> str:
    """Install, serve and check joined, white space folded, ``--flag=value`` as ``--flag value``."""
    launch = candidate.launch
    if launch is None:
        return ""
    joined = " ".join((*launch.install, *launch.serve, *launch.check))
    return _folded(joined)


def _folded(text: str) -> str:
    return " ".join(re.sub(r"(^|\s)(--?[A-Za-z][\w-]*)=", r"\1\2 ", text).split())


def _stands(flag: str, line: str) -> bool:
    """``--tp 1`` does not stand in ``--tp 16``, nor ``-tp 4`` in ``--x-tp 4``."""
    pattern = re.escape(_folded(flag))
    before = r"(?<![\w-])" if flag.startswith("-") else ""
    after = r"(?!\d)" if flag[-1:].isdigit() else ""
    return re.search(before + pattern + after, line) is not None


def _forbidden(flags: Iterable[str], answer: Answer) -> Iterable[str]:
    line = commands(answer.ranking[0]) if answer.ranking else ""
    for flag in flags:
        if _stands(flag, line):
            yield f"the commands of rank 1 hold {flag!r}: {line}"


def _required(entries: Iterable[Mapping[str, Any]], answer: Answer) -> Iterable[str]:
    if not answer.ranking:
        return
    pick = answer.ranking[0]
    line = commands(pick)
    for entry in entries:
        named = _SAME_PICK.get(entry["framework"], entry["framework"])
        if named == pick.framework and not any(_stands(flag, line) for flag in entry["any_of"]):
            yield f"the commands of rank 1 hold none of {entry['any_of']}: {line}"
