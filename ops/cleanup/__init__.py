"""What stops a destroy, or stays behind and costs: found by the cluster's tags, and deleted where that is asked for."""
