"""The commands ``airflow faceswap ...``."""
