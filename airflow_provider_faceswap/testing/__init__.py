"""The pytest plugin for tests of Dags; the fixture ``faceswap_sandbox``."""
