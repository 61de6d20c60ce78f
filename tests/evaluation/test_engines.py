"""The client of OpenAI-compatible servers, against a server with faults."""

from __future__ import annotations

import asyncio
import email.utils
import gzip
import time

import pytest

from banzuke.evaluation.engines import OpenAICompatible, Request
from banzuke.evaluation.engines._retry import Retry
from banzuke.evaluation.engines.openai_compatible import API_KEY_VARIABLE, ClientSettings
from banzuke.exceptions import EngineError, InvalidInputError
from banzuke.testing.server import Fault, Server

FAST = ClientSettings(concurrency=3, timeout_seconds=5, retry=Retry(attempts=3, first_seconds=0.01))
HELLO = Request(prompt="こんにちは", max_tokens=10)


def ask(server: Server, *requests: Request, model: str = "test-model", settings=FAST):
    async def all_of_them():
        async with OpenAICompatible(server.url, model, settings=settings) as engine:
            info = await engine.describe()
            return info, await asyncio.gather(*(engine.answer(r) for r in requests))

    return asyncio.run(all_of_them())


def test_completions_and_chat() -> None:
    chat = Request(
        prompt=({"role": "user", "content": "abc"},), max_tokens=2, seed=7, temperature=0.5
    )
    with Server(str.upper) as server:
        info, (text, message) = ask(server, HELLO, chat)
    assert (info.model, info.version, info.endpoint) == ("test-model", "1.0-test", server.url)
    assert (text.text, text.finish_reason, text.prompt_tokens) == ("こんにちは", "stop", 5)
    assert (message.text, message.finish_reason, message.completion_tokens) == ("AB", "length", 2)
    sent = next(body for body in server.received if "messages" in body)
    assert (sent["max_tokens"], sent["seed"], sent["temperature"]) == (2, 7, 0.5)


def test_log_probabilities_of_both_endpoints() -> None:
    messages = ({"role": "user", "content": "abc"},)
    text = Request(prompt="abc", max_tokens=2, logprobs=True)
    with Server(str.upper) as server:
        _, (first, second, without) = ask(
            server,
            text,
            Request(prompt=messages, max_tokens=3, logprobs=True),
            Request(prompt="abc", max_tokens=2),
        )
    assert first.logprobs == (0.0, -1.0)
    assert second.logprobs == (0.0, -1.0, -2.0)
    assert without.logprobs is None
    assert all("logprobs" in body or body["max_tokens"] == 2 for body in server.received)


def test_the_context_that_llama_cpp_tells() -> None:
    with Server(slot_tokens=100) as server:
        info, _ = ask(server, Request(prompt="x" * 20, max_tokens=50))
    assert info.context_tokens == 100
    assert server.received[0]["max_tokens"] == 100 - 20 - 64


def test_thinking_that_the_server_splits_off() -> None:
    chat = Request(prompt=({"role": "user", "content": "a"},), max_tokens=9)
    with Server(message_fields={"reasoning_content": "hm"}) as server:
        _, (answer,) = ask(server, chat)
    assert answer.thinking == "hm"


def test_concurrency_is_bounded() -> None:
    with Server(delay_seconds=0.03) as server:
        ask(server, *[HELLO] * 12)
    assert server.busiest == 3


@pytest.mark.parametrize(
    "fault", [Fault(status=429, retry_after="0"), Fault(status=500), Fault(close=True)]
)
def test_passing_faults_are_tried_again(fault: Fault) -> None:
    with Server() as server:
        server.fail(fault, times=2)
        _, (answer,) = ask(server, HELLO)
    assert answer.text == "5"
    assert len(server.received) == 3


def test_time_out_is_tried_again_and_then_reported() -> None:
    slow = ClientSettings(timeout_seconds=0.05, retry=Retry(attempts=2, first_seconds=0.01))
    with (
        Server(delay_seconds=1) as server,
        pytest.raises(EngineError, match=r"after 2 attempts: no answer in 0.05 s"),
    ):
        ask(server, HELLO, settings=slow)


def test_lasting_refusal_names_status_and_message() -> None:
    with Server() as server:
        server.fail(Fault(status=503, message="no GPU left"), times=3)
        with pytest.raises(EngineError, match=r"after 3 attempts: HTTP 503: no GPU left"):
            ask(server, HELLO)


def test_a_bad_request_is_not_tried_again() -> None:
    with Server() as server:
        server.fail(Fault(status=400, message="prompt too long"))
        with pytest.raises(EngineError, match="HTTP 400: prompt too long"):
            ask(server, HELLO)
    assert len(server.received) == 1


def test_back_off_doubles_and_honours_retry_after() -> None:
    retry = Retry(first_seconds=1, longest_seconds=20)
    assert [retry.seconds(n, None, 1) for n in (1, 2, 3, 9)] == [1, 2, 4, 20]
    assert retry.seconds(1, None, 0) == 0.5
    assert retry.seconds(1, "9", 0) == 9
    assert retry.seconds(1, "3600", 0) == 20
    assert retry.seconds(1, "soon", 1) == 1
    date = email.utils.formatdate(time.time() + 10, usegmt=True)
    assert 7 < retry.seconds(1, date, 0) < 11


def test_no_server_dead_server_and_unknown_model() -> None:
    with Server() as server:
        with pytest.raises(EngineError, match=r"has no model 'other'; it serves 'test-model'"):
            ask(server, model="other")
        server.die_after(1)
        with pytest.raises(EngineError, match="did not answer after 3 attempts: connection failed"):
            ask(server, *[HELLO] * 8)
    with pytest.raises(EngineError, match=r"no server answers at http://127.0.0.1"):
        ask(server)


