"""WeightComparison."""
