"""Servers on loopback that speak TLS, and proxies that connect to them."""

from __future__ import annotations

import datetime
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(path: Path) -> Path:
    """Write a key and its certificate, which is good for 127.0.0.1 and trusted by nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host of the tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def serve_tls(pem: Path | None, script: Callable[[socket.socket], None]) -> Iterator[str]:
    """
    Run a script for each connection.

    :param pem: key and certificate; None to speak plain text.
    :return: the server's URL.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if pem:
        tls.load_cert_chain(pem)
    threads: list[threading.Thread] = []

    def one(link: socket.socket) -> None:
        link.settimeout(10)
        with suppress(OSError), tls.wrap_socket(link, server_side=True) if pem else link as line:
            script(line)

    def listen() -> None:
        with suppress(OSError):  # closed from the other side
            while True:
                link, _ = ears.accept()
                threads.append(threading.Thread(target=one, args=(link,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as ears:
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield f"{'https' if pem else 'http'}://127.0.0.1:{ears.getsockname()[1]}"
        finally:
            ears.shutdown(socket.SHUT_RDWR)
            listener.join()
            for thread in threads:
                thread.join()


def head_of(line: socket.socket) -> bytes:
    """Read a request, or an answer without a body."""
    head = b""
    while b"\r\n\r\n" not in head and (more := line.recv(1)):
        head += more
    return head


def tunnel(heads: list[bytes]) -> Callable[[socket.socket], None]:
    """
    Return the script of a proxy that connects to where it is told.

    :param heads: takes what it is asked.
    """

    def script(line: socket.socket) -> None:
        heads.append(head_of(line))
        host, port = heads[-1].split()[1].split(b":")
        with socket.create_connection((host.decode(), int(port)), timeout=10) as there:
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            _relay(line, there)

    return script


def _relay(line: socket.socket, there: socket.socket) -> None:
    """Pass on what comes, until one side ends. In one thread: two that share a TLS socket break it."""
    others = {line: there, there: line}
    ready = [line]
    while ready:
        for source in ready:
            part = source.recv(65536)
            if not part:
                return
            others[source].sendall(part)
        held = isinstance(line, ssl.SSLSocket) and line.pending()
        ready = [line] if held else select.select(list(others), [], [], 10)[0]
