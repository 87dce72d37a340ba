"""`python -m fenghuo` is `fenghuo`: works in an unpacked folder, also on Windows without make."""

from pipelines.cli import main

if __name__ == "__main__":
    main()
