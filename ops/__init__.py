"""The command line: what a person runs around a deploy."""
