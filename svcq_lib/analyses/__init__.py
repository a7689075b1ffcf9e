"""One question per file: a frozen result and the function that answers it."""
