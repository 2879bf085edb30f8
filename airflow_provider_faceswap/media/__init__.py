"""What some vendors need of a clip: its length, a frame at a time, the faces in it."""

from airflow_provider_faceswap.media.clip import grab_frame, measure_duration
from airflow_provider_faceswap.media.faces import crop_faces

__all__ = ["crop_faces", "grab_frame", "measure_duration"]
