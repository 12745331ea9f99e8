"""PostgreSQL and Valkey of a workstation or a test run, below a folder of ours (docs/adr/0002-local-servers.md).

Knows no Django: it runs before settings are loaded.
"""
