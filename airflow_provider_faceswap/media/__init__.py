"""What some vendors want to know of a clip: how long it is, how it looks at a time, which faces it shows."""

from airflow_provider_faceswap.media.clip import grab_frame as grab_frame
from airflow_provider_faceswap.media.clip import measure_duration as measure_duration
from airflow_provider_faceswap.media.faces import crop_faces as crop_faces
