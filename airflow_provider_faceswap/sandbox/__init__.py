"""The vendors on loopback: an offline stand-in that speaks their protocols and really swaps faces.

Start it with ``python -m airflow_provider_faceswap.sandbox --port 8765``, or in a test with
:class:`airflow_provider_faceswap.sandbox.server.SandboxServer`. The control routes are described in
:mod:`airflow_provider_faceswap.sandbox.manual`. It needs ``airflow-provider-faceswap[sandbox]``.
"""
