"""The engine that needs nothing but Python packages: sippy speaks SIP, rtp.io carries the sound."""
