#!/bin/sh
# Make the environment: "run" for users, "dev" adds the test tools, "browser" finds or installs a
# Chromium, "which-browser" prints the one to use (tests/browser.py asks here, so both agree).
# Says what it does and, where it cannot go on, the command that helps. Safe to interrupt, to run
# again, and to run twice at once.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv

# The parts of a long sentence are joined as they stand.
say() { printf '%s' "$@" >&2 && echo >&2; }

fail() {
    say "$@"
    exit 1
}

as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_install() {
    say "正在用 apt 安装 $* …"
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# ---- Python --------------------------------------------------------------------------------------

# Print the first Python that is new enough and can make environments; nothing if there is none.
find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
}

need_python() {
    PYTHON=$(find_python)
    if [ -z "$PYTHON" ] && as_root; then
        apt_install python3 python3-venv || true
        PYTHON=$(find_python)
    fi
    [ -n "$PYTHON" ] || fail "需要 Python 3.11 或更新版本，并带有 venv 模块。请安装后重试：" \
        "Debian/Ubuntu 用 sudo apt-get install python3 python3-venv，macOS 用 brew install python"
}

# One setup at a time: the lock is on this file and ends with the process, however it ends.
lock() {
    exec 9<deploy/setup.sh
    "$1" -c 'import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("另一个 make 正在准备环境，等它完成…", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)'
}

make_venv() {
    if [ -x $VENV/bin/python ] && $VENV/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    say "正在建立环境 $VENV（$("$PYTHON" --version)）…"
    rm -rf $VENV
    if ! "$PYTHON" -m venv $VENV >&2; then
        rm -rf $VENV
        fail "$PYTHON 建不成环境，原因见上一行。Debian/Ubuntu 请运行 sudo apt-get install python3-venv 后重试"
    fi
}

install() {
    say "正在安装依赖（首次约一到三分钟，之后跳过）…"
    $VENV/bin/python - <<'PY'
import pathlib, shutil, sysconfig
# pip writes INSTALLER after a package's files: without it Ctrl-C came between, and pip would take
# the half for the whole. What pip had moved aside is called ~name.
site = pathlib.Path(sysconfig.get_paths()["purelib"])
halves = [path for path in site.glob("*.dist-info") if not (path / "INSTALLER").exists()]
for path in [*halves, *site.glob("~*")]:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
PY
    # The list is complete and hashed: nothing is left to resolve (older pips stumble over extras).
    $VENV/bin/python -m pip install --no-deps --quiet --disable-pip-version-check --no-input \
        --require-hashes -r "$1" ||
        fail "依赖没有装完，pip 的原因见上。连不上网：联网或设好镜像（环境变量 PIP_INDEX_URL）后再运行同一命令。" \
            "不能联网的机器：先在同类的联网机器上 pip download -r $1 -d wheels，拷来后用 PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels 再运行"
    $VENV/bin/python - <<'PY'
import pathlib, sysconfig
# The checkout itself, importable from everywhere, with its command beside the interpreter.
# The command is shell and Python at once (as pip does it): "#!" takes no path with spaces.
paths = sysconfig.get_paths()
pathlib.Path(paths["purelib"], "fenghuo.pth").write_text(f"{pathlib.Path.cwd()}\n", encoding="utf-8")
command = pathlib.Path(paths["scripts"], "fenghuo")
command.write_text(
    f"""#!/bin/sh
'''exec' "{command.with_name("python")}" "$0" "$@"
' '''
from pipelines.cli import main

main()
""",
    encoding="utf-8",
)
command.chmod(0o755)
PY
}

# What an installed environment was made from; the place counts, for scripts in it name it.
key() { { pwd; cat "$1" deploy/setup.sh; } | cksum; }

ready() { [ -x $VENV/bin/python ] && [ "$(cat "$VENV/$1" 2>/dev/null)" = "$(key "$2")" ]; }

# prepare STAMP REQUIREMENTS: the stamp is written last, so what was interrupted is done again.
prepare() {
    if ready "$1" "$2"; then return; fi
    need_python
    lock "$PYTHON"
    if ready "$1" "$2"; then return; fi
    make_venv
    install "$2"
    key "$2" >"$VENV/$1"
}

# ---- browser -------------------------------------------------------------------------------------

# A browser counts if it says its version: Ubuntu's packages are stubs that only name a snap.
starts() {
    command -v "$1" >/dev/null 2>&1 || return 1
    limit=
    if command -v timeout >/dev/null 2>&1; then limit="timeout -k 2 20"; fi
    $limit "$1" --version 2>/dev/null </dev/null | grep -Eq '[0-9]+\.[0-9]+\.[0-9]+'
}

find_browser() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "${PLAYWRIGHT_BROWSERS_PATH:-${HOME:-}/.cache/ms-playwright}"/chromium-*/chrome-linux*/chrome \
        "${HOME:-}"/Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*; do
        if [ -n "$name" ] && starts "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

which_browser() {
    find_browser || fail "没有找到能启动的 Chromium。请任选其一后重试：Debian 用 sudo apt-get install chromium；" \
        "Ubuntu 等用 $VENV/bin/playwright install --with-deps chromium；已装在别处则设环境变量 CHROMIUM=路径；" \
        "不测浏览器用 make test-fast"
}

# Playwright steers the browser through a Node of its own, which a minimal Debian cannot load.
driver() { $VENV/bin/python -m playwright --version >/dev/null 2>&1; }

chinese_font() { fc-list :lang=zh 2>/dev/null | grep -q .; }

browser() {
    if as_root && ! driver; then
        lock $VENV/bin/python
        driver || apt_install libatomic1 || true
    fi
    driver || fail "Playwright 的驱动不能启动，请运行 $VENV/bin/playwright --version 看原因；" \
        "缺 libatomic.so.1 时用 sudo apt-get install libatomic1，然后重试"
    if as_root && ! find_browser >/dev/null; then
        lock $VENV/bin/python
        find_browser >/dev/null || apt_install chromium || true
        find_browser >/dev/null || $VENV/bin/playwright install --with-deps chromium || true
    fi
    which_browser >/dev/null
    if as_root && ! chinese_font; then
        lock $VENV/bin/python
        chinese_font || apt_install fontconfig fonts-noto-cjk ||
            say "没有装上中文字体：测试照常，但截图里的汉字会是方块"
    fi
}

case "${1:-}" in
    run) ready .dev requirements-dev.txt || prepare .run requirements.txt ;;
    dev) prepare .dev requirements-dev.txt ;;
    browser) browser ;;
    which-browser) which_browser ;;
    *) fail "用法：sh deploy/setup.sh run|dev|browser|which-browser" ;;
esac
