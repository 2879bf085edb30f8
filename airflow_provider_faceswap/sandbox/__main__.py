"""``python -m airflow_provider_faceswap.sandbox``: see :mod:`airflow_provider_faceswap.sandbox.cli`."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDED = ("av", "cv2", "matplotlib", "skimage", "starlette", "typer", "uvicorn")

if __name__ == "__main__":
    if not all(map(find_spec, NEEDED)):
        sys.exit('The sandbox needs more packages: pip install "airflow-provider-faceswap[sandbox]"')
    from airflow_provider_faceswap.sandbox.cli import main

    main()
