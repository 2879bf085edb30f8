# acme_faceswap/provider.py
"""What Airflow asks this package at its start."""

from __future__ import annotations

from typing import Any

from airflow_provider_faceswap.vendors import connection_type


def get_provider_info() -> dict[str, Any]:
    """Return the connection type and its form."""
    return {
        "package-name": "acme-faceswap",
        "name": "Acme face swap",
        "description": "Face swaps by Acme.",
        "connection-types": [
            connection_type(
                name="acme",
                title="Acme",
                hook="acme_faceswap.hook.AcmeHook",
                url="https://api.acme.example",
            )
        ],
    }
