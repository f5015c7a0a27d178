/* http.h: what a feature declares about itself, and what a handler may do.
 *
 * Story      A request arrives; the router finds its route, checks session, role, CSRF and size, reads the input
 *            into the route's struct, runs the handler inside a transaction and writes its output by descriptor.
 *            A handler only translates: it calls an action and fills `out`.
 * Threads    Everything that touches the store runs on a store thread while the connection waits; the
 *            network thread never waits. A write is answered only after its commit.
 * Phases     `ready` (optional) runs first, in a read transaction on a reader: slow work (hashing a password, reading a
 *            picture, drawing a PDF) belongs there, never in a write. What it learns it leaves in rq->kept.
 *            `handle` then runs in a write transaction for every method but GET (and for a GET marked `writes`).
 *            Because an action may run again, `handle` starts from `in` and `kept` alone.
 * Paths      "/tags/{id}": community routes, served below /api/c/{community}; roles READER and up.
 *            Anything that begins with "/api/", "/g/", "/t/" … is literal: roles PUBLIC, VISITOR, ACCOUNT.
 *            At most one {id} (a number → path_id) or {name} (any other word → path_text) besides the community.
 * Limits     An account may be limited to named groups (rq->only). A list then filters by it in its query; a route with a
 *            hole, and every write, says who sees the thing: `sees`. One that says nothing is closed to limited accounts.
 * Programs   `.api = "members"` in a feature opens its community routes to API tokens with the scopes members:read (GET) and
 *            members:write (the rest): bearer.c. Without it they are for people at the console alone.
 * Holds      Identity comes only from the signed session or visitor cookie, or from an API token. A GET runs read queries
 *            only, unless it is marked `writes` (a scan is a GET that counts). Every body has a maximum.
 */
#pragma once
#include "base/secret.h"
#include "base/setting.h"
#include "store/store.h"

enum role {
	ROLE_PUBLIC,                              /* anybody */
	ROLE_VISITOR,                             /* anybody,
		with a signed visitor cookie (made on first sight); POST needs its CSRF word */
	ROLE_ACCOUNT,                             /* signed in */
	ROLE_READER,                              /* in this community from here on */
	ROLE_HOST, ROLE_REVIEWER,                 /* two steps aside: readers, and what a route opens to them by `also` */
	ROLE_OPERATOR, ROLE_ADMIN, ROLE_OWNER     /* each including all before */
};
#define ALSO(role) (1u << (role))
/* "reader"; ROLE_ACCOUNT for what is no role in a community. */
const char *role_word(enum role);
enum role   role_of_word(struct str);

struct request {
	struct tx     *tx;
	struct arena  *arena;
	struct id      community, account;        /* 0 where the route has none */
	enum role      role;                      /* what this account is here */
	struct id      only;                      /* this account sees only its own groups (its rows in staff_group); 0: it sees all */
	struct id      visitor;                   /* ROLE_VISITOR: who the cookie says */
	bool           visitor_is_new;            /* the cookie was made for this request */
	struct id      session;
	struct id      token;                     /* a program asks, with this API token of `account`; 0: a person in a browser */
	struct id      path_id;
	struct str     path_text;
	enum lang      lang;                      /* asked for by account, cookie or Accept-Language */
	struct str     user_agent, address;       /* address of the client, behind trusted proxies too */
	struct str     origin;                    /* "https://host" under which this server is met: setting public_url or Host */
	bool           head;                      /* HEAD: the answer will be thrown away */
	bool           local;                     /* came from this machine, not through a proxy */
	bool           proxy_ignored;             /* a proxy says it passed this on, and is not among trusted_proxies */
	void          *kept;                      /* from `ready` to `handle` */
	struct complaint complaint;               /* say more about a failure: rq_complain */
	struct str     csrf;                      /* ask rq_csrf() */
	struct str     referer;
	struct connection *connection;            /* the server's */
	const struct feature *const *features;    /* of a request without one (within.h): ask rq_features() */
};

/* A reply that is not JSON. Zero means: 200, no file name, not cached. */
struct body {
	struct str  bytes;                        /* in the request's arena, static, or lent (rq_lend) */
	const char *type;                         /* "image/png" */
	int         status;
	struct str  filename;                     /* offered as a download under this name */
	struct str  location;                     /* of a redirect */
	int64_t     max_age;                      /* seconds; -1: for ever, the address changes with the content */
	struct str  etag;                         /* names the bytes; who has them already is told so (304) */
	bool        live;                         /* no bytes but a stream of news (text/event-stream) … */
	struct id   watch, within;                /* … of this object alone, and of what it is part of, for visitors; 0: of the whole
	                                           * community, for staff */
};

/* A page of a list. `total` < 0: not counted; `at_least`: there are so many or more. `next`: pass back as ?after= for the
 * next page; empty on the last. */
struct page { struct rows rows; int64_t total; struct str next; bool at_least; };

