"""Classifiers as data: small linear models of our own (`files`, `training`) and fastText models by path (`fasttext`).

A model is a file with a digest. It is loaded once a process, verified before use, and every run's manifest names it.
"""
