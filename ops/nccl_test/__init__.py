"""`ops nccl-test`: a job that measures the network between the GPUs of a node group, and what its log means."""
