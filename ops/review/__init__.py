"""`ops review`: what a senior engineer would say of a plan."""
