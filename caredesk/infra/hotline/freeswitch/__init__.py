"""The FreeSWITCH engine: speaks the same wire to the desk as the embedded one, and moves calls by the event socket."""
