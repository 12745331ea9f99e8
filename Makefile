# What each target promises stands in README.md. Needs Python 3.11 or newer, make and a C library, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
JOBS ?= 3
BENCH_TICKETS ?= 100000

export PORT ITILNEXT_HOME ITILNEXT_DEMO BENCH_TICKETS LIGHTHOUSE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test check check-types check-others format messages bench screenshots soak lock install clean

help:
	@echo "make run      a desk with demo data at http://localhost:8000/   (PORT=8000 ITILNEXT_HOME=var ITILNEXT_DEMO=1)"
	@echo "make test     the test suite   (ARGS=\"-k owner\" JOBS=3 processes)"
	@echo "make check    lint, format, types, import contracts, migrations, system checks"
	@echo "make format   put the code into shape"
	@echo "make messages gather the texts for the German translation and compile it; needs GNU gettext"
	@echo "make bench    measure at BENCH_TICKETS=100000   (LIGHTHOUSE=no without Lighthouse)"
	@echo "make screenshots  every page into docs/screenshots; needs Chromium"
	@echo "make soak     the long kill and load tests"
	@echo "make lock     resolve the dependencies of pyproject.toml anew"

run: $(VENV)/run.installed
	@exec $(BIN)/python -m itilnext.local.supervisor

# The suite starts many a Python: none should compile again what another has compiled, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/dev.installed
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/dev.installed
	ITILNEXT_SOAK=1 $(BIN)/python -m pytest -m soak --timeout 3600 $(ARGS)

bench: $(VENV)/dev.installed
	$(BIN)/python -m tests.bench $(ARGS)

screenshots: $(VENV)/dev.installed
	$(BIN)/python -m tests.screenshots $(ARGS)

# mypy takes as long as all the others together.
check: $(VENV)/dev.installed
	@$(MAKE) --no-print-directory --jobs 2 --output-sync check-types check-others

check-types: $(VENV)/dev.installed
	$(BIN)/mypy

check-others: $(VENV)/dev.installed
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -W error manage.py makemigrations --check --dry-run
	$(BIN)/python -W error manage.py check --fail-level WARNING
	@echo "check --deploy under the production settings"
	@DJANGO_SETTINGS_MODULE=itilnext.settings.production ALLOWED_HOSTS=desk.example.com REDIS_URL=redis://queue:6379/0 \
		SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') EMAIL_URL=smtp://mail.example.com \
		DEFAULT_FROM_EMAIL=desk@example.com SITE_URL=https://desk.example.com MESSAGE_ID_DOMAIN=desk.example.com \
		DATABASE_URL=postgresql://itilnext_app@database/itilnext \
		$(BIN)/python -W error manage.py check --deploy --fail-level WARNING

format: $(VENV)/dev.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The compiled catalogue is in the repository, so that running needs no gettext.
messages: $(VENV)/dev.installed
	$(BIN)/python manage.py makemessages --locale de --no-obsolete --no-wrap --add-location file \
		--ignore .venv --ignore var --ignore tests
	$(BIN)/python manage.py compilemessages --locale de --ignore .venv --ignore var

install: $(VENV)/dev.installed

# A lock is installed once; its copy in the environment tells which one that was. `run` needs no tools for tests.
$(VENV)/%.installed: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@cmp -s $< $@ || { echo "· installing the locked dependencies of $<" \
		&& $(BIN)/python -m pip install --quiet --require-hashes -r $<; }
	@cp $< $@

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--upgrade pyproject.toml -o requirements/production.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra local -c requirements/production.txt pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--extra local --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt

clean:
	rm -rf $(VENV)
