@echo off
rem Start Fenghuo on an office Windows machine without make: double-click, or run it from a prompt.
rem Everything stays in this folder: .venv (programs) and var (data).
setlocal
chcp 65001 >nul
cd /d "%~dp0.."
set PYTHONUTF8=1
if not defined FENGHUO_HOME set "FENGHUO_HOME=%CD%\var"

if exist .venv\ready goto start
set PY=
for %%P in ("py -3.13" "py -3.12" "py -3.11" "python") do (
    if not defined PY (
        %%~P -c "import sys, venv; sys.exit(sys.version_info < (3, 11))" >nul 2>nul && set "PY=%%~P"
    )
)
if not defined PY (
    echo 没有找到 Python 3.11 或更新版本。请从 python.org 安装，勾选 Add python.exe to PATH，再运行本文件。
    pause
    exit /b 1
)
echo 第一次运行：正在建立环境，约需几分钟，请保持联网 …
%PY% -m venv .venv || goto failed
.venv\Scripts\python.exe -m pip install --no-deps --quiet --disable-pip-version-check --require-hashes -r requirements.txt || goto failed
echo ok> .venv\ready

:start
if not exist "%FENGHUO_HOME%\secret.key" (
    .venv\Scripts\python.exe -m fenghuo init || goto failed
)
if "%~1"=="" (
    .venv\Scripts\python.exe -m fenghuo serve
) else (
    .venv\Scripts\python.exe -m fenghuo %*
)
if errorlevel 1 goto failed
exit /b 0

:failed
echo 没有成功，原因写在上面。改正后再运行一次；已经装好的部分不会重来。
pause
exit /b 1
