# The HTTP service over a workspace that is mounted at /workspace.
FROM python:3.12-slim-bookworm AS environment
COPY requirements-runtime.lock /tmp/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements-runtime.lock

FROM python:3.12-slim-bookworm
RUN useradd --create-home --uid 10001 recsys \
    && install -d -o recsys -g recsys /workspace
COPY --from=environment /venv /venv
WORKDIR /app
COPY data/ data/
COPY graph/ graph/
COPY vision/ vision/
COPY evaluation/ evaluation/
COPY graphsage/ graphsage/
COPY bert4rec/ bert4rec/
COPY recsys/ recsys/
COPY api/ api/
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 RECSYS_WORKSPACE=/workspace
USER recsys
VOLUME /workspace
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m", "recsys"]
# Open inside the container only: compose.yaml publishes the port on this machine's own address.
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--open"]
