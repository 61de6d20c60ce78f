"""Code that attacks its host or its judge: none passes, none harms.

Each attack stops by itself within seconds, in case the sandbox fails. Where an attack looks
for something, its function gives the right answer if it finds it: a pass would show the leak.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from banzuke.evaluation.sandbox import Limits, run_tests
from tests.evaluation.sandbox.isolation_here import needs_isolation

TESTS = "assert answer(2) == 4"
LIMITS = Limits(cpu_seconds=1, wall_seconds=15)  # a busy machine gives little CPU time


pytestmark = needs_isolation

FORGERIES = {
    "os._exit before the asserts": "import os\nos._exit(0)",
    "os._exit in the function": "import os\ndef answer(x): os._exit(0)",
    "sys.exit": "import sys\nsys.exit(0)",
    "catching SystemExit": """
import sys
try:
    sys.exit(1)
except SystemExit:
    pass
def answer(x):
    try:
        raise SystemExit(0)
    except SystemExit:
        sys.exit(0)
""",
    "a verdict on standard output": """
print('{"passed": true, "reason": "passed", "detail": "", "n_assertions": 1}', flush=True)
import os
os._exit(0)
""",
    "a verdict on every descriptor": """
import json, os, struct
verdict = json.dumps({"passed": True, "reason": "passed", "detail": "", "n_assertions": 1})
for descriptor in range(64):
    for text in (verdict.encode(), struct.pack(">I", len(verdict)) + verdict.encode()):
        try:
            os.write(descriptor, text)
        except OSError:
            pass
os._exit(0)
""",
    "an object that equals everything": """
class Anything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
def answer(x): return Anything()
""",
    "a number that equals everything": """
class Anything(int):
    def __eq__(self, other): return True
    def __index__(self): return 4
    __hash__ = int.__hash__
def answer(x): return Anything(5)
""",
    "a float, a string and a list of that kind": """
class F(float):
    def __eq__(self, other): return True
    __hash__ = float.__hash__
class L(list):
    def __eq__(self, other): return True
    __hash__ = None
def answer(x): return L([F(1.0)])
""",
    "monkeypatching built-ins": """
import builtins
builtins.AssertionError = None
builtins.len = lambda x: 4
builtins.compile = builtins.exec = lambda *a, **k: None
def answer(x): return 5
""",
    "monkeypatching the harness": """
import gc, sys
for module in list(sys.modules.values()):
    for name in ("judge", "_verdict", "receive", "decode", "passed", "_exception"):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: {"passed": True})
for thing in gc.get_objects():
    if type(thing).__name__ == "_Server":
        type(thing).on_call = lambda *a: None
def answer(x): return 5
""",
    "climbing the frames": """
import sys
frame = sys._getframe()
while frame is not None:
    for space in (frame.f_globals, frame.f_locals):
        for name in list(space):
            if "pass" in name.lower() or "verdict" in name.lower():
                space[name] = True
    frame = frame.f_back
def answer(x): return 5
""",
    "ending an iteration": "def answer(x): raise StopIteration",
    "replacing the tests' built-ins": "set = len = int = lambda *a: 4\ndef answer(x): return 5",
    "ending at exit": "import atexit, os\natexit.register(os._exit, 0)\nraise SystemExit(0)",
    "reading the tests": """
import os
def answer(x):
    for folder in ("/sandbox/child", "/tmp", "/proc/self/fd", "/proc/1/fd"):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if os.path.isfile(path) and "answer(2) == 4" in open(path, errors="replace").read():
                return 4
    return 5
""",
}


FORGERIES |= {
    "an object that unpickles to the answer": """
class Four:
    def __reduce__(self): return (int, (4,))
    __index__ = __int__ = lambda self: 4
def answer(x): return Four()
""",
    "replacing the modules of the harness": """
import sys, types
for name in [n for n in sys.modules if n.startswith("child")]:
    sys.modules[name] = types.SimpleNamespace(
        encode=lambda *a: 4, decode=lambda *a: 4, send=lambda *a: None, receive=lambda *a: ["x"]
    )
