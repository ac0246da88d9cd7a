# Every target sets up .venv by itself, from requirements.lock alone, and only when that file or pyproject.toml has changed.
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements.lock
# The marks of a finished set-up: LOCKED is a copy of the lock that is installed, READY says that the project is, too.
# Both are removed before a set-up begins and made as its last act, so that an interrupted one is done again.
LOCKED := $(VENV)/.locked
READY := $(VENV)/.ready
ARGS ?=
RUNS ?= 1
# Tests that need no browser: file by file, on as many processes as there are cores, at most 4.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: lab demo test check fast notebooks coverage fuzz exact kills audit licences mutants site pictures lock
.DELETE_ON_ERROR:

lab: $(READY) ## open JupyterLab on 00_start; ARGS="..." goes to JupyterLab as it is
	$(BIN)/dcae lab -- $(ARGS)

demo: $(READY) ## serve the explorer as a page for a class; ARGS="PHOTO --ip 0.0.0.0 --visitors 30"
	$(BIN)/dcae demo $(ARGS)

test: check ## everything: check, unit tests, doctests, notebooks, browser tests
	$(BIN)/python -m pytest $(PARALLEL) --doctest-modules \
	    --nbval-lax --nbval-current-env --ignore tests/e2e tests dcae widgets/dcae_widgets notebooks
	$(BIN)/python -m pytest tests/e2e

check: $(READY) ## lint, format, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

fast: $(READY) ## unit tests of a few seconds at most each; RUNS=20 looks for one that fails by chance
	for run in $$(seq $(RUNS)); do $(BIN)/python -m pytest $(PARALLEL) \
	    --quiet -m "not slow and not e2e" $(ARGS) tests || exit 1; done

notebooks: $(READY) ## run all notebooks again, in place, with their outputs; of a widget the static picture under it stays
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False notebooks/*.ipynb
	$(BIN)/python -c 'import sys, nbformat as n; [(lambda book: ([c.update(outputs=[]) for c in book.cells \
	    if "widget" in c.metadata.get("tags", [])], n.write(book, path)))(n.read(path, 4)) for path in sys.argv[1:]]' notebooks/*.ipynb
	$(BIN)/nbstripout --keep-output --keep-count --keep-id --extra-keys metadata.language_info.version notebooks/*.ipynb

coverage: $(READY) ## which lines and branches of dcae/ the unit tests do not reach; ARGS="--cov-report html"
	$(BIN)/python -m pytest $(PARALLEL) --doctest-modules --cov \
	    --cov-report term-missing:skip-covered $(ARGS) --ignore tests/e2e --ignore tests/fuzz --ignore tests/notebooks tests dcae

fuzz: $(READY) ## 100,000 hostile files, pictures, weights and texts, about ten minutes on two cores; ARGS="--count 1000 --seed 7"
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/run.py --workers $$(nproc) $(ARGS)

exact: $(READY) ## one encoder, many machines: every symbol the same; ARGS="FOLDER_OF_PHOTOS --python OTHER/bin/python"
	$(BIN)/python tests/exact/run.py $(ARGS)

kills: $(READY) ## commands killed at moments drawn by chance; ARGS="--count 50 --seed 1 --commands encode,train"
	OMP_NUM_THREADS=1 $(BIN)/python tests/kills/run.py $(ARGS)

# An advisory that is ignored stands here as --ignore-vuln ID, with its reason in a comment above. There is none yet.
AUDIT_IGNORED :=
audit: $(READY) ## known weaknesses of what the lock names; asks a service of PyPI
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement $(LOCK) $(AUDIT_IGNORED) $(ARGS) || { echo \
	    "Above stands a weakness, or a package of which the service said nothing: it could not be reached." >&2; exit 1; }

licences: $(READY) ## write docs/licences.md anew
	$(BIN)/pip-licenses --format=json --with-system | $(BIN)/python tests/supply/licences.py > $(VENV)/licences.md
	cp $(VENV)/licences.md docs/licences.md

mutants: $(READY) ## would the tests notice faults in the codec? 1,300 faults, about half an hour; ARGS="--sample 0 --seed 7"
	$(BIN)/python tests/mutation/run.py --workers $$(nproc) $(ARGS)

# A page of a photo takes a minute or more, so each is made only where it is older than what it is made of.
PHOTO_PAGES := $(patsubst data/images/%,build/photos/%.html,$(basename $(wildcard data/images/*.jpg data/images/*.png)))
PAGE_SOURCES := $(wildcard data/weights/small-*.safetensors dcae/*.py dcae/cli/page.py dcae/analysis/*.py dcae/codec/*.py dcae/model/*.py \
    $(foreach name,page common photo_view,widgets/dcae_widgets/static/$(name)*) $(foreach name,page heat front_end,widgets/dcae_widgets/$(name)*.py))
define PHOTO_PAGE
@mkdir -p $(@D)
$(BIN)/dcae page $< -o $@
endef
build/photos/%.html: data/images/%.jpg $(PAGE_SOURCES) | $(READY)
	$(PHOTO_PAGE)
build/photos/%.html: data/images/%.png $(PAGE_SOURCES) | $(READY)
	$(PHOTO_PAGE)

site: $(READY) $(PHOTO_PAGES) ## the course, a page for each shipped photo, manual and API, in build/site; needs no server
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	$(BIN)/python tests/site/check.py build/site

pictures: $(READY) ## take the README's pictures anew, from the explorer in JupyterLab; let nothing else run meanwhile
	$(BIN)/python -m tests.e2e.pictures

lock: $(READY) ## resolve pyproject.toml's dependencies anew, keeping the versions that may stay
	cp $(LOCK) $(VENV)/lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra codecs --group dev --generate-hashes \
	    --only-binary :all: --no-annotate --no-strip-extras --custom-compile-command "make lock" --quiet --output-file $(VENV)/lock pyproject.toml
	cmp -s $(VENV)/lock $(LOCK) || cp $(VENV)/lock $(LOCK)

# A candidate is run, not just found: a pyenv shim exists and fails, and Debian's Python may come without venv.
# uv comes second, since it brings its own Python and does not see wheels that lie in pip's local folders.
$(LOCKED): $(LOCK)
	@if cmp -s $(LOCK) $(LOCKED); then exec touch $(LOCKED); fi; \
	rm -f $(LOCKED) $(READY); \
	for python in python3.12 python3.11 python3 python; do \
	    if $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then \
	        echo "$(VENV): $$python and pip" && $$python -m venv --clear $(VENV) && \
	        $(BIN)/python -m pip install --quiet --only-binary :all: --require-hashes -r $(LOCK) && \
	        exec cp $(LOCK) $(LOCKED); \
	        exit 1; \
	    fi; \
	done; \
	if uv --version >/dev/null 2>&1; then \
	    echo "$(VENV): uv" && uv venv --quiet --clear --python ">=3.11,<3.13" $(VENV) && \
	    uv pip install --quiet --python $(BIN)/python --only-binary :all: --require-hashes -r $(LOCK) && \
	    exec cp $(LOCK) $(LOCKED); \
	    exit 1; \
	fi; \
	echo "No Python 3.11 or 3.12 with venv was found: install one of them, or uv, and run make again." >&2; \
	exit 1

# The editable install knows the top-level packages of pyproject.toml. setuptools comes from the lock: nothing is fetched.
$(READY): $(LOCKED) pyproject.toml
	@rm -f $@
	@if [ -x $(BIN)/pip ]; then $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .; \
	else uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .; fi
	@touch $@
