"""Sets and props as data, and where data lies."""
