"""Terraform without network, account or provider download: stand-ins for the providers, and the engine run on them.

`schema` reads what a provider accepts from the installed binding package, `overlay` adds what the bindings do not say,
`provider` serves both to Terraform over the plugin protocol, `account` is the AWS account that it pretends to be, `checks`
refuses what the real providers and services refuse, and `engine` finds and runs Terraform.
"""
