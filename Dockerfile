# syntax=docker/dockerfile:1
# One image for web, worker, beat, events and the migrate job; deploy/entrypoint.sh tells them apart.

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements/production.txt /tmp/production.txt
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: -r /tmp/production.txt
COPY . /opt/itilnext
WORKDIR /opt/itilnext
# Hashed and compressed once here; the settings that decide this are the same everywhere.
RUN ITILNEXT_HOME=/tmp/build ITILNEXT_STATIC_ROOT=/opt/static DJANGO_SETTINGS_MODULE=itilnext.settings.dev \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/venv/bin/python -m compileall -q /opt/itilnext

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin itilnext \
    && install -d -o itilnext -g itilnext -m 0750 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/static /opt/static
COPY --from=build /opt/itilnext /opt/itilnext
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=itilnext.settings.production \
    ITILNEXT_HOME=/data \
    ITILNEXT_STATIC_ROOT=/opt/static
WORKDIR /opt/itilnext
USER itilnext
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["deploy/entrypoint.sh"]
CMD ["web"]
