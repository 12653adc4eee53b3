# One image for every process of the fleet: `orderfleet gateway`, `orderfleet relay`, `orderfleet worker stock`, ...
# The tests run on this release of Python.
FROM python:3.11-slim AS base
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore


# The wheel. What builds it is pinned in the lock of the whole workshop, and stays behind with it.
FROM base AS wheel
WORKDIR /src
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gateway gateway
COPY messages messages
COPY migrations migrations
COPY ops ops
COPY workers workers
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheel .


# The virtual environment: what the command needs to run, and nothing else, not even pip.
FROM base AS venv
COPY requirements-runtime.lock ./
RUN python -m venv --without-pip /opt/orderfleet \
 && pip --python /opt/orderfleet/bin/python install --only-binary :all: --require-hashes -r requirements-runtime.lock
COPY --from=wheel /wheel /wheel
RUN pip --python /opt/orderfleet/bin/python install --no-deps --no-index /wheel/*.whl


FROM python:3.11-slim
LABEL org.opencontainers.image.title="Orderfleet" \
      org.opencontainers.image.description="An order back end: an HTTP gateway, and workers that carry orders through RabbitMQ" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin orderfleet
COPY --from=venv /opt/orderfleet /opt/orderfleet
# The files are compiled already, and this user could not write beside them.
ENV PATH=/opt/orderfleet/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
ENTRYPOINT ["orderfleet"]
CMD ["--help"]
