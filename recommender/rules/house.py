"""What the rules of a site leave where nothing is left."""

from recommender.facts import Problem, Reason
from recommender.facts.answer import SITE
from recommender.rules.ranking import Verdict
from recommender.words import Words

NOTHING_LEFT = "site.nothing-left"


def nothing_left(verdict: Verdict, words: Words) -> tuple[Problem, ...]:
    """That a site rules out what could serve the model, where nothing else does."""
    ruled_out = {item.framework.name: item.reasons for item in verdict.refused}
    names = [name for name, reasons in ruled_out.items() if any(map(_of_site, reasons))]
    if verdict.ranking or not names:
        return ()
    every = (reason for reasons in ruled_out.values() for reason in filter(_of_site, reasons))
    places = sorted({str(reason.source) for reason in every})
    what = words.key(NOTHING_LEFT, names=names, places=places)
    return (Problem(what=what, fix=words.key("fix.site", places=places), rule=NOTHING_LEFT),)


def _of_site(reason: Reason) -> bool:
    return reason.layer == SITE
