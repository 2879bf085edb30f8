"""The tests on several versions of Airflow and Python, against the built wheel: ``make compat``."""
