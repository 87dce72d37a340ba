# 烽火：每个目标自己准备好它需要的一切；可以重复运行，可以 Ctrl-C。
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: help run test test-fast lint types imports licences exam-first-light bench golden screenshots clean

help: ## 列出目标
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

$(VENV)/.run: requirements.txt deploy/setup.sh pyproject.toml
	@sh deploy/setup.sh run

$(VENV)/.dev: requirements-dev.txt deploy/setup.sh pyproject.toml
	@sh deploy/setup.sh dev

run: $(VENV)/.run ## 建立环境，播放演示小城，打开看板（Ctrl-C 停止）
	@$(PY) -m pipelines demo

test: $(VENV)/.dev ## 全部检查与测试（含真实浏览器）
	@sh deploy/setup.sh browser
	@$(MAKE) --no-print-directory lint types imports licences
	@$(PY) -m pytest -q -n 2 --dist loadfile

test-fast: $(VENV)/.dev ## 测试，不含浏览器与整线故障注入
	@$(PY) -m pytest -q -n 2 --dist loadfile -m "not browser and not slow"

lint: $(VENV)/.dev ## ruff：规则与格式
	@$(VENV)/bin/ruff check -q . && $(VENV)/bin/ruff format -q --check . && echo "ruff: ok"

types: $(VENV)/.dev ## mypy strict
	@$(VENV)/bin/mypy --no-error-summary && $(VENV)/bin/mypy --no-error-summary tests && echo "mypy: ok"

imports: $(VENV)/.dev ## 依赖方向（import-linter）
	@$(VENV)/bin/lint-imports --no-cache >/tmp/fenghuo-imports.$$$$ 2>&1 && echo "import-linter: ok" || { cat /tmp/fenghuo-imports.$$$$; exit 1; }; rm -f /tmp/fenghuo-imports.$$$$

licences: $(VENV)/.dev ## 依赖许可证
	@$(PY) -m tests.licences

exam-first-light: $(VENV)/.dev ## issue 2 的验收：每行一个数
	@$(PY) -m tests.exams.first_light

bench: $(VENV)/.dev ## 基准：结果写入 docs/benchmarks.md
	@$(PY) -m benchmarks.run --write

golden: $(VENV)/.dev ## 重写金标页面的期望（写完会失败一次，请人复核）
	@$(PY) -m pytest -q tests/golden --write-golden

screenshots: $(VENV)/.dev ## 为文档截图（先 make run）
	@$(PY) -m tests.screenshots http://127.0.0.1:8501 docs/img

clean: ## 删除环境与缓存（不删数据目录 var）
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
