"""Other ways in: hotline events, WeChat, webhooks."""
