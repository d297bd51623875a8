# Everything happens in .venv; a second call finds it ready. Behind a target stands what it does, in English and in Japanese.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

PYTHON313 ?= PYENV_VERSION=3.13 python3.13
VENV313 := .venv-3.13
READY313 := $(VENV313)/.ready

# The tests start hundreds of processes: without compiled modules each would compile all of the sources anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-313 run test test-313 test-peers lint bench rows conformance clean

help: ## Print this list. ## この一覧を表示する
	@case "$${LC_ALL:-$${LC_MESSAGES:-$$LANG}}" in \
	  ja*) sed -n 's/^\([a-z0-9-]*\):.* ## .* ## /\1\t/p' $(MAKEFILE_LIST);; \
	  *) sed -n 's/^\([a-z0-9-]*\):.* ## \(.*\) ## .*/\1\t\2/p' $(MAKEFILE_LIST);; \
	esac | expand -t 14

setup: $(READY) ## Make the environment in .venv. ## .venv に環境を作る

setup-313: $(READY313) ## The same with CPython 3.13 in .venv-3.13.

run: $(READY) ## Go the whole way once: open the built-in site and write the folder journey/. ## 道のりを一度たどる: 組込みのサイトを開き、フォルダ journey/ を書く
	$(BIN)/michinori open http://www.michinori.example/

test: $(READY) ## The tests that need only Python. ## Pythonだけで足りるテスト
	$(BIN)/python -m pytest -q -n auto -m "not peer"

test-313: $(READY313) ## The same on CPython 3.13. ## 同じものを CPython 3.13 で
	$(VENV313)/bin/python -m pytest -q -n auto -m "not peer" -p no:cacheprovider

test-peers: $(READY) $(READY313) ## The tests against tshark, Chromium, Firefox, WebKit, Apache, nginx, BIND, curl; installs them. ## tshark、Chromium、Firefox、WebKit、Apache、nginx、BIND、curl を相手にするテスト。それらをインストールする
	tools/install-peers
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder -m peer

lint: $(READY) ## ruff, mypy --strict, the contracts between the floors, the types of the report's modules. ## ruff、mypy --strict、階の間の約束、レポートのモジュールの型
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	tools/check-js

bench: $(READY) ## Speed and memory, as one table. ## 速さとメモリを一つの表に
	$(BIN)/python -m bench

rows: $(READY) ## Which tests show which row of the two documents. ## 二つの文書のどの行を、どのテストが示すか
	@$(BIN)/python tools/rows.py

conformance: $(READY) ## Write docs/conformance: the RFCs' requirements, the code for each and its tests. ## docs/conformance を書く: RFCの要件、それを行うコード、それを示すテスト
	@$(BIN)/python tools/conformance.py

clean: ## Take the environments and what was built away. ## 環境と、できたものを取り除く
	rm -rf $(VENV) $(VENV313) build dist journey

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(READY313): requirements.lock pyproject.toml
	$(PYTHON313) -m venv $(VENV313)
	$(VENV313)/bin/python -m pip install --quiet --requirement requirements.lock
	$(VENV313)/bin/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@
