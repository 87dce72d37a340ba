"""Chinese answers of POST /api/intake."""

NOT_JSON = "请用 Content-Type: application/json 提交"
TOO_BIG = "请求超过 {mb} MB：请分几次提交"
BUSY = "暂时不能登记，请稍后用同一个 Idempotency-Key 再试"
BROKEN = "登记时出错，什么也没有存下；请把时间告诉烽火管理员"
ONLY_HERE = "还没有账号时只接受本机的请求：请先用 fenghuo user add 建立账号"
NO_KEY = "没有给出有效的密钥：请在 Authorization 请求头写 Bearer 密钥"
TOO_OFTEN = "每个密钥每分钟最多 {n} 次，请稍后再试"
