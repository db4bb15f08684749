"""Makes `python -m caredesk` the same as `caredesk`."""

from caredesk.cli.main import main

if __name__ == "__main__":
    main(prog_name="caredesk")
