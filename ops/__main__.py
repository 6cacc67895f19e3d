"""`python -m ops COMMAND`."""

from modules.bindings import install

install()

from ops.cli import app  # noqa: E402  (the bindings come first)

if __name__ == "__main__":
    app(prog_name="ops")
