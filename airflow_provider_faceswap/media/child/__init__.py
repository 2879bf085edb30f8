"""What runs in the child process that decodes; nothing else imports PyAV."""
