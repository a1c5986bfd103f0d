"""``llmpick verify``, against servers and wishes that are wrong."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.serving.fake_server import Manners, fake_server

from .conftest import Run
from .test_verify import CARD, JSON, MODELS, QUICK

pytestmark = pytest.mark.usefixtures("kept")


def test_a_slow_server_ends_with_the_time(llmpick: Run) -> None:
    with fake_server(Manners(pause_s=0.3, endless=True)) as server:
        done = llmpick("verify", server.url, *CARD, "--timeout", "1")
    assert done.code == 1
    assert "within 1 s" in done.err
    assert "--timeout" in done.err


def test_what_is_no_http_is_said(llmpick: Run) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def babble() -> None:
            caller, _ = listening.accept()
            with caller:
                caller.recv(1000)
                caller.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")

        thread = threading.Thread(target=babble, daemon=True)
        thread.start()
        done = llmpick("verify", f"127.0.0.1:{listening.getsockname()[1]}")
        thread.join()
    assert done.code == 1
    assert "not answered in HTTP" in done.err


def test_a_key_is_asked_for_and_taken_from_a_variable(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_server(Manners(key="s3cret")) as server:
        without = llmpick("verify", server.url, *CARD)
        monkeypatch.setenv("LLMPICK_API_KEY", "wrong")
        wrong = llmpick("verify", server.url, *CARD)
        monkeypatch.setenv("MINE", "s3cret")
        right = llmpick("verify", server.url, *QUICK, *CARD, "--api-key-env", "MINE")
    assert (without.code, wrong.code, right.code) == (2, 2, 0)
    assert "LLMPICK_API_KEY" in without.err
    assert "refuses the key in LLMPICK_API_KEY" in wrong.err
    assert "wrong" not in wrong.err
    assert "s3cret" not in right.out + right.err


def test_a_key_that_nobody_named_goes_only_where_one_is_wanted(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    with fake_server() as open_one, fake_server(Manners(key="s3cret")) as closed:
        assert llmpick("verify", open_one.url, *QUICK, *CARD).code == 0
        assert llmpick("verify", closed.url, *QUICK, *CARD).code == 0
        assert set(open_one.keys_seen()) == {None}
        assert "Bearer s3cret" in closed.keys_seen()


def test_a_key_follows_no_redirect(llmpick: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "s3cret")
    with fake_server() as other:
        moved = {MODELS: (307, b"", {"Location": f"{other.url}{MODELS}"})}
        with fake_server(Manners(paths=moved)) as server:
            done = llmpick("verify", server.url, *CARD, "--api-key-env", "MINE")
        assert other.requests == []
    assert done.code == 1
    assert other.url in done.err


def test_a_server_that_repeats_the_key_does_not_show_it(
    llmpick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "s3cret")
    echo = {MODELS: (500, b'{"error":{"message":"bad token s3cret"}}', JSON)}
    with fake_server(Manners(paths=echo)) as server:
        done = llmpick("verify", server.url, *CARD, "--api-key-env", "MINE")
    assert "bad token ***" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("",), "is no URL"),
        (("ftp://a.test",), "neither http"),
        (("http://a b.test",), "is no URL"),
        (("http://[::1",), "is no URL"),
        (("http://a.test:99999",), "is no URL"),
        (("http://a.test/?key=1",), "is no URL"),
        (("http://me:pw@a.test",), "--api-key-env"),
        (("http://127.0.0.1:1",), "cannot be reached"),
        (("http://nobody.invalid",), "cannot be reached"),
        (("http://127.0.0.1:1", "--concurrency", "0"), "--concurrency"),
        (("http://127.0.0.1:1", "--max-tokens", "-1"), "--max-tokens"),
        (("http://127.0.0.1:1", "--timeout", "nan"), "--timeout"),
        (("http://127.0.0.1:1", "--framework", "vlm"), "vllm"),
        (("http://127.0.0.1:1", "--api-key-env", "NOT_SET_AT_ALL"), "NOT_SET_AT_ALL"),
        (("http://127.0.0.1:1", "--save", "a", "--no-save"), "exclude"),
        (("http://127.0.0.1:1", "-o", "name"), "--output"),
    ],
)
def test_wrong_input_is_one_sentence(llmpick: Run, arguments: tuple[str, ...], said: str) -> None:
    done = llmpick("verify", *arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.strip().splitlines()) == 1
    assert said in done.err
    assert "pw" not in done.err


def test_a_server_without_encryption_is_no_https(llmpick: Run) -> None:
    with fake_server() as server:
        done = llmpick("verify", server.url.replace("http:", "https:"))
    assert done.code == 2
    assert "cannot be reached" in done.err


def test_a_path_for_administrators_is_no_hindrance(llmpick: Run) -> None:
    with fake_server(Manners(paths={"/version": (403, b"{}", JSON)})) as server:
        told = llmpick("verify", server.url, *QUICK, *CARD, "--json").json
    assert (told["framework"], told["framework_version"]) == ("vllm", None)


def test_one_of_many_fails(llmpick: Run) -> None:
    with fake_server(Manners(most=2, pause_s=0.02)) as server:
        done = llmpick("verify", server.url, *QUICK, *CARD)
    assert done.code == 1
    assert "503: too many" in done.err
    assert "of 3 requests at the same time" in done.err


def test_headers_that_drip_end_with_the_time(llmpick: Run) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def drip() -> None:
            caller, _ = listening.accept()
            with caller, suppress(OSError):
                caller.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    caller.sendall(b"x")
                    time.sleep(0.05)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        begun = time.monotonic()
        done = llmpick("verify", f"127.0.0.1:{listening.getsockname()[1]}", "--timeout", "1")
        thread.join()
    assert done.code == 1
    assert "within 1 s" in done.err
    assert time.monotonic() - begun < 10


def test_a_wrong_model_names_the_nearest(llmpick: Run) -> None:
    with fake_server(Manners(models=("llama-3", "qwen3-8b"))) as server:
        done = llmpick("verify", server.url, "--model", "qwen3-9b")
        right = llmpick("verify", server.url, *QUICK, *CARD, "--model", "qwen3-8b", "--json")
    assert done.code == 2
    assert "did you mean qwen3-8b" in done.err
    assert right.json["model"] == "qwen3-8b"


def test_a_file_that_cannot_be_written_is_said(llmpick: Run, tmp_path: Path) -> None:
    with fake_server() as server:
        done = llmpick("verify", server.url, *QUICK, *CARD, "--save", str(tmp_path))
    assert done.code == 2
    assert "--no-save" in done.err
