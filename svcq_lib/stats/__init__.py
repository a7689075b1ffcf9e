"""Array mathematics without a business word: arrays in, arrays out, on numpy and scipy.special only."""
