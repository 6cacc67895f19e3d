"""The user's AWS account, asked by boto3."""
