"""Where checkpoints come from: which one a lesson loads, the offline BERT, the Hub, and how its cache is laid out."""
