"""Trained tables of nlp (权重): data only, read by pipelines; see docs/model-card.md."""
