"""Pictures of what a layout makes: from its Terraform JSON to SVG, PNG and a page."""
