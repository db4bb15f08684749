# Sugar over dev.py, which needs nothing but Python.
.PHONY: run test check build contract

run test check build:
	python3 dev.py $@

contract:
	.venv/bin/caredesk openapi --output web/contract/openapi.json
	.venv/bin/python -m caredesk.webbuild contract
