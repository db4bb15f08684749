"""The hotline with real SIP over loopback: sipp is the trunk, baresip the phones, `caredesk hotline` in between."""
