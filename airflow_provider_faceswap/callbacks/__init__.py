"""How vendors that call back reach a task: a signed URL per job, a receiver, a folder both sides know."""
