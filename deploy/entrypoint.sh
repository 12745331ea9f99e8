#!/bin/sh
# What a container of our image does: web, worker, beat, events, migrate, or any manage.py command.
set -eu

case "${1:-web}" in
    web)
        # Refuses to start on what only the database shows, such as demo accounts on a production site.
        python manage.py check --database default
        exec gunicorn itilnext.wsgi --config python:itilnext.web --bind 0.0.0.0:8000 --preload --worker-class gthread \
            --workers "${WEB_WORKERS:-4}" --threads "${WEB_THREADS:-4}" --no-control-socket --worker-tmp-dir /dev/shm \
            --max-requests 10000 --max-requests-jitter 1000 --timeout 60 --graceful-timeout 20
        ;;
    worker)
        exec celery -A itilnext worker --concurrency "${WORKER_CONCURRENCY:-4}" --without-gossip --without-mingle
        ;;
    beat)
        exec celery -A itilnext beat --pidfile=
        ;;
    events)
        exec uvicorn itilnext.asgi:application --host 0.0.0.0 --port 8001 --lifespan off --no-access-log \
            --timeout-graceful-shutdown 5
        ;;
    migrate)
        exec python manage.py migrate --noinput
        ;;
    *)
        exec python manage.py "$@"
        ;;
esac