import builtins
builtins.print = builtins.open = builtins.__import__ = lambda *a, **k: None
def answer(x): return 5
""",
    "an alarm that raises wherever the harness is": """
import signal
def ring(*_): raise SystemExit(0)
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
def answer(x):
    import time
    end = time.monotonic() + 2
    while time.monotonic() < end: pass
    return 5
""",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forged_verdict(name: str) -> None:
    verdict = run_tests(FORGERIES[name], TESTS, limits=LIMITS)
    assert not verdict.passed
    assert verdict.reason in ("wrong", "error", "code", "died", "time")


KERNEL = """
import ctypes, os, signal, socket
libc = ctypes.CDLL(None, use_errno=True)
def answer(x):
    try:
        return 4 if reached() else 5
    except OSError:
        return 5
"""

REACHES = {
    "a tmpfs without limit, in a user namespace of its own": """
def reached():
    os.makedirs("/tmp/more", exist_ok=True)
    libc.unshare(0x10020000)
    return libc.mount(b"none", b"/tmp/more", b"tmpfs", 0, None) == 0
""",
    "a namespace through clone": """
def reached():
    pid = libc.syscall(56 if os.uname().machine == "x86_64" else 220, 0x10000011, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    return pid > 0
""",
    "shared memory that nobody counts": """
def reached():
    return libc.shmget(0, 2**20, 0o1600) >= 0
""",
    "files in memory": """
def reached():
    return os.memfd_create("x") >= 0
""",
    "the hypervisor's sockets": """
def reached():
    return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).fileno() >= 0
""",
    "the kernel's keys": """
def reached():
    number = 248 if os.uname().machine == "x86_64" else 217
    return libc.syscall(number, b"user", b"banzuke", b"data", 4, -3) >= 0
""",
    "the memory of another process": """
def reached():
    return any(libc.ptrace(16, pid, 0, 0) == 0 for pid in (1, 2, os.getppid()) if pid)
""",
    "the process above": """
def reached():
    os.kill(os.getppid(), signal.SIGKILL)
    return True
""",
    "a file outside, through a link in the scratch directory": """
def reached():
    for target in ("/usr/banzuke-attack", "/banzuke-attack", "/sandbox/child/wire.py"):
        os.symlink(target, "/tmp/link")
        try:
            open("/tmp/link", "a").close()
            return True
        except OSError:
            os.unlink("/tmp/link")
""",
    "a file outside, through an open descriptor": """
def reached():
    for descriptor in range(64):
        try:
            if os.path.stat.S_ISDIR(os.fstat(descriptor).st_mode):
                os.open("banzuke-attack", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor)
                return True
        except OSError:
            pass
""",
    "more scratch than is allowed": """
def reached():
    for n in range(32):
        with open(f"/tmp/{n}", "wb") as file:
            file.write(b"x" * 2**20)
    return True
""",
}


@pytest.mark.parametrize("name", REACHES)
def test_the_kernel_lets_nothing_through(name: str) -> None:
    verdict = run_tests(KERNEL + REACHES[name], TESTS, limits=LIMITS)
    assert verdict.reason == "wrong", verdict


def test_a_daemonised_grandchild_is_gone_with_the_verdict() -> None:
    mark = f"banzuke-attack-{os.getpid()}-{time.monotonic_ns()}"
    code = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        program = "import time; time.sleep(6)"
        os.execv(sys.executable, [sys.executable, "-S", "-c", program, "{mark}"])
    os._exit(0)
time.sleep(0.3)
def answer(x): return 4
"""
    assert run_tests(code, TESTS, limits=LIMITS).passed  # it is right, and ends all the same
    killed = (
        time.monotonic()
    )  # the kernel ends a process namespace a moment after its first process
    while left := [p for p in Path("/proc").glob("[0-9]*/cmdline") if mark in command(p)]:
        assert time.monotonic() - killed < 3, left  # of the six seconds that it would live


