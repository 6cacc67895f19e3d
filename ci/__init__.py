"""What the workflows of GitHub and the pipeline of GitLab run: the standard library, and `python -m ops` as a program.

A step of a workflow calls one of these modules, so that what it does can be run and tested without a forge: docs/ci.md.
"""
