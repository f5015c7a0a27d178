/* feature.c: this room's own part, declared as every feature's is. */
#include "base/buf.h"
#include "http/inside.h"
#include "http/queries.h"

#define OPENAPI_MOST (4 * 1024 * 1024)

const struct setting http_settings[] = {
	{ "listen", SET_TEXT, "127.0.0.1", "Address to listen on; 0.0.0.0 or :: for all",
	  .zh = "监听的地址；0.0.0.0 或 :: 表示所有地址" },
	{ "port", SET_INT, "8300", "Port to listen on", 0, 65535,
	  .zh = "监听的端口" },
	{ "public_url", SET_TEXT, "",
	  "Address under which people reach this server, like https://q.example.com; empty: as their browser says",
	  .zh = "别人访问这台服务器的网址，例如 https://q.example.com；留空则按浏览器里的地址。印二维码之前先设好" },
	{ "trusted_proxies", SET_TEXT, "",
	  "Addresses or networks of proxies whose X-Forwarded-* headers are believed, separated by commas",
	  .zh = "相信哪些反向代理的 X-Forwarded-* 头：地址或网段，用逗号隔开" },
	{ "max_connections", SET_INT, "2048", "Connections open at a time", 16, 65536,
	  .zh = "最多同时打开的连接数" },
	{ "idle_timeout_s", SET_INT, "30", "Seconds after which a silent connection is closed", 1, 3600,
	  .zh = "连接多少秒没有动静就关闭" },
	{ "api_per_minute", SET_INT, "600", "Requests a minute that one API token may make of each process; then 429 with Retry-After", 1, 1000000,
	  .zh = "一个 API 令牌在每个进程里每分钟最多的请求数；超过返回 429 和 Retry-After" },
	{ 0 },
};

const struct feature *const *rq_features(struct request *rq)
{
	static const struct feature *const none[] = { NULL };
	return rq->connection ? connection_of(rq)->server->features : rq->features ? rq->features : none;
}

static int get_openapi(struct request *rq, const void *in, void *out)
{
	(void)in;
	struct body *body = out;
	BUF_SCOPED b;
	buf_init(&b, OPENAPI_MOST);
	openapi_write(&b, connection_of(rq)->server->features);
	if (buf_failed(&b))
		return E_MEMORY;
	body->bytes = str_copy(rq->arena, buf_view(&b));
	body->type = "application/json";
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/api/openapi.json", ROLE_PUBLIC, get_openapi, .output = OUT_BODY, .makes = "application/json",
	  .help = "This description" },
	{ "GET", "/live", ROLE_READER, live_open, .output = OUT_BODY, .makes = "text/event-stream",
	  .help = "A stream that says which topics changed" },
	{ 0 },
};

static const struct query *const queries[] = {
	&session_by_token, &session_by_id, &session_insert, &session_sweep, &session_delete, &session_delete_all,
	&session_see, &sessions_of, &session_delete_one, &secret_read, &secret_insert,
	&once_find, &once_sweep, &once_keep, NULL,
};

const struct feature feature_http = { .name = "http", .routes = routes, .queries = queries, .settings = http_settings };
