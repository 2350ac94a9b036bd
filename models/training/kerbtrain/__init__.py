"""Kerbwatch's training kit: from labelled pictures to a checked model folder. `python -m kerbtrain --help`."""
