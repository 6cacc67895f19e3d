"""What `ops preflight` and `ops verify` share: checks, their run side by side, and the report."""
