"""A real IMAP server for tests: dovecot as an ordinary user, on free ports of loopback, in a folder of its own.

It knows two people with a password, and takes access tokens that the test's own token endpoint has given out.
"""

import grp
import imaplib
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.certificates import make_certificate

PASSWORD = "correct horse 'battery\" staple"
SECRET, WRONG_SECRET, CLIENT_SECRET = "MAILBOX_TEST", "MAILBOX_TEST_WRONG", "MAILBOX_TEST_CLIENT"
# Set for the processes that the kill tests start, too.
os.environ.update({SECRET: PASSWORD, WRONG_SECRET: "not this one", CLIENT_SECRET: "client secret"})
PATIENCE_SECONDS = 20

CONFIGURATION = """
protocols = imap
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {account}
default_internal_group = {group}
default_login_user = {account}
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
auth_cache_size = 0
first_valid_uid = 0
mail_location = maildir:{folder}/mail/%u
mail_plugins =
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {folder}/people
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass
class TokenEndpoint:
    """Gives out access tokens, and tells the mail server which of them hold."""

    server: ThreadingHTTPServer
    given: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    refuses: bool = False
    takes_any: bool = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/token"

    def revoke(self) -> None:
        """All tokens given so far are refused from now on."""
        self.given.clear()


class DovecotServer:
    def __init__(self, folder: Path, tokens: TokenEndpoint) -> None:
        self.folder, self.tokens = folder, tokens
        self.port, self.tls_port = free_port(), free_port()
        self.host = "localhost"
        self.certificate = folder / "certificate.pem"
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self, account: pwd.struct_passwd) -> None:
        self._account = account
        make_certificate(self.folder)
        for name in ("run", "state", "mail", "home"):
            (self.folder / name).mkdir()
        text = CONFIGURATION.format(
            folder=self.folder,
            account=account.pw_name,
            group=grp.getgrgid(account.pw_gid).gr_name,
            uid=account.pw_uid,
            gid=account.pw_gid,
            port=self.port,
            tls_port=self.tls_port,
        )
        (self.folder / "dovecot.conf").write_text(text)
        (self.folder / "people").write_text("".join(f"{name}:{{PLAIN}}{PASSWORD}\n" for name in ("support", "network")))
        (self.folder / "oauth2.conf").write_text(
            f"tokeninfo_url = {self.tokens.url.removesuffix('token')}info?token=\n"
            "introspection_mode = auth\nusername_attribute = user\n"
        )
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)

    def start(self) -> None:
        switch: dict[str, Any] = {}
        if os.getuid() == 0:
            switch = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        command = [dovecot_program(), "-F", "-c", str(self.folder / "dovecot.conf")]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen(command, cwd=self.folder, **quiet, **switch)
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends and self._process.poll() is None:
            try:
                imaplib.IMAP4(self.host, self.port, timeout=5).logout()
                return
            except (OSError, imaplib.IMAP4.error):
                time.sleep(0.05)
        pytest.fail(f"dovecot does not answer: {self.log()[-2000:]}")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    # What people and other mail servers do --------------------------------------------------------------------------

    def client(self, user: str = "support") -> imaplib.IMAP4:
        server = imaplib.IMAP4(self.host, self.port, timeout=10)
        server.login(user, PASSWORD)
        return server

    def deliver(self, raw: bytes, *, folder: str = "INBOX", user: str = "support", flags: str = "") -> None:
        server = self.client(user)
        try:
            server.create(folder)
            kind, answer = server.append(folder, flags, "", raw)
            assert kind == "OK", answer
        finally:
            server.logout()

    def contents(self, folder: str = "INBOX", *, user: str = "support") -> list[tuple[bytes, frozenset[str]]]:
        """Each mail of a folder with its flags; nothing if there is no such folder."""
        server = self.client(user)
        try:
            kind, _answer = server.select(f'"{folder}"', readonly=True)
            if kind != "OK":
                return []
            _kind, rows = server.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")
            return [(row[1], _flags_in(row[0])) for row in rows if isinstance(row, tuple)]
        finally:
            server.logout()

    def forget_uids(self, folder: str = "INBOX", *, user: str = "support") -> None:
        """As after a restore from a backup: the mails stay, their numbers and UIDVALIDITY are new."""
        path = self.folder / "mail" / user
        if folder != "INBOX":
            path /= f".{folder}"
        for pattern in ("dovecot-uid*", "dovecot.index*"):
            for found in path.glob(pattern):
                found.unlink()
        uidlist = path / "dovecot-uidlist"
        uidlist.write_text(f"3 V{int(time.time()) + 1000} N1 G{os.urandom(16).hex()}\n")
        os.chown(uidlist, self._account.pw_uid, self._account.pw_gid)

    def empty(self) -> None:
        for user in (self.folder / "mail").iterdir():
            shutil.rmtree(user)


def _flags_in(head: bytes) -> frozenset[str]:
    return frozenset(found.decode() for found in imaplib.ParseFlags(head))


def dovecot_program() -> str:
    """Skips the test where there is none."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no IMAP server here; install the package `dovecot-imapd`")
    return program


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def token_endpoint() -> Iterator[TokenEndpoint]:
    endpoint: TokenEndpoint

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            endpoint.asked.append(form)
            if endpoint.refuses or form.get("client_secret") != os.environ[CLIENT_SECRET]:
                self.answer(401, {"error": "invalid_client"})
                return
            token = f"token-{len(endpoint.asked)}"
            endpoint.given.append(token)
            self.answer(200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

        def do_GET(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
            if token in endpoint.given:
                self.answer(200, {"user": "support", "expires_in": 3600, "scope": "imap"})
            else:
                self.answer(400, {"error": "invalid_token"})

        def answer(self, status: int, content: dict[str, object]) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    endpoint = TokenEndpoint(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    thread = threading.Thread(target=endpoint.server.serve_forever, daemon=True)
    thread.start()
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()


@pytest.fixture(scope="session")
def _dovecot(token_endpoint: TokenEndpoint) -> Iterator[DovecotServer]:
    dovecot_program()
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    with tempfile.TemporaryDirectory(prefix="itilnext-imap-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = DovecotServer(folder, token_endpoint)
        server.prepare(account)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def dovecot(_dovecot: DovecotServer) -> Iterator[DovecotServer]:
    """Running and empty."""
    if _dovecot._process is None:
        _dovecot.start()
    yield _dovecot
    _dovecot.tokens.refuses = False
    _dovecot.tokens.revoke()
    _dovecot.tokens.asked.clear()
    _dovecot.empty()
