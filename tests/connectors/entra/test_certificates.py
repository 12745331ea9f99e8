"""The application proves itself by a certificate instead of a secret."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.services import change_connection, run_due_test
from tests.factories import AgentFactory
from tests.fakes.entra import Entra, signing_key

Comes = Callable[..., Any]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("number", "status"), [(3, 302), (2, 503)])
def test_a_certificate_serves_instead_of_a_secret(
    number: int, status: int, client: Client, ann: Agent, come: Comes, fake: Entra, connection: Connection
) -> None:
    fake.secret = "nobody has it"
    pem = certificate_of(signing_key(number))
    admin = AgentFactory(roles=[Role.ADMIN])
    change_connection(connection, by=admin, settings=connection.settings, secrets={"certificate": pem})
    assert come(client).status_code == status
    run_due_test()
    connection.refresh_from_db()
    assert connection.findings[1]["state"] == ("fine" if status == 302 else "missing")
    assert "certificate" in connection.ends


def certificate_of(key: RSAPrivateKey) -> str:
    """With its private key, as PEM."""
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=1))
    made = builder.not_valid_after(now + timedelta(days=90)).sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    return pem.decode()
