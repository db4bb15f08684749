"""The demo hospital: readable files of an invented hospital, loaded through the import paths a customer uses."""
