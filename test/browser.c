/* browser.c: see browser.h. */
#include "browser.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>
#include "http/inside.h"
#include "test.h"

#define SITES_MAX   8
#define MEMBERS_MAX 64
#define COOKIES_MAX 20

/* ---- Who may do what, when no people feature is there to say --------------------------------- */

struct part_of { struct id account, community; enum role role; enum lang lang; };

struct site {
	struct house   *house;
	struct server  *server;
	struct arena    arena;
	struct settings *settings;
	struct server_options options;
	struct browser *browsers;       /* still open: the site closes them */
};

static struct part_of members[MEMBERS_MAX];
static size_t member_count;

static int member_standing(struct tx *tx, struct id account, struct id community, struct standing *ret)
{
	(void)tx;
	*ret = (struct standing){ ROLE_ACCOUNT, { 0 }, 0 };
	for (size_t i = 0; i < member_count; i++)
		if (members[i].account.n == account.n && members[i].community.n == community.n)
			ret->role = members[i].role;
	return 0;
}

static int member_account(struct tx *tx, struct id account, enum lang *ret)
{
	(void)tx;
	for (size_t i = 0; i < member_count; i++)
		if (members[i].account.n == account.n) {
			*ret = members[i].lang;
			return 0;
		}
	return E_NOT_FOUND;
}

static const struct identity member_identity = { member_standing, member_account };

void site_member(struct site *site, struct id account, struct id community, enum role role, enum lang lang)
{
	(void)site;
	assert_true(member_count < MEMBERS_MAX);
	members[member_count++] = (struct part_of){ account, community, role, lang };
}

void site_forget(struct site *site, struct id account)
{
	(void)site;
	for (size_t i = member_count; i-- > 0;)
		if (members[i].account.n == account.n)
			members[i] = members[--member_count];
}

/* ---- The server ------------------------------------------------------------------------------ */

/* "a=1 b=2" → --a=1 …, as the command line would have them. */
static void read_flags(struct site *site, const struct feature *const *features, const char *settings)
{
	const struct setting *tables[100] = { http_settings };
	for (size_t n = 1; *features && n + 1 < sizeof tables / sizeof *tables; features++)
		if ((*features)->settings && (*features)->settings != http_settings)
			tables[n++] = (*features)->settings;
	char *argv[40] = { (char *)(uintptr_t)"quntu", (char *)(uintptr_t)"--idle-timeout-s=600" };
	int argc = settings && strstr(settings, "idle_timeout_s") ? 1 : 2;       /* a busy machine is no silent client */
	struct str rest = str_of(settings), why = S("");
	while (rest.len > 0) {
		struct str value = str_cut(&rest, ' '), name = str_cut(&value, '=');
		char *flag = str_z(&site->arena, str_format(&site->arena, "--%.*s", STR(name)));
		for (char *c = flag + 2; *c; c++)
			*c = *c == '_' ? '-' : *c;
		argv[argc++] = flag;
		argv[argc++] = str_z(&site->arena, value);
	}
	if (settings_read(tables, "/nonexistent/quntu.conf", false, &argc, argv, LANG_EN, &site->arena, &site->settings, &why) < 0)
		fail_msg("settings: %.*s", STR(why));
}

struct site *site_open(struct house *house, const struct feature *const *features, const struct identity *identity,
                       const char *settings)
{
	struct site *site = calloc(1, sizeof *site);
	assert_non_null(site);
	assert_int_equal(secret_start(), 0);
	if (!identity)
		member_count = 0;
	arena_init(&site->arena, 1 << 20);
	site->house = house;
	read_flags(site, features, settings);
	site->options = (struct server_options){ identity ? identity : &member_identity, house->store, site->settings,
		features, 0, "127.0.0.1" };
	struct str why = S("");
	if (server_start(&site->options, &site->server, &site->arena, &why) < 0)
		fail_msg("server: %.*s", STR(why));
	limits_hold(site->server->limits, clock_steady());
	return site;
}

void site_close(struct site *site)
{
	while (site->browsers)
		browser_close(site->browsers);
	server_stop(site->server);
	arena_free(&site->arena);
	free(site);
}

struct server *site_server(struct site *site) { return site->server; }
const struct server_options *site_options(const struct site *site) { return &site->options; }
int site_port(const struct site *site) { return server_port(site->server); }

/* ---- A browser ------------------------------------------------------------------------------- */

struct cookie { char name[40]; char *value; };

