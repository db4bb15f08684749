"""The parent's surface: chat page, embeddable widget and their API."""
