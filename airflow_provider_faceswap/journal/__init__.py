"""The journal: what was bought, so that a retry collects instead of buying again. It knows no vendor."""
