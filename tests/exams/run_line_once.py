"""Run every step of the line once on the home in force (used by the exam)."""

from pipelines.line import run_line
from pipelines.wiring import open_app

if __name__ == "__main__":
    app = open_app()
    for result in run_line(app):
        print(result)
