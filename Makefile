# Yiti (一体). A newcomer needs Python 3.11 or newer and nothing else; `make help` lists the commands.

SHELL := /bin/sh
# The system's Python where it is new enough: distributions build theirs with profile-guided optimisation, which a Python
# built from source seldom has; everything here is a quarter quicker with it.
PYTHON ?= $(shell /usr/bin/python3 -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo python3)
BIN := .venv/bin
# One process more than processors: tests wait for processes of theirs half of the time.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
PACKAGES := kernel contracts escrow signing e_archive integrations platform
LOCALE := platform/yiti/portals/shell/locale
# Byte code kept on disk is what makes the second start quick.
unexport PYTHONDONTWRITEBYTECODE

BOOTSTRAP := $(PYTHON) -I platform/yiti/local/bootstrap.py
INPUTS := requirements.lock package-lock.json platform/yiti/local/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help run demo test soak check bench reset migrate messages lock

## help: 列出所有命令 (this list)
help:
	@awk -F': ' '/^## /{sub(/^## /, ""); printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## run: 安装所需的一切并启动平台和演示县，Ctrl-C 停止 (set up everything and start the platform)
run: .venv/ready
	@$(BIN)/python -m yiti.local run

## demo: 以真实用户的方式走完一批业务，文件存入 var/demo/ (play the journey over HTTP)
demo: .venv/ready
	@$(BIN)/python -m yiti.local.demo

## test: 全部功能测试；ARGS="tests/escrow -k refund" 只跑一部分 (all tests of what it does, or those in ARGS)
test: .venv/ready-for-tests
	@$(PYTEST) $(or $(ARGS),-m "not soak" --ignore=tests/house)

## soak: 压力测试：随处崩溃、并发争用、上千份篡改文件、浏览器走完全程 (crashes, contention, forged files, a whole sale by browser)
soak: .venv/ready-for-tests
	@$(PYTEST) -m soak

## check: 代码、类型、依赖方向、模板、迁移检查 (ruff, mypy, import rules, templates, migrations, rules of the house)
check: .venv/ready-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet $(PACKAGES)
	$(BIN)/python -m yiti.local check-migrations
	$(PYTEST) -q tests/house

## bench: 性能测量；ONLY=名称 只测一项 (measure; results in var/bench/results.json)
bench: .venv/ready-for-tests
	@$(BIN)/python -m bench $(ONLY)

## reset: 清除 var/ 下的本地数据、密钥和文件 (forget all local data)
reset: .venv/ready
	@$(BIN)/python -m yiti.local reset

## migrate: 把数据库升级到最新结构 (bring the database to the newest schema)
migrate: .venv/ready
	@$(BIN)/python -m yiti.local migrate

## messages: 提取界面文字，更新并编译 gettext 目录 (extract, update and compile the catalogues)
messages: .venv/ready-for-tests
	@mkdir -p $(LOCALE)
	$(BIN)/pybabel -q extract -F pyproject.toml --project=yiti --no-location -o $(LOCALE)/yiti.pot $(PACKAGES)
	test -d $(LOCALE)/zh_CN || $(BIN)/pybabel -q init -D yiti -l zh_CN -i $(LOCALE)/yiti.pot -d $(LOCALE)
	$(BIN)/pybabel -q update -D yiti --ignore-pot-creation-date -i $(LOCALE)/yiti.pot -d $(LOCALE)
	$(BIN)/pybabel -q compile -D yiti -d $(LOCALE)

## lock: 依赖有变时重写两个锁文件，不记下载地址 (rewrite both lock files)
lock: .venv/ready
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header \
		--group dev pyproject.toml -o requirements.lock
	npm install --package-lock-only

.venv/ready: $(INPUTS)
	@command -v $(PYTHON) >/dev/null || { echo "✗ 需要 Python 3.11 或更新版本 (install Python 3.11 or newer, or set PYTHON=…)"; exit 1; }
	@$(BOOTSTRAP)
	@touch $@

.venv/ready-for-tests: .venv/ready
	@$(BOOTSTRAP) --tests
	@touch $@
