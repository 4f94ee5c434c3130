"""`albergues tls`: a local authority and a certificate, so that a shelter's network without internet speaks https."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path

import click

from albergues_app.cli.context import with_app


@click.group()
def tls() -> None:
    """Certificados para una red local sin internet."""


@tls.command()
@click.option("--nombre", "nombres", multiple=True, help="Nombre o dirección del servidor; puede repetirse.")
@click.option("--dias", default=397, show_default=True, type=int)
@with_app
def crear(nombres: tuple[str, ...], dias: int) -> None:
    """Crea la autoridad local (una vez) y un certificado; dice qué instalar en los teléfonos."""
    from flask import current_app

    folder = Path(current_app.config["INSTANCIA"]) / "tls"
    files = create_certificate(folder, list(nombres) or ["localhost", "127.0.0.1"], dias)
    click.echo(f"Certificado: {files['certificado']}\nLlave: {files['llave']}")
    click.echo(f"Instale en cada teléfono la autoridad: {files['autoridad']}")
    click.echo("Sirva con: albergues servir --certificado … --llave …")


def create_certificate(folder: Path, names: list[str], days: int) -> dict[str, Path]:
    """Write ``autoridad.pem`` (kept if it exists), ``servidor.pem`` and ``servidor.key`` (owner only)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    from albergues_app.core import clock

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    start, ca_file, ca_key_file = (
        clock.now() - timedelta(hours=1),
        folder / "autoridad.pem",
        folder / "autoridad.key",
    )
    pem, no_password = serialization.Encoding.PEM, serialization.NoEncryption()

    def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, no_password))

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    if ca_file.exists() and ca_key_file.exists():
        ca = x509.load_pem_x509_certificate(ca_file.read_bytes())
        loaded = serialization.load_pem_private_key(ca_key_file.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        ca_key = loaded
    else:
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca = (
            x509.CertificateBuilder()
            .subject_name(name("Albergues: autoridad local"))
            .issuer_name(name("Albergues: autoridad local"))
            .public_key(ca_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
            .sign(ca_key, hashes.SHA256())
        )
        write_key(ca_key_file, ca_key)
        ca_file.write_bytes(ca.public_bytes(pem))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name(names[0]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    write_key(folder / "servidor.key", key)
    (folder / "servidor.pem").write_bytes(certificate.public_bytes(pem) + ca.public_bytes(pem))
    return {"certificado": folder / "servidor.pem", "llave": folder / "servidor.key", "autoridad": ca_file}


def _alternative(name: str):  # type: ignore[no-untyped-def]
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
