"""Tables as a board reads them: words and formatted numbers from a tidy frame of raw ones."""
