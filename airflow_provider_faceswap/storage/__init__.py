"""Results into object storage: which hosts may be asked, the download, the file that is kept."""