typedef int handler(struct request *, const void *in, void *out);

enum output { OUT_JSON, OUT_PAGE, OUT_BODY, OUT_NONE };   /* struct of `out`; struct page; struct body; nothing (204).
                                                           * A body of JSON written by hand still names its row, for the docs. */

struct route {
	const char       *method, *path;
	enum role         role;
	handler          *handle;
	const struct row *in, *out;               /* in: from JSON, form or multipart (by Content-Type), or the query string of a GET */
	const char       *help;                   /* English, one sentence, for docs and OpenAPI */
	enum output       output;
	handler          *ready;
	bool              writes;                 /* a GET that counts */
	int64_t           body_max;               /* bytes; 0: 64 KiB */
	const char       *makes;                  /* media type of OUT_BODY, for the docs */
	bool              closed_too;             /* a change that an ended or archived community takes, too */
	bool              no_csrf;                /* sign-in and set-up: there is no session yet (Origin is checked all the same) */
	unsigned          also;                   /* ALSO(ROLE_REVIEWER): roles aside of the ladder that may, too */
	bool              raw;                    /* the body is taken as it comes (rq_raw), in no Content-Type of ours */
	int             (*sees)(struct request *);/* asked for limited accounts: 0, or E_NOT_FOUND: what stands in the hole is
	                                           * not theirs; NULL, and a hole or a write: E_FORBIDDEN */
};

bool route_allows(const struct route *, enum role);
/* sees: a thing of all groups, or the handler looks for itself. */
int  sees_all(struct request *);

/* ---- What a handler may do ---- */

/* Return this: the code, and which field. `return rq_complain(rq, E_NAME_TAKEN, S("name"));` */
int  rq_complain(struct request *, int code, struct str field);
/* What came, byte by byte, for routes marked `raw`: callbacks whose signature covers the very bytes. */
struct raw { struct str query, type, authorization, signature, self_id; struct blob body; };
void rq_raw(struct request *, struct raw *ret);
/* The word this session or visitor must send back with every change; made when it is first asked for. */
struct str rq_csrf(struct request *);
/* A list by id: when `page` came out full (`limit` rows), its next page is after the last row's field "id". */
void page_end(struct request *, struct page *, const struct row *, int64_t limit);
/* Begin or end a session; the cookie leaves with the reply, if the transaction commits. */
int  rq_sign_in(struct request *, struct id account);
int  rq_sign_out(struct request *);
/* What is declared here: for those who ask every feature (what is known of a person). */
const struct feature *const *rq_features(struct request *);
/* From now on this browser is somebody new: another number, another cookie, another word. The cookie leaves with the
 * reply. For whoever has just been erased. */
void rq_renew_visitor(struct request *);
/* A new API token, and the hash by which it is known (identity->bearer). It is nowhere else: show it now. */
struct str rq_bearer_make(struct request *, struct str *ret_hash);
/* Key for a feature's own MACs, derived from the server's root secret. */
const struct key *rq_key(struct request *);
/* What the administrator set; NULL for a request that came through no server (within.h). */
const struct settings *rq_settings(struct request *);
/* The bytes of this reply's body are somebody's who wants them back: `back` is called once, when the reply has left or never will, on any
 * thread. false: there is no reply (within.h), and they stay whose they are. */
bool rq_lend(struct request *, void (*back)(void *), void *lent);
/* Attempts per key ("login 1.2.3.4"), counted in this process: false when `most` in `window_ms` are used up. */
bool rq_allow(struct request *, struct str key, int most, int64_t window_ms);
/* Where an account is signed in, newest use first: rows of struct session_line, at most 100. */
struct session_line { struct id id; struct instant created_at, seen_at, expires_at; struct str address, user_agent; bool current; };
extern const struct row row_session_line;
int  session_list(struct request *, struct id account, struct rows *ret);
/* End one session of this account: E_NOT_FOUND. Part of the caller's transaction, as is the next. */
int  session_end_one(struct tx *, struct id account, struct id session);
/* End every session of an account but this one (0: all). */
int  session_end_all(struct tx *, struct id account, struct id but_session);

/* Live streams: tell the browsers that watch this community that `topic` changed (they ask again). Any thread. */
struct server;
void live_tell(struct server *, struct id community, const char *topic);
/* Tell the visitors who watch this object (struct body: watch); 0: everybody who watches anything of this community. */
void live_tell_of(struct server *, struct id community, struct id object);
/* The same of something that belongs to it: whoever only watches a part of it (struct body: within) is left alone. */
void live_tell_inside(struct server *, struct id community, struct id subject);
/* Does anybody watch this community through this process? */
bool live_watched(struct server *, struct id community);

/* ---- Events and jobs (see engine/) ---- */

