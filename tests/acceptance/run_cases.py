"""``python -m tests.acceptance.run_cases FILE [--answers DIR]``: against a file of cases."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recommender.facts import Answer
from recommender.pipeline import recommend
from recommender.render.document import as_json
from tests.acceptance import cases, pass_rule

SCHEMA = "llmpick-cases/1"


@dataclass(frozen=True)
class Result:
    """What became of one case."""

    case: Mapping[str, Any]
    answer: Answer | None
    failures: tuple[str, ...]
    soft: float

    @property
    def passed(self) -> bool:
        """Whether every part of the expectation is met."""
        return not self.failures


def run(case: Mapping[str, Any]) -> Result:
    """Ask llmpick the case's question and hold the answer against the expectation."""
    try:
        cases.check(case)
        question = cases.machine(case), cases.workload(case), cases.model(case)
    except cases.CaseError as error:
        return Result(case, None, (str(error),), 0.0)
    answer = recommend(*question)
    found = pass_rule.failures(case["expect"], answer)
    return Result(case, answer, tuple(found), pass_rule.soft_score(case["expect"], answer))


def read(path: Path) -> list[dict[str, Any]]:
    """The cases of a file.

    Raises:
        SystemExit: the file is no case file.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("schema") != SCHEMA:
        message = f"{path}: the schema is {data.get('schema')!r}, not {SCHEMA!r}"
        raise SystemExit(message)
    return list(data["cases"])


def report(results: Iterable[Result]) -> str:
    """Passed and total by kind, then every failure with its reasons."""
    done = list(results)
    total = Counter(result.case["kind"] for result in done)
    passed = Counter(result.case["kind"] for result in done if result.passed)
    lines = [f"{kind}: {passed[kind]}/{total[kind]}" for kind in sorted(total)]
    lines.append(f"all: {sum(passed.values())}/{sum(total.values())}")
    if done:
        lines.append(f"soft score: {sum(result.soft for result in done) / len(done):.2f}")
    for result in done:
        if not result.passed:
            lines.append(f"{result.case['id']} ({result.case['kind']}) {result.case['title']}")
            lines += [f"    {failure}" for failure in result.failures]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the file and print the report; 0 when every case passes, else 1."""
    parser = argparse.ArgumentParser(prog="run_cases", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--answers", type=Path, help="write each answer's JSON here as ID.json")
    options = parser.parse_args(arguments)
    results = [run(case) for case in read(options.file)]
    if options.answers:
        options.answers.mkdir(parents=True, exist_ok=True)
        for result in results:
            if result.answer is not None:
                target = options.answers / f"{result.case['id']}.json"
                target.write_text(as_json(result.answer, indent=True), encoding="utf-8")
    sys.stdout.write(report(results) + "\n")
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
