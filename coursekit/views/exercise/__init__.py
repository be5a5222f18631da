"""Predictions, exercises and quizzes: what a lesson asks, and what it answers."""
