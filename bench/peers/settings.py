"""Where the peers find broker and database, and how many messages a process takes at a time."""

import os

AMQP_URL = os.environ.get("BENCH_AMQP_URL", "amqp://orderfleet:orderfleet@127.0.0.1:5682/")
DATABASE_URL = os.environ.get("BENCH_DATABASE_URL", "postgresql+psycopg://orderfleet:orderfleet@127.0.0.1:5442/bench")
PREFETCH = int(os.environ.get("BENCH_PREFETCH", "10"))