struct browser {
	struct site   *site;
	struct arena   arena;
	CURL          *curl;
	struct cookie  cookies[COOKIES_MAX];
	size_t         cookie_count;
	char          *csrf, *bearer;
	struct curl_slist *once;
	struct browser *next;           /* among those of its site still open */
};

static pthread_mutex_t open_browsers = PTHREAD_MUTEX_INITIALIZER;

struct browser *browser_open(struct site *site)
{
	struct browser *b = calloc(1, sizeof *b);
	assert_non_null(b);
	b->site = site;
	b->curl = curl_easy_init();
	assert_non_null(b->curl);
	arena_init(&b->arena, 256 << 20);
	pthread_mutex_lock(&open_browsers);
	b->next = site->browsers;
	site->browsers = b;
	pthread_mutex_unlock(&open_browsers);
	return b;
}

static void leave_site(struct browser *b)
{
	pthread_mutex_lock(&open_browsers);
	struct browser **at = &b->site->browsers;
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	pthread_mutex_unlock(&open_browsers);
}

void browser_close(struct browser *b)
{
	leave_site(b);
	for (size_t i = 0; i < b->cookie_count; i++)
		free(b->cookies[i].value);
	curl_slist_free_all(b->once);
	curl_easy_cleanup(b->curl);
	free(b->csrf);
	free(b->bearer);
	arena_free(&b->arena);
	free(b);
}

void browser_csrf(struct browser *b, const char *word)
{
	char *copy = word ? strdup(word) : NULL;
	free(b->csrf);
	b->csrf = copy;
}

struct str browser_csrf_word(const struct browser *b) { return str_of(b->csrf); }

void browser_cookie(struct browser *b, const char *name, const char *value)
{
	size_t i = 0;
	while (i < b->cookie_count && strcmp(b->cookies[i].name, name) != 0)
		i++;
	if (i < b->cookie_count)
		free(b->cookies[i].value);
	if (!value || !*value) {
		if (i < b->cookie_count)
			b->cookies[i] = b->cookies[--b->cookie_count];
		return;
	}
	assert_true(i < COOKIES_MAX);
	snprintf(b->cookies[i].name, sizeof b->cookies[i].name, "%s", name);
	b->cookies[i].value = strdup(value);
	b->cookie_count += i == b->cookie_count;
}

struct str browser_cookie_value(const struct browser *b, const char *name)
{
	for (size_t i = 0; i < b->cookie_count; i++)
		if (strcmp(b->cookies[i].name, name) == 0)
			return str_of(b->cookies[i].value);
	return S("");
}

void browser_bearer(struct browser *b, struct str token)
{
	free(b->bearer);
	b->bearer = strndup(token.at, token.len);
	while (b->cookie_count)
		browser_cookie(b, b->cookies[0].name, NULL);
	browser_csrf(b, NULL);
}

void browser_header(struct browser *b, const char *line)
{
	b->once = curl_slist_append(b->once, line);
}

struct signing { struct browser *browser; struct id account; struct session_made made; };

static int sign_in(struct tx *tx, void *arg)
{
	struct signing *s = arg;
	return session_make(tx, &s->browser->site->server->keys, s->account, S("127.0.0.1"), S("test"), &s->made);
}

struct id browser_sign_in(struct browser *b, struct id account)
{
	struct signing s = { .browser = b, .account = account };
	assert_int_equal(store_write(b->site->house->store, (struct id){ 0 }, &b->arena, sign_in, &s), 0);
	browser_cookie(b, "quntu_session", s.made.cookie);
	browser_csrf(b, str_z(&b->arena, csrf_word(&b->site->server->keys, 's', s.made.id, &b->arena)));
	return s.made.id;
}

void browser_visit(struct browser *b, struct id visitor)
{
	const struct keys *keys = &b->site->server->keys;
	browser_cookie(b, "quntu_visitor", str_z(&b->arena, visitor_cookie(keys, visitor, &b->arena)));
	browser_csrf(b, str_z(&b->arena, csrf_word(keys, 'v', visitor, &b->arena)));
}

/* ---- Asking ---------------------------------------------------------------------------------- */

struct taking { struct browser *browser; struct reply *reply; struct buf body; };

static size_t take_bytes(char *at, size_t size, size_t count, void *ctx)
{
	struct taking *t = ctx;
	buf_add(&t->body, at, size * count);
	return size * count;
}

