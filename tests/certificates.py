"""Certificates of test servers, trusted by nobody until a test says so (`SSL_CERT_FILE`)."""

import shutil
import subprocess
from pathlib import Path

import pytest

REQUEST = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Certificate for localhost and its key, below `folder`."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here; install the package `openssl`")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    names = ("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate))
    subprocess.run([openssl, *REQUEST, *names], check=True, capture_output=True)
    return certificate, key
