"""The FAQ bot: brings a message into plain form, guards, searches and decides. Pure: no SQL, no Flask, no clock."""
