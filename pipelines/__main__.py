"""`python -m pipelines` is `fenghuo`, for children and for machines without the script."""

from pipelines.cli import main

if __name__ == "__main__":
    main()
