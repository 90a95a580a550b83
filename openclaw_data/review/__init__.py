"""The spot check: draw documents of a dataset, let people judge them, compute what the judgements amount to."""
