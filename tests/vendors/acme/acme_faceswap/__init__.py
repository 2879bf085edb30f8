"""Acme, a vendor of face swaps, for airflow-provider-faceswap."""
