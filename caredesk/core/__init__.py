"""The kernel: transaction, database base, clock, ids, errors and audiences. It knows no island."""
