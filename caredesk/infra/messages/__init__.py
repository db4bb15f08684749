"""Messages to people outside: SMS in Alibaba Cloud's protocol, WeChat's templates, and a provider to play with."""
