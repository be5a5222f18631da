"""What every view is made of: its faces, tables, colours, units, and the scripts that they share."""
