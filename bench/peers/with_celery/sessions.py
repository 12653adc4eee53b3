"""Sessions; a process of the pool must not use the connections of its parent."""

from typing import Any

from celery.signals import worker_process_init
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from bench.peers.settings import DATABASE_URL

engine = create_engine(DATABASE_URL, pool_size=10, max_overflow=30)
Session = sessionmaker(engine, expire_on_commit=False)


@worker_process_init.connect
def _forget_connections(**_: Any) -> None:
    engine.dispose(close=False)
