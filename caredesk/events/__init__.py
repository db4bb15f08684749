"""The catalogue of events and the shapes they carry."""
