"""Face swaps from Apache Airflow: submit, wait without a worker slot, collect, pay once."""

__version__ = "0.1.0"
