# make            la lista de órdenes
# Every target that runs something calls `instalar` first; a set-up that is current costs nothing.

PYTHON ?= python3
PUERTO ?= 8000
# Lo que recibe pytest, por ejemplo: make test PRUEBAS="tests/ocupacion -x"
PRUEBAS ?= -n 4 --dist worksteal tests
# Cada prueba tiene su base de datos: en memoria, si cabe, copiarla cuesta la décima parte.
MEMORIA := $(shell libre=$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1); \
  test -w /dev/shm && test "$${libre:-0}" -gt 4000000 && echo TMPDIR=/dev/shm)

# Lo que Python compila se guarda: sin eso, cada proceso que arranca lo compila todo de nuevo.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
SELLO := $(VENV)/.instalado
LUGAR := $(VENV)/.lugar
VENDOR := albergues_app/static/vendor/.sello
INSUMOS := pyproject.toml requirements.lock frontend/package-lock.json frontend/vendor.json frontend/hatch_build.py

# A virtual environment holds absolute paths: one that was moved, or whose Python is gone, is made anew.
ifneq ($(shell test -x $(BIN)/python && cat $(LUGAR) 2>/dev/null),$(CURDIR))
RECREAR := --clear
$(SELLO): REHACER
endif
ifeq ($(wildcard $(VENDOR)),)
$(SELLO): REHACER
endif

.DEFAULT_GOAL := ayuda
.PHONY: ayuda instalar demo test check tipos reglas bench largo pantallas lock REHACER

ayuda:
	@echo 'make demo       prepara todo, carga el escenario de muestra y sirve en http://127.0.0.1:$(PUERTO) (PUERTO=)'
	@echo 'make test       prepara todo y corre las pruebas (PRUEBAS= da otras opciones a pytest)'
	@echo 'make instalar   solo prepara'
	@echo 'make check      formato, reglas, tipos, capas, plantillas, y modelos contra migraciones'
	@echo 'make largo      las pruebas que necesitan volumen'
	@echo 'make bench      las medidas de rendimiento'
	@echo 'make pantallas  los retratos de las pantallas, en docs/pantallas'
	@echo 'make lock       vuelve a escribir requirements.lock y frontend/package-lock.json'

instalar: $(SELLO)
	@:

$(SELLO): $(INSUMOS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Hace falta Python 3.11 o posterior. Indique cuál con PYTHON=, por ejemplo: make instalar PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo 'A este Python le falta el módulo venv. En Debian o Ubuntu: apt-get install python3-venv'; exit 1; }
	@echo 'Preparando $(VENV) (la primera vez tarda cerca de un minuto)…'
	@rm -f $(SELLO)
	@if [ -n '$(RECREAR)' ]; then $(PYTHON) -m venv $(RECREAR) $(VENV) && printf '%s\n' '$(CURDIR)' > $(LUGAR); fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements.lock -e .
	@touch $(SELLO)

demo: instalar
	@mkdir -p instance
	@$(BIN)/albergues demo --puerto $(PUERTO)

# pytest answers 5 when it found no test: a failure, unless there is no test file at all.
test: instalar
	@$(MEMORIA) $(BIN)/pytest $(PRUEBAS) || { codigo=$$?; \
	  if [ $$codigo -eq 5 ] && [ -z "$$(find tests -name 'test_*.py' -print -quit 2>/dev/null)" ]; then exit 0; fi; \
	  exit $$codigo; }

# The types take as long as all the rest: one beside the other.
check: instalar
	@$(MAKE) --no-print-directory -j2 tipos reglas

tipos:
	$(BIN)/mypy

reglas:
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo
	@if [ -n "$$(find albergues_app -name '*.html' -print -quit)" ]; then \
	  echo '$(BIN)/djlint albergues_app --lint'; $(BIN)/djlint albergues_app --lint --quiet; fi
	$(BIN)/albergues base deriva

bench: instalar
	$(BIN)/python -m bench

largo: instalar
	$(BIN)/pytest -m largo tests
	$(BIN)/python -m bench --largo

pantallas: instalar
	$(BIN)/python -m tests.pantallas

# uv resolves for every platform and Python at once; it is needed here only, so it stays out of the project.
# It keeps the versions of a uv.lock beside it; without one, or with UV_OPCIONES=--upgrade, it takes the newest.
lock:
	@uv_dir=$$(mktemp -d) && trap 'rm -rf "$$uv_dir"' EXIT \
	  && $(PYTHON) -m venv "$$uv_dir" && "$$uv_dir/bin/pip" install --quiet --disable-pip-version-check uv \
	  && "$$uv_dir/bin/uv" export --quiet --all-extras --format requirements.txt --output-file requirements.lock \
	       --no-hashes --no-annotate --no-header --no-emit-project $(UV_OPCIONES)
	cd frontend && npm install --package-lock-only --ignore-scripts && $(PYTHON) relock.py
	@! grep -nE '[a-z]+://' requirements.lock frontend/package-lock.json \
	  || { echo 'Un archivo de versiones contiene direcciones: no se debe guardar así.'; exit 1; }
