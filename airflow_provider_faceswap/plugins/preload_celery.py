"""
Has a Celery worker import what the provider's tasks need, before it forks the processes that run them.

A Celery worker itself loads no plugins; its tasks do, each for itself. Name this module in
``[celery] extra_celery_config = {"imports": ["airflow_provider_faceswap.plugins.preload_celery"]}``.
"""

from airflow_provider_faceswap.plugins.preload import preload

preload()
