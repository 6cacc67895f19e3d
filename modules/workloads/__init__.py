"""What runs on the cluster: namespaces, claims, training and serving, as Kubernetes objects of the third stack.

Each object is first a manifest in plain data, as `kubectl apply` takes it (`pod`, `training_manifests`, `queues`, ...);
`objects` makes a Terraform resource of it.
"""
