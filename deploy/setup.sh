#!/bin/sh
# Make the environment: "run" for users, "dev" adds the test tools, "browser" finds or installs a Chromium.
# Says what it does and, where it cannot go on, the command that helps. Safe to run again.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv

say() { printf '%s\n' "$*" >&2; }

as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_install() {
    say "正在用 apt 安装 $* …"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

make_venv() {
    [ -x $VENV/bin/python ] && $VENV/bin/python -m pip --version >/dev/null 2>&1 && return
    PYTHON=$(find_python)
    if [ -z "$PYTHON" ]; then
        as_root && apt_install python3 python3-venv && PYTHON=$(find_python)
        [ -n "$PYTHON" ] || { say "需要 Python 3.11 或更新版本：请安装后重试（Debian/Ubuntu：apt-get install python3 python3-venv）"; exit 1; }
    fi
    say "正在建立环境 $VENV（$($PYTHON --version)）…"
    rm -rf $VENV
    if ! "$PYTHON" -m venv $VENV >/dev/null 2>&1; then
        rm -rf $VENV
        if as_root; then apt_install python3-venv; else say "缺少 venv：请先运行 apt-get install python3-venv"; exit 1; fi
        "$PYTHON" -m venv $VENV
    fi
}

install() {
    say "正在安装依赖（首次约一到三分钟，之后跳过）…"
    $VENV/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
    $VENV/bin/python - <<'PY'
import pathlib, sysconfig
# The checkout itself, importable from everywhere, with its command beside the interpreter.
site = pathlib.Path(sysconfig.get_paths()["purelib"])
(site / "fenghuo.pth").write_text(f"{pathlib.Path.cwd()}\n", encoding="utf-8")
script = pathlib.Path(sysconfig.get_paths()["scripts"]) / "fenghuo"
script.write_text(
    f"#!{pathlib.Path(sysconfig.get_paths()['scripts']) / 'python'}\n"
    "from pipelines.cli import main\n\nmain()\n", encoding="utf-8")
script.chmod(0o755)
PY
}

browser() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && have_browser=1
    done
    for app in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "$HOME"/.cache/ms-playwright/chromium-*/chrome-linux/chrome; do
        [ -x "$app" ] && have_browser=1
    done
    if [ -z "${have_browser:-}" ]; then
        if as_root; then apt_install chromium fonts-noto-cjk || true; fi
        command -v chromium >/dev/null 2>&1 || {
            say "浏览器测试需要 Chromium：请运行 apt-get install chromium，或 $VENV/bin/playwright install chromium，或把 CHROMIUM 设为浏览器路径；只想跳过浏览器请用 make test-fast"
            exit 1
        }
    fi
    if as_root && ! fc-list :lang=zh 2>/dev/null | grep -q .; then apt_install fonts-noto-cjk || true; fi
}

case "${1:-}" in
    run) make_venv; install requirements.txt; touch $VENV/.run ;;
    dev) make_venv; install requirements-dev.txt; touch $VENV/.dev $VENV/.run ;;
    browser) browser ;;
    *) say "用法：sh deploy/setup.sh run|dev|browser"; exit 2 ;;
esac
