"""Documents that Python's own reader of JSON gives up in ways of its own."""

import io

from recommender.fleet.pools import gathered


def test_a_number_beyond_python_s_digits_is_no_traceback() -> None:
    document = b'{"items": [{"kind": "Node", "metadata": {"name": "n"}, "status": {}}, %s]}'
    found = gathered(io.BytesIO(document % (b"9" * 5000)))
    assert [one.reason for one in found.unreadable] == [
        "is not valid JSON (a number is too long); what follows it was not read"
    ]
    # What was read before stays.
    assert [node for kind in found.kinds.values() for node in kind.nodes] == ["n"]