struct event_kind { const char *name, *help, *topic; };     /* topic: what browsers that watch are told, may be NULL */
struct follower;                                  /* engine/event/event.h */
struct job_kind;                                  /* engine/jobs/jobs.h */
struct member_place;                              /* people/merge.h */
struct trigger_kind;                              /* automation/act.h */
struct act_kind;                                  /* automation/act.h */
struct examination;                               /* engine/doctor/doctor.h */

/* ---- A feature ---- */

struct feature {
	const char                     *name;
	const char                     *api;          /* first word of the scopes that open its community routes to API tokens; NULL: closed */
	const struct route             *routes;       /* ends with a NULL method */
	const struct query *const      *queries;      /* ends with NULL */
	const struct event_kind        *events;       /* ends with a NULL name; may be NULL, as the rest */
	const struct follower          *followers;
	const struct job_kind          *jobs;
	const struct setting           *settings;
	const struct personal          *personal;     /* http/personal.h: what is kept about people; ends with NULL tables */
	const struct member_place      *places;       /* people/merge.h: rows that follow a member into another; ends with a NULL name */
	const struct trigger_kind      *triggers;     /* automation/act.h: events an automation may begin with; ends with a NULL event */
	const struct act_kind          *acts;         /* automation/act.h: what an automation may do; ends with a NULL name */
	const struct examination       *examinations; /* engine/doctor/doctor.h: what goes wrong here, looked at; ends with a NULL name */
	/* Is the store in order? Adds findings for `quntu check` (balances that do not add up, orphans). */
	int                           (*audit)(struct tx *, void (*found)(void *, const char *what), void *ctx);
};

/* ---- The server ---- */

/* What an account is in a community. ROLE_ACCOUNT: it has no part in it (the router then answers 404: it does not exist for
 * them). `only`: as in the request. `refused`: a code that every request of theirs here gets, or 0. */
struct standing { enum role role; struct id only; int refused; };

/* Who may do what is people/'s knowledge; the router asks through this. All run inside the request's transaction. */
struct bearer {                                   /* what an API token says */
	struct id   token, account, community;    /* `account`: its maker's */
	enum role   role;                         /* of its maker then: it is never more */
	struct id   only;                         /* it sees only its own groups: rows of staff_group under this number; 0: as its maker */
	struct rows scopes;                       /* of struct text_item: "groups:read" */
	bool        beyond;                       /* of its groups its maker sees one no longer */
	bool        stale;                        /* its last use was written long enough ago */
};

struct identity {
	int (*standing)(struct tx *, struct id account, struct id community, struct standing *ret);
	/* Language the account chose; LANG_ZH otherwise. E_NOT_FOUND: the account is gone or disabled, its sessions are void. */
	int (*account)(struct tx *, struct id account, enum lang *ret);
	/* May anything be changed in this community now? 0, or why not. May be NULL. */
	int (*changeable)(struct tx *, struct id community);
	/* The API token with this hash: 0, or E_TOKEN_UNKNOWN, E_TOKEN_EXPIRED, E_TOKEN_REVOKED. May be NULL: there are none. */
	int (*bearer)(struct tx *, struct str hash, struct bearer *ret);
	int (*bearer_used)(struct tx *, struct id token, struct str address);
};

/* Every scope there is, in the order of the features: rows of struct text_item. */
#define SCOPES_MOST 60
struct rows scopes_of(const struct feature *const *, struct arena *);

struct server_options {
	const struct identity         *identity;
	struct store                  *store;
	const struct settings         *settings;
	const struct feature *const   *features;      /* ends with NULL */
	int                            port;          /* 0: a free one */
	const char                    *listen;        /* address */
	enum lang                      lang;          /* of the sentence that says why it does not start */
};

/* This room's own part: live streams, /api/openapi.json, the session table's queries, http_settings. List it first. */
extern const struct feature feature_http;
extern const struct setting http_settings[];

/* The root secret, made at first open and kept in the store for good. */
int server_secret(struct store *, struct key *ret);
/* What a server is known by (/api/state): the same for all processes of a store. `features`: rq_key or server_feature_key. */
#define SERVER_NAME 10
void server_name(const struct key *features, char ret[SERVER_NAME + 1]);
/* What rq_key answers, for jobs. */
int server_feature_key(struct store *, struct key *ret);
/* The same inside a transaction. */
int tx_feature_key(struct tx *, struct key *ret);
/* What the browsers of visitors `first`, first + 1 … send along: the value of their cookie quntu_visitor, and the word of
 * every write. For benches, which come as many phones. */
struct phone_words { struct str cookie, word; };
int server_phones(struct store *, struct id first, size_t count, struct arena *, struct phone_words *ret);

int  server_start(const struct server_options *, struct server **ret, struct arena *, struct str *ret_why);
int  server_port(const struct server *);
void server_stop(struct server *);                /* lets requests in flight finish */

/* The OpenAPI document, and docs/routes.md, from the route rows. */
void openapi_write(struct buf *, const struct feature *const *);
void routes_write(struct buf *, const struct feature *const *);
