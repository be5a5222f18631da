"""One reader for each format of weight files; ``weight_file`` chooses among them by what the file itself says."""