def command(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # it ended meanwhile


HARM = {
    "an endless loop": (
        "import time\nwhile time.process_time() < 4: pass",
        {"time"},
    ),
    "an endless loop that ignores signals": (
        "import signal, time\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
        "while time.process_time() < 4: pass",
        {"time", "died"},
    ),
    "10 GB of memory": ("x = bytearray(10 * 2**30)\nanswer = lambda x: 4", {"code"}),
    "printing 1 GB": (
        "for _ in range(1024): print('x' * 2**20)\nanswer = lambda x: 4",
        {"output", "time"},
    ),
    "a file of 1 GB": (
        "with open('/tmp/x', 'wb') as f:\n  for _ in range(1024): f.write(b'x' * 2**20)\n"
        "answer = lambda x: 4",
        {"code", "died"},
    ),
    "an answer of 1 GB": ("def answer(x): return 'x' * 2**30", {"error"}),
    "an answer without end": (
        "def answer(x):\n  a = []\n  a.append(a)\n  return a",
        {"error"},
    ),
}


@pytest.mark.parametrize("name", HARM)
def test_what_uses_too_much_is_stopped(name: str) -> None:
    code, reasons = HARM[name]
    verdict = run_tests(code, TESTS, limits=LIMITS)
    assert not verdict.passed
    assert verdict.reason in {*reasons, "time"}, verdict


def test_sleeping_code_is_stopped_by_the_waiting_time() -> None:
    limits = Limits(wall_seconds=0.5)
    verdict = run_tests("import time\ntime.sleep(5)", TESTS, limits=limits)
    assert verdict.reason == "time"


def test_a_fork_bomb_stays_small_and_leaves_nothing() -> None:
    code = """
import os, time
n = 0
try:
    while n < 100:
        if os.fork() == 0:
            os.setsid()
            time.sleep(3)
            os._exit(0)
        n += 1
except OSError:
    pass
def answer(x): return 4 if n >= 20 else n
"""
    before = set(children())
    assert not run_tests(code, TESTS, limits=LIMITS).passed
    assert set(children()) <= before


def children() -> list[str]:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    targets = [str(tmp_path / "x"), str(Path.home() / "banzuke-attack"), "/banzuke-attack"]
    code = f"""
def answer(x):
    written = 0
    for path in {targets!r}:
        try:
            open(path, "w").close()
            written += 1
        except OSError:
            pass
    return 4 if written else 5
"""
    assert run_tests(code, TESTS, limits=LIMITS).reason == "wrong"
    assert not any(Path(path).exists() for path in targets)


def test_no_socket_reaches_the_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        code = f"""
import socket
def answer(x):
    try:
        socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), 1)
        return 4
    except OSError:
        return 5
"""
        assert run_tests(code, TESTS, limits=LIMITS).reason == "wrong"
        with pytest.raises(BlockingIOError):
            server.accept()


def test_the_parents_environment_is_not_to_be_read(monkeypatch) -> None:
    monkeypatch.setenv("BANZUKE_SECRET", "do-not-tell")
    code = """
import os
def answer(x):
    found = str(dict(os.environ))
    for pid in ("self", "1", *map(str, range(2, 50)), str(os.getppid())):
        try:
            found += open(f"/proc/{pid}/environ").read()
        except OSError:
            pass
    return 4 if "do-not-tell" in found else 5
"""
    assert run_tests(code, TESTS, limits=LIMITS).reason == "wrong"


def test_the_host_is_not_to_be_signalled() -> None:
    code = f"""
import os, signal
def answer(x):
    reached = 0
    for pid in ({os.getpid()}, {os.getppid()}):
        try:
            os.kill(pid, 0)
            reached += 1
        except OSError:
            pass
    return 4 if reached else 5
"""
    assert run_tests(code, TESTS, limits=LIMITS).reason == "wrong"


def test_code_does_not_run_as_root() -> None:
    code = "import os\ndef answer(x): return 5 if os.getuid() and os.geteuid() else 4"
    assert run_tests(code, TESTS, limits=LIMITS).reason == "wrong"


def test_an_attack_costs_no_more_than_its_limits() -> None:
    started = time.process_time()
    run_tests("while True: print('x' * 2**16)", TESTS, limits=LIMITS)
    assert time.process_time() - started < 5
