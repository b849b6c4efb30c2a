"""The experiments behind the verdicts. `python -m studies` runs them, `make studies` too."""
