"""aifaceswap.io: it calls back and cannot be polled."""