/* "quntu_session=…; Path=/; …" into the jar. */
static void take_cookie(struct browser *b, struct str line)
{
	struct str pair = str_cut(&line, ';'), name = str_trim(str_cut(&pair, '='));
	browser_cookie(b, str_z(&b->arena, name), str_z(&b->arena, pair));
}

static size_t take_header(char *at, size_t size, size_t count, void *ctx)
{
	struct taking *t = ctx;
	struct str value = str_trim((struct str){ at, size * count }), name = str_cut(&value, ':');
	struct reply *r = t->reply;
	if (str_starts(name, S("HTTP/")))
		r->header_count = 0;                    /* after a 100 Continue */
	if (str_starts(name, S("HTTP/")) || name.len == 0 || r->header_count == 40)
		return size * count;
	struct arena *arena = &t->browser->arena;
	r->headers[r->header_count++] = (struct header){ str_copy(arena, name), str_copy(arena, str_trim(value)) };
	if (str_equal_fold(name, S("Set-Cookie")))
		take_cookie(t->browser, str_trim(value));
	return size * count;
}

static struct curl_slist *headers_for(struct browser *b, const char *method, const char *type)
{
	struct curl_slist *list = b->once;
	b->once = NULL;
	if (b->cookie_count > 0) {
		BUF_SCOPED line;
		buf_init(&line, 64 * 1024);
		buf_z(&line, "Cookie: ");
		for (size_t i = 0; i < b->cookie_count; i++)
			buf_format(&line, "%s%s=%s", i ? "; " : "", b->cookies[i].name, b->cookies[i].value);
		buf_byte(&line, '\0');
		list = curl_slist_append(list, line.at);
	}
	if (b->csrf && strcmp(method, "GET") != 0)
		list = curl_slist_append(list, str_z(&b->arena, str_format(&b->arena, "X-Quntu-CSRF: %s", b->csrf)));
	if (b->bearer)
		list = curl_slist_append(list, str_z(&b->arena, str_format(&b->arena, "Authorization: Bearer %s", b->bearer)));
	if (type)
		list = curl_slist_append(list, str_z(&b->arena, str_format(&b->arena, "Content-Type: %s", type)));
	return list;
}

