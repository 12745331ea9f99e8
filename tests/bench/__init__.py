"""`make bench`: how long the desk takes on a machine like this one, measured at its own web process over HTTP.

`BENCH_TICKETS=1000000` chooses the size (100,000 otherwise). The filled database is kept below var/bench and used
again.
"""
