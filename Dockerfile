# Built against the system's libpq, which speaks TLS to PostgreSQL.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libpq-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY migrations migrations
COPY openapi openapi
COPY tests tests
RUN cargo build --profile dist --locked --no-default-features --features system-libpq && mkdir /data

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libpq5 ca-certificates && rm -rf /var/lib/apt/lists/*
LABEL org.opencontainers.image.title="Lede" \
      org.opencontainers.image.description="A headless CMS for publications" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /build/target/dist/lede /usr/local/bin/lede
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
WORKDIR /data
VOLUME /data
# Freed memory returns to the system at once.
ENV LEDE_BIND=0.0.0.0:8143 LEDE_DRAIN_SECONDS=5 MIMALLOC_PURGE_DELAY=0
EXPOSE 8143
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=10s CMD ["lede", "health"]
ENTRYPOINT ["lede"]
CMD ["serve"]
