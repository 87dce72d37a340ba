# 烽火：每个目标自己准备好它需要的一切；可以重复运行，可以 Ctrl-C。
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python

.PHONY: help run-tools dev-tools run test test-fast lint types imports licences exam-first-light \
	exam-working-day exam-collection exam-text exam-detection bench golden screenshots clean

help: ## 列出目标
	@grep -E '^[a-z-]+:.*##' Makefile | awk -F':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

# setup.sh 自己看环境是否已经齐全：齐了立即返回。
run-tools:
	@sh deploy/setup.sh run

dev-tools:
	@sh deploy/setup.sh dev

run: run-tools ## 建立环境，播放演示小城，打开看板（Ctrl-C 停止）
	@$(PY) -m pipelines demo

test: dev-tools ## 全部检查与测试（含真实浏览器）
	@sh deploy/setup.sh browser
	@$(MAKE) --no-print-directory lint types imports licences
	@$(PY) -m pytest -q -n 2 --dist loadfile

test-fast: dev-tools ## 测试，不含浏览器与整线故障注入
	@$(PY) -m pytest -q -n 2 --dist loadfile -m "not browser and not slow"

lint: dev-tools ## ruff：规则与格式
	@$(VENV)/bin/ruff check -q . && $(VENV)/bin/ruff format -q --check . && echo "ruff: ok"

types: dev-tools ## mypy strict
	@$(PY) -m mypy --no-error-summary && $(PY) -m mypy --no-error-summary tests && echo "mypy: ok"

imports: dev-tools ## 依赖方向（import-linter）
	@said=$$($(VENV)/bin/lint-imports --no-cache 2>&1) && echo "import-linter: ok" || \
		{ echo "$$said"; exit 1; }

licences: dev-tools ## 依赖许可证
	@$(PY) -m tests.licences

exam-first-light: dev-tools ## issue 2 的验收：每行一个数（QUICK=1 不做干净克隆）
	@$(PY) -m tests.exams.first_light

exam-working-day: dev-tools ## issue 3 的验收：每行一个数（QUICK=1 不开浏览器）
	@$(PY) -m tests.exams.working_day

exam-collection: dev-tools ## issue 4 的验收：每行一个数（QUICK=1 不做一个月、长群聊与速度）
	@$(PY) -m tests.exams.collection

exam-text: dev-tools ## issue 5 的验收：每行一个数（QUICK=1 不训练，不量速度与内存）
	@$(PY) -m tests.exams.text

exam-detection: dev-tools ## issue 6 的验收：每行一个数（QUICK=1 小数据；SEED=… 换种子）
	@$(PY) -m tests.exams.detection

# 对照的 bixin 只有这里用：装不上就说明，那一行空着。
bench: dev-tools ## 基准：结果写入 docs/benchmarks.md
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --require-hashes \
		-r benchmarks/peers.txt || echo "对照 bixin 没有装上（原因见上），它那一行空着" >&2
	@$(PY) -m benchmarks.run --write

golden: dev-tools ## 重写金标页面的期望（写完会失败一次，请人复核）
	@rm -f tests/golden/pages/*/*/expected.json tests/golden/pushes/*.txt; $(PY) -m pytest -q tests/golden

screenshots: dev-tools ## 为文档截图：播放演示，加上一天的工作，拍每一页（约 3 分钟）
	@$(PY) -m tests.screenshots docs/img

clean: ## 删除环境与缓存（不删数据目录 var）
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
