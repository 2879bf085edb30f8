"""What a vendor's contract asks, as functions that yield what is wrong."""

from airflow_provider_faceswap.testing.contract.callbacks import callback_faults
from airflow_provider_faceswap.testing.contract.example import Example, Meaning
from airflow_provider_faceswap.testing.contract.polls import poll_faults
from airflow_provider_faceswap.testing.contract.submissions import submission_faults
from airflow_provider_faceswap.testing.contract.vendor import vendor_faults

__all__ = ["Example", "Meaning", "callback_faults", "poll_faults", "submission_faults", "vendor_faults"]
