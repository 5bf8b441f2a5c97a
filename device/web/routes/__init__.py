"""The addresses the page answers to, one module per subject."""
