"""
The vendors on loopback: an offline sandbox that speaks their protocols and really swaps faces.

Start it with ``python -m airflow_provider_faceswap.sandbox --port 8765``, or in a test with
:class:`airflow_provider_faceswap.sandbox.server.SandboxServer`. ``GET /_sandbox/`` describes the control
routes (:mod:`airflow_provider_faceswap.sandbox.control.manual`). It needs
``airflow-provider-faceswap[sandbox]``, and shares no code with the provider.

Each vendor has a folder with its routes, the fields of its requests, and its replies. What the vendors share
is in :mod:`~airflow_provider_faceswap.sandbox.front`, what they decide about in
:mod:`~airflow_provider_faceswap.sandbox.backend`.
"""
