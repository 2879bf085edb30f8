from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_faceswap.storage.addresses import refusal


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.215.14", True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True),
        ("::ffff:93.184.215.14", True, True),
        ("127.0.0.1", False, True),
        ("10.0.0.1", False, True),
        ("192.168.1.1", False, True),
        ("0.0.0.0", False, True),
        ("255.255.255.255", False, True),
        ("240.0.0.1", False, True),
        ("100.64.0.1", False, True),
        ("192.0.0.8", False, True),
        ("192.88.99.1", False, True),
        ("198.18.0.1", False, True),
        ("::", False, True),
        ("::1", False, True),
        ("::7f00:1", False, True),
        ("fc00::1", False, True),
        ("fec0::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("::ffff:0:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("64:ff9b:1::a00:1", False, True),
        ("2002:a00:1::", False, True),
        ("2002:5db8:d70e::", False, True),
        ("2001:0:5db8:d70e:0:0:f5ff:fffe", False, True),
        ("2606:4700::5efe:a00:1", False, True),
        ("2001:db8::1", False, True),
        ("ff02::1", False, True),
        ("224.0.0.1", False, True),
        ("169.254.169.254", False, False),
        ("169.254.170.2", False, False),
        ("100.100.100.200", False, False),
        ("192.0.0.192", False, False),
        ("fd00:ec2::254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("::a9fe:a9fe", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("64:ff9b:1::a9fe:a9fe", False, False),
        ("2002:a9fe:a9fe::1", False, False),
        ("2001:0:5db8:d70e:0:0:5601:5601", False, False),
        ("fd00::5efe:a9fe:a9fe", False, False),
        ("168.63.129.16", False, False),
        ("fe80::1%eth0", False, False),
    ],
)
def test_which_addresses_are_connected_to(address: str, public: bool, private: bool) -> None:
    assert (refusal(address, allow_private=False) is None) is public
    assert (refusal(address, allow_private=True) is None) is private


@given(st.ip_addresses())
def test_what_python_calls_not_global_is_never_public(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    mapped = getattr(ip, "ipv4_mapped", None)
    if not (mapped or ip).is_global:
        assert refusal(str(ip), allow_private=False)


@given(st.ip_addresses(v=4))
def test_no_wrapping_makes_an_address_better(ip: ipaddress.IPv4Address) -> None:
    wrappings = [
        f"::ffff:{ip}",
        f"64:ff9b::{ip}",
        f"::{ip}",
        str(ipaddress.IPv6Address((0x2002 << 112) + (int(ip) << 80))),
    ]
    for allowed in (True, False):
        if refusal(str(ip), allowed):
            assert all(refusal(wrapped, allowed) for wrapped in wrappings)