static void set_up(struct browser *b, const char *method, const char *path, struct taking *t)
{
	char url[8192];
	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", site_port(b->site), path);
	curl_easy_reset(b->curl);
	curl_easy_setopt(b->curl, CURLOPT_URL, url);
	curl_easy_setopt(b->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(b->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(b->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(b->curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE);
	curl_easy_setopt(b->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(b->curl, CURLOPT_NOBODY, (long)(strcmp(method, "HEAD") == 0));
	curl_easy_setopt(b->curl, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(b->curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(b->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(b->curl, CURLOPT_HEADERDATA, t);
}

/* A reply that hands out the word is listened to, as a page's script would. */
static void learn_csrf(struct browser *b, const struct reply *r)
{
	struct str word = json_at(r, "csrf").len ? json_at(r, "csrf") : json_at(r, "me.csrf");
	if (word.len > 0)
		browser_csrf(b, str_z(&b->arena, word));
}

static struct reply perform(struct browser *b, const char *method, const char *path, const char *type, struct str body,
                            curl_mime *mime)
{
	struct reply reply = { .arena = &b->arena };
	struct taking t = { .browser = b, .reply = &reply };
	buf_init(&t.body, 64 << 20);
	set_up(b, method, path, &t);
	if (mime) {
		curl_easy_setopt(b->curl, CURLOPT_MIMEPOST, mime);
	} else if (body.at) {
		curl_easy_setopt(b->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
		curl_easy_setopt(b->curl, CURLOPT_POSTFIELDS, body.at);
	}
	struct curl_slist *headers = headers_for(b, method, type);
	curl_easy_setopt(b->curl, CURLOPT_HTTPHEADER, headers);
	CURLcode code = curl_easy_perform(b->curl);
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		fail_msg("%s %s: %s", method, path, curl_easy_strerror(code));
	long status = 0;
	curl_easy_getinfo(b->curl, CURLINFO_RESPONSE_CODE, &status);
	reply.status = (int)status;
	reply.body = str_copy(&b->arena, buf_view(&t.body));
	buf_free(&t.body);
	learn_csrf(b, &reply);
	return reply;
}

struct reply ask(struct browser *b, const char *method, const char *path, const char *type, struct str body)
{
	return perform(b, method, path, type, body, NULL);
}

struct reply get(struct browser *b, const char *path)
{
	return ask(b, "GET", path, NULL, (struct str){ 0 });
}

struct reply post(struct browser *b, const char *path, const char *json)
{
	return ask(b, "POST", path, "application/json", json ? str_of(json) : S(""));
}

struct reply put(struct browser *b, const char *path, const char *json)
{
	return ask(b, "PUT", path, "application/json", json ? str_of(json) : S(""));
}

struct reply patch(struct browser *b, const char *path, const char *json)
{
	return ask(b, "PATCH", path, "application/json", json ? str_of(json) : S(""));
}

struct reply del(struct browser *b, const char *path)
{
	return ask(b, "DELETE", path, NULL, (struct str){ 0 });
}

struct reply post_form(struct browser *b, const char *path, const char *form)
{
	return ask(b, "POST", path, "application/x-www-form-urlencoded", str_of(form));
}

struct reply post_multipart(struct browser *b, const char *path, const struct part *parts)
{
	curl_mime *mime = curl_mime_init(b->curl);
	for (; parts->name; parts++) {
		curl_mimepart *p = curl_mime_addpart(mime);
		curl_mime_name(p, parts->name);
		curl_mime_data(p, parts->bytes.len ? parts->bytes.at : "", parts->bytes.len);
		if (parts->filename)
			curl_mime_filename(p, parts->filename);
	}
	struct reply r = perform(b, "POST", path, NULL, (struct str){ 0 }, mime);
	curl_mime_free(mime);
	return r;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct str header_of(const struct reply *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (str_equal_fold(r->headers[i].name, str_of(name)))
			return r->headers[i].value;
	return S("");
}

static const json_t *walk(const json_t *at, struct str path)
{
	while (at && path.len > 0) {
		char name[100];
		int64_t index;
		struct str step = str_cut(&path, '.');
		snprintf(name, sizeof name, "%.*s", STR(step));
		bool item = json_is_array(at) && str_to_int(step, &index);
		at = item ? json_array_get(at, (size_t)index) : json_object_get(at, name);
	}
	return at;
}

static json_t *load(const struct reply *r)
{
	return r->body.len > 0 ? json_loadb(r->body.at, r->body.len, 0, NULL) : NULL;
}

struct str json_at(const struct reply *r, const char *path)
{
	json_t *root = load(r);
	const json_t *at = walk(root, str_of(path));
	struct str found = S("");
	if (json_is_string(at))
		found = str_copy(r->arena, (struct str){ json_string_value(at), json_string_length(at) });
	else if (json_is_integer(at))
		found = str_format(r->arena, "%lld", (long long)json_integer_value(at));
	else if (json_is_boolean(at))
		found = json_is_true(at) ? S("true") : S("false");
	else if (json_is_null(at))
		found = S("null");
	json_decref(root);
	return found;
}

size_t json_length(const struct reply *r, const char *path)
{
	json_t *root = load(r);
	size_t n = json_array_size(walk(root, str_of(path)));
	json_decref(root);
	return n;
}

/* ---- Raw bytes ------------------------------------------------------------------------------- */

int raw_open(struct site *site)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)site_port(site)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)(void *)&at, sizeof at), 0);
	return fd;
}

void raw_send(int fd, const char *text)
{
	for (size_t len = strlen(text); len > 0;) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;                         /* closed: what comes back will tell */
		text += n, len -= (size_t)n;
	}
}

struct str raw_read(int fd, char *room, size_t size, const char *until)
{
	size_t len = 0;
	int64_t end = clock_steady() + PATIENCE, left;
	while (len < size && (left = end - clock_steady()) > 0 && !raw_silent(fd, left)) {
		ssize_t n = recv(fd, room + len, size - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (until && memmem(room, len, until, strlen(until)))
			break;
	}
	return (struct str){ room, len };
}

bool raw_silent(int fd, int64_t ms)
{
	struct pollfd p = { fd, POLLIN, 0 };
	return poll(&p, 1, (int)ms) == 0;
}

bool raw_untold(int fd)
{
	char room[4000];
	int64_t end = clock_steady() + A_WHILE, left;
	while ((left = end - clock_steady()) > 0 && !raw_silent(fd, left)) {
		ssize_t n = recv(fd, room, sizeof room, 0);
		if (n <= 0 || memmem(room, (size_t)n, "event:", 6))
			return false;
	}
	return true;
}
