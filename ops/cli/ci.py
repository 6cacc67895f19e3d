"""Commands about what runs this project in CI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..ci_role import Request
from ..ci_role import ci_role as run_ci_role
from ..errors import refusing
from ..files import writing
from .app import app


@app.command("ci-role")
def ci_role(
    repository: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER/NAME",
            help="The repository on GitHub; OWNER@ID/NAME@ID if it was made or renamed after July 15, 2026.",
        ),
    ] = None,
    gitlab: Annotated[
        str | None, typer.Option(metavar="GROUP/PROJECT", help="The project on GitLab.")
    ] = None,
    gitlab_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Of your own GitLab. Default: https://gitlab.com.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            help="AWS region of the clusters; the first is the state bucket's too. May be repeated."
        ),
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Cluster that may be deployed, or several as 'team-a-*'; may be repeated."
        ),
    ] = None,
    environment: Annotated[
        str, typer.Option(metavar="NAME", help="GitHub's environment of the jobs that deploy.")
    ] = "production",
    branch: Annotated[str, typer.Option(metavar="NAME", help="The branch that is deployed.")] = "main",
    state_bucket: Annotated[
        str | None,
        typer.Option(
            metavar="BUCKET",
            help="Where the layouts keep their states (backend.bucket), and this stack its own.",
        ),
    ] = None,
    state_prefix: Annotated[
        str | None,
        typer.Option(metavar="FOLDER", help="Their backend.key_prefix. Default: cdktf-eks-training."),
    ] = None,
    state_kms_key_arn: Annotated[
        str | None, typer.Option(metavar="ARN", help="Their backend.kms_key_arn.")
    ] = None,
    bucket: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A layout's bucket whose name does not begin with its cluster's; may be repeated.",
        ),
    ] = None,
    existing_provider: Annotated[
        bool,
        typer.Option("--existing-provider", help="The account has the OIDC provider already: look it up."),
    ] = False,
    permissions_boundary: Annotated[
        str | None, typer.Option(metavar="ARN", help="Policy that limits the two roles themselves.")
    ] = None,
    name_prefix: Annotated[
        str, typer.Option(metavar="NAME", help="How the names of the two roles begin.")
    ] = "ci-role",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Default: $CDKTF_OUTDIR, else cdktf.out."),
    ] = None,
) -> None:
    """Write the stack ci-role: an OIDC provider, and the roles by which workflows plan and deploy without stored keys."""
    with refusing(writes=True), writing():
        request = Request(
            tuple(region or ()),
            tuple(cluster or ()),
            repository,
            gitlab,
            gitlab_url,
            environment,
            branch,
            state_bucket,
            state_prefix,
            state_kms_key_arn,
            tuple(bucket or ()),
            existing_provider,
            permissions_boundary,
            name_prefix,
        )
        run_ci_role(request, output)