CHAT = Request(prompt=({"role": "user", "content": "a"},), max_tokens=9)


def test_letters_that_are_none_and_counts_in_other_types_do_not_end_a_run() -> None:
    odd = {
        "content": "\ud800abc\ud83d\ude00",
        "reasoning": "hm\udfff",
        "finish_reason": ["stop"],
        "usage": {"prompt_tokens": "10", "completion_tokens": "two"},
    }
    with Server() as server:
        server.reply = lambda body: {
            "choices": [{"message": odd, "finish_reason": odd["finish_reason"]}],
            "usage": odd["usage"],
        }
        _, (answer,) = ask(server, CHAT)
    assert (answer.text, answer.thinking) == ("\ufffdabc😀", "hm\ufffd")
    assert (answer.prompt_tokens, answer.completion_tokens) == (10, None)
    assert answer.finish_reason is None


@pytest.mark.parametrize("usage", ["none", [], {"prompt_tokens": 1e400}, {"prompt_tokens": -1}])
def test_usage_that_cannot_be_read_is_unknown(usage) -> None:
    with Server() as server:
        server.reply = lambda body: {"choices": [{"text": "1"}], "usage": usage}
        _, (answer,) = ask(server, HELLO)
    assert (answer.text, answer.prompt_tokens) == ("1", None)


def test_the_texts_of_a_list_of_parts_are_the_answer() -> None:
    parts = [{"type": "text", "text": "富士"}, {"type": "audio"}, {"type": "text", "text": "山"}]
    with Server(message_fields={"content": parts}) as server:
        _, (answer,) = ask(server, CHAT)
    assert answer.text == "富士山"


@pytest.mark.parametrize(
    "content", [[], ["1"], [{"type": "audio"}], [{"type": "text", "text": 1}], {"text": "1"}, 0]
)
def test_content_of_an_unknown_layout_is_refused(content) -> None:
    with (
        Server(message_fields={"content": content}) as server,
        pytest.raises(EngineError, match="has no text where the OpenAI API puts it"),
    ):
        ask(server, CHAT)


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(b'{"choices": ' + b"[" * 100_000)], ids=["gzip", "deep"]
)
def test_a_body_that_cannot_be_read_is_tried_again(body) -> None:
    with Server() as server:
        answers = serve_bytes(server, body, {"Content-Encoding": "gzip"}, times=2)
        _, (answer,) = ask(server, HELLO)
    assert (answer.text, answers()) == ("5", 3)


def serve_bytes(server: Server, body: bytes, headers: dict[str, str], times: int):
    """Send these bytes with status 200 the first times; return how to count the requests."""
    handler, n_asked = server._http.RequestHandlerClass, 0
    plain = handler.do_POST

    def do_post(self) -> None:
        nonlocal n_asked
        n_asked += 1
        if n_asked > times:
            plain(self)
            return
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    handler.do_POST = do_post
    return lambda: n_asked


@pytest.mark.parametrize(
    ("context", "known"), [("4096", 4096), ("many", None), (-5, None), ([1], None), (True, None)]
)
def test_the_context_may_be_listed_in_any_type(context, known) -> None:
    with Server(context_tokens=context) as server:
        info, _ = ask(server, HELLO)
    assert info.context_tokens == known


def test_model_facts_of_an_unknown_layout_are_left_out() -> None:
    with Server() as server:
        listed = {"data": [{"id": "test-model", "meta": "x"}]}
        server._http.RequestHandlerClass.do_GET = lambda self: self._send(200, listed)
        info, _ = ask(server, HELLO)
    assert (info.context_tokens, info.metadata, info.version) == (None, {}, None)


def test_a_message_of_the_server_is_one_line_of_printable_characters() -> None:
    with Server() as server:
        server.fail(Fault(status=400, message="\x1b[31mbad\nline two\r\x07\u202e"))
        with pytest.raises(EngineError, match=r"HTTP 400: \[31mbad line two$"):
            ask(server, HELLO)


@pytest.mark.parametrize(
    "address",
    [
        *("", "localhost:8000", "ftp://host/v1", "/v1"),
        *("http://127.0.0.1:99999", "http://127.0.0.1:abc", "http://[::1", "http://a\x07b"),
    ],
)
def test_bad_address(address: str) -> None:
    with pytest.raises(InvalidInputError, match="is not the address of a server"):
        OpenAICompatible(address, "m")


def test_the_key_is_sent_and_appears_nowhere_else(monkeypatch) -> None:
    monkeypatch.setenv(API_KEY_VARIABLE, "sk-secret")
    with Server() as server:
        server.fail(Fault(status=400, message="bad key sk-secret"))
        with pytest.raises(EngineError) as caught:
            ask(server, HELLO)
        assert server.authorizations == ["Bearer sk-secret"]
        server.fail(Fault(status=401))
        with pytest.raises(EngineError, match=f"set {API_KEY_VARIABLE}"):
            ask(server, HELLO)
    assert "sk-secret" not in str(caught.value)
    assert "bad key ***" in str(caught.value)


def test_credentials_in_the_address_are_not_shown() -> None:
    engine = OpenAICompatible("http://me:pw@127.0.0.1:9/v1?key=x", "m")
    assert engine.endpoint == "http://127.0.0.1:9/v1"


def test_max_tokens_is_clamped_to_what_the_context_leaves() -> None:
    with Server(context_tokens=200) as server:
        ask(server, Request(prompt="a" * 100, max_tokens=500), Request(prompt="a", max_tokens=20))
    # 200 - 100 tokens of prompt - 64 of margin, and an untouched one
    assert {body["max_tokens"] for body in server.received} == {36, 20}
