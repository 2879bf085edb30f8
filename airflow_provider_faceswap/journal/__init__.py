"""The journal: what was bought, so that a retry collects in place of buying again. It knows no vendor."""
