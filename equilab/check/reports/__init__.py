"""What was found, as records, tables and pictures."""
