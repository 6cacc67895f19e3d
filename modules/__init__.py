"""EKS clusters for distributed training: a layout in, CDKTF stacks out."""
