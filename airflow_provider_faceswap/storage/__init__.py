"""Files in and out: inputs read, results downloaded and stored, paid pictures spooled."""
