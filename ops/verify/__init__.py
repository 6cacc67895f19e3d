"""`ops verify`: whether a cluster is what its layout says."""
