"""Real logins by Airflow's simple auth manager, and teams that see only their own Dags."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.settings import dag_bundles


class Logins:
    """
    Who may log in, and which Dags they see.

    :param roles: the role of each user, such as ``admin``, or ``viewer:team`` for one team's Dags alone.
    :param teams: the team that each Dags folder belongs to. A triggerer serves one team: only the Dags of the
        first may defer.
    """

    def __init__(self, roles: Mapping[str, str], teams: Mapping[Path, str]) -> None:
        self.passwords = {user: secrets.token_urlsafe(16) for user in roles}
        self.teams = tuple(dict.fromkeys(teams.values()))
        self._roles = roles
        self._teams = {folder.resolve(): team for folder, team in teams.items()}

    @property
    def admin(self) -> str:
        """The first user who may do everything."""
        return next(user for user, role in self._roles.items() if role == "admin")

    def settings(self, dags_folders: Sequence[Path]) -> dict[str, dict[str, object]]:
        """Return the sections of airflow.cfg that logins need."""
        bundles: list[dict[str, Any]] = json.loads(dag_bundles(dags_folders))
        for bundle, folder in zip(bundles, dags_folders, strict=True):
            bundle["team_name"] = self._teams.get(folder)
        return {
            "core": {
                "multi_team": True,
                "simple_auth_manager_all_admins": False,
                "simple_auth_manager_users": ",".join(":".join(pair) for pair in self._roles.items()),
            },
            "dag_processor": {"dag_bundle_config_list": json.dumps(bundles)},
        }

    def write_passwords(self, home: Path) -> None:
        """Write the passwords to where Airflow looks for them; it makes and prints those that are missing."""
        path = home / "simple_auth_manager_passwords.json.generated"
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.passwords))
