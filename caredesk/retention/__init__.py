"""How long what is kept: classes of records as data, legal holds, and families that were erased."""
