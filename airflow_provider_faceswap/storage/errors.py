"""What a store's errors mean: each store's library has errors of its own."""

from __future__ import annotations

import errno

_PERMANENT = (FileNotFoundError, PermissionError, FileExistsError, NotADirectoryError, IsADirectoryError)
_PERMANENT_CODES = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)


def is_permanent(error: Exception) -> bool:
    """Return whether an error of a store stays until somebody mends something."""
    code = error.errno if isinstance(error, OSError) else None
    # Missing credentials, and names that no bucket can have, are errors of each store's own library.
    name = type(error).__name__
    return (
        isinstance(error, (*_PERMANENT, UnicodeError))
        or code in _PERMANENT_CODES
        or "Credential" in name
        or name == "ParamValidationError"
    )
