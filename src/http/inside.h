/* inside.h: what the files of this room say to each other; nobody else includes it (tests do).
 *
 * Story      The network thread, which runs MHD, owns every `struct connection` and the server's free list of them. It
 *            lends one to a store thread and gets it back through the server's list of those that came back: at any
 *            moment exactly one thread touches a connection, so there are no locks on the way of a request.
 * Waiting    While a connection is lent, MHD either has it suspended, or (a write, whose commit is a moment away) asks
 *            it again at each of its looks: suspending and resuming cost four system calls, asking costs none. Only
 *            the latter can lose its client meanwhile, and MHD's memory with it: so what a request says is copied.
 * Together   Writes that one look of MHD brings are handed to the store together, and those that one commit saved come
 *            back together: a thread is woken once for a batch. One by one, each would be woken for the first of them,
 *            run off with it alone, and every batch would be a small one with a commit and a sync of its own.
 * Order      heads.c what the client said about itself → router.c which route → session.c, visitor.c, csrf.c who →
 *            params.c with what → life.c the phases → reply.c, error.c, static.c, sse.c the answer.
 */
#pragma once
#include <stdatomic.h>
#include <pthread.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <microhttpd.h>
#include "base/form.h"
#include "http/http.h"
#include "http/static.h"

#define BODY_DEFAULT    (64 * 1024)               /* body_max of a route that says nothing; parsed at once */
#define BODY_MOST       (64 * 1024 * 1024)        /* no route may allow more */
#define REPLY_MOST      (32 * 1024 * 1024)        /* JSON of one reply */
#define ARENA_MOST      (192 * 1024 * 1024)       /* a body, its copy and what is drawn from it */
#define KEEP_BYTES      (16 * 1024)               /* buffers up to this size stay for the next request */
#define BODY_DEADLINE   (60 * SECOND)             /* a whole body, however steadily it drips */
#define HEAD_DEADLINE   (60 * SECOND)             /* likewise the headers */
#define MHD_MEMORY      (16 * 1024)               /* headers of a request: past it MHD says 431; zeroed each time */
#define ADDRESS_TEXT    46

/* ---- Who is at the other end: addr.c ---------------------------------------------------------- */

struct network { unsigned char bytes[16]; int bits; };           /* IPv4 as ::ffff:a.b.c.d */

#define TRUSTED_MAX 32
struct trusted { struct network at[TRUSTED_MAX]; size_t count; };

bool network_parse(struct str text, struct network *ret);        /* "10.0.0.0/8", "::1" */
bool network_holds(const struct network *, const unsigned char address[16]);
bool trusted_parse(struct str list, struct trusted *ret);        /* separated by commas or spaces */
bool trusted_holds(const struct trusted *, struct str address);
/* The right-most entry of X-Forwarded-For that is no trusted proxy; `peer` when there is none. */
struct str client_address(const struct trusted *, struct str peer, struct str forwarded_for);

/* One TCP connection. */
struct peer {
	struct peer     *next, *prev;
	int              fd;
	char             address[ADDRESS_TEXT];
	bool             loopback, trusted;
	_Atomic int64_t  deadline;                /* clock_steady() at which it is cut; 0: none */
};
bool peer_name(struct peer *, const struct sockaddr *, const struct trusted *);

/* ---- Headers of a request: heads.c --------------------------------------------------------------- */

struct heads {                                    /* copies in the request's arena */
	struct str host, cookie, user_agent, referer, type, accept, language, encoding, origin, csrf, fetch_site,
	           none_match, once, authorization, signature, self_id, forwarded_for, forwarded_proto, forwarded_host;
	bool       forwarded;                     /* any header that a proxy adds */
	bool       expects, chunked, odd_length;
	int64_t    length;                        /* Content-Length; -1: none */
};

void heads_read(struct MHD_Connection *, struct arena *, struct heads *ret);
/* The next cookie of that name in a Cookie header; *at is where to go on, 0 at first. */
bool cookie_next(struct str header, struct str name, size_t *at, struct str *ret);
enum lang lang_of(struct str cookie, struct str accept_language);
bool host_valid(struct str);
bool host_is_local(struct str);

/* ---- Routes: router.c ----------------------------------------------------------------------------- */

enum method { GET, HEAD, POST, PUT, PATCH, DELETE, OTHER };
enum method method_of(struct str);

#define SEGMENTS_MAX 10
struct segment { struct str text; enum { LITERAL, COMMUNITY, NUMBER, WORD } kind; };

struct compiled {
	const struct route *route;
	struct compiled    *next;                 /* in its bucket: fewer holes first */
	enum method         method;
	bool                in_community;
	const char         *api;                  /* its feature's; NULL: closed to API tokens */
	size_t              count;
	struct segment      segments[SEGMENTS_MAX];
};

#define BUCKETS 512
struct router { struct compiled *buckets[BUCKETS]; struct compiled *all; size_t count; };

struct match { const struct compiled *compiled; struct id community, path_id; struct str path_text; char allow[40]; };

/* 0, or E_INVALID with *ret_why naming the route: a clash, a bad pattern, a role that does not go with its path. */
int  router_make(struct router *ret, const struct feature *const *, struct arena *, struct str *ret_why);
void router_free(struct router *);
/* 0; E_NOT_FOUND; E_METHOD with ret->allow; E_UTF8 for a path that is none. `path` as sent, without the query. */
int  router_match(const struct router *, enum method, struct str path, struct arena *, struct match *ret);
/* "/api/c/{community}/tags/{id}" for people and OpenAPI. */
void route_path(struct buf *, const struct route *);
/* First words of addresses that people meet without signing in: live codes, vouchers, files, campaigns,
 * the passport. */
#define PEOPLES_PATHS "g v f t w r me erased"
bool route_in_community(const struct route *);

/* ---- Who: session.c, visitor.c, csrf.c -------------------------------------------------------------- */

struct keys { struct key session, visitor, csrf, bearer, feature; };
void keys_make(struct keys *ret, const struct key *root);                /* secret.c */

#define TOKEN_TEXT   43                           /* 32 random bytes in base64url */
#define COOKIE_TEXT  (TOKEN_TEXT + 1 + MAC_TEXT)
#define SESSION_LIFE (30 * DAY)
#define SEEN_STEP    HOUR                         /* seen_at is written at most this often */

struct connection;
struct session { struct id id, account; struct instant seen_at, expires_at; };

struct session_made { struct id id; char cookie[COOKIE_TEXT + 1]; };

/* The token inside a genuine cookie; false: nobody needs to ask the store. */
bool session_token(const struct keys *, struct str cookie_header, struct str *ret);
int  session_find(struct tx *, struct str token, struct session *ret);           /* E_NOT_FOUND: unknown or expired */
int  session_make(struct tx *, const struct keys *, struct id account, struct str address, struct str user_agent,
                  struct session_made *ret);
int  session_end(struct tx *, struct id session);
int  session_touch(struct tx *, struct id session);                              /* slides its end */
bool session_stale(const struct session *, struct instant now);                  /* time to touch it? */

bool visitor_read(const struct keys *, struct str cookie_header, struct id *ret);
struct str visitor_cookie(const struct keys *, struct id, struct arena *);       /* "id.mac" */

/* The word that a page must send back with every write. */
struct str csrf_word(const struct keys *, char kind, struct id who, struct arena *);   /* kind: 's'ession, 'v'isitor */
/* An API token: "qt_", random letters, and a seal over them. */
#define BEARER_TEXT 43
void bearer_word(const struct keys *, char ret[BEARER_TEXT + 1]);
struct str bearer_hash(struct str token, struct arena *);
int  bearer_read(struct connection *);                            /* at the headers: none, a good one, or why not */
int  bearer_recognise(struct connection *);                       /* in the transaction: whose */
int  bearer_narrow(struct connection *, struct standing *);       /* its maker's standing becomes its own; then the scope */
int  once_before(struct connection *);                            /* 1: it was answered before; c->reply is what was said */
int  once_after(struct connection *);
bool route_open_to_tokens(const struct feature *, const struct route *);
bool csrf_same_site(struct str origin, struct str own_origin, struct str fetch_site);

/* ---- Limits: limits.c --------------------------------------------------------------------------------- */

struct limits_table;
struct limits_table *limits_make(void);                           /* NULL: out of memory */
void limits_free(struct limits_table *);
/* Tests: it is `now` from here on, so that no bucket fills again on a slow machine; 0: time goes on. */
void limits_hold(struct limits_table *, int64_t now);
bool limits_allow(struct limits_table *, struct str key, int most, int64_t window_ms, int64_t now);
/* The same; 0, or how long until there is room again. */
int64_t limits_wait(struct limits_table *, struct str key, int most, int64_t window_ms, int64_t now);

/* ---- Live streams: sse.c -------------------------------------------------------------------------------- */

#define LIVE_MOST       500
#define LIVE_PER_ACCOUNT 10
#define LIVE_VISITORS   6000                      /* streams of visitors, half of the connections at most; whoever finds no place asks now
                                                   * and then instead */
#define LIVE_PER_VISITOR   2
#define LIVE_PER_ADDRESS 100                      /* a whole office may share one */
#define LIVE_PING       (20 * SECOND)

struct live;
struct live *live_make(void);
void live_free(struct live *);                                    /* after every stream has ended */
int  live_reply(struct connection *, struct id watch, struct id within, struct MHD_Response **ret);    /* E_BUSY, E_MEMORY */
void live_tick(struct server *, int64_t now);                     /* pings, and checks whose session has ended */
void live_leave(struct connection *);                             /* its request is over */
void live_stop(struct live *);                                    /* every stream ends */
handler live_open;

/* ---- One request ------------------------------------------------------------------------------------------ */

enum stage { AT_HEADERS, AT_BODY, AT_REPLY };
enum phase { PHASE_READY, PHASE_HANDLE };

struct connection {
	struct request         rq;                /* first: what handlers see */
	struct connection     *next;              /* in the free list, or the list of those that came back */
	struct server         *server;
	struct MHD_Connection *mhd;
	struct peer           *peer;
	struct arena           arena;
	struct work            work;
	struct buf             body, reply;
	enum stage             stage;
	enum phase             phase;
	bool                   lane;              /* ends in a write transaction */
	enum method            method;
	struct heads           heads;
	struct str             path, query;
	struct match           match;
	const struct route    *route;             /* NULL: a file, or nothing */
	const struct embedded *file;
	size_t                 swallowed;         /* bytes of body seen, kept or not */
	enum lang              lang_asked;        /* by cookie or header; the account's own wins */
	int                    refused;           /* known at the headers; said when the body has gone by */
	int64_t                body_max;
	int                    result;
	/* lent: the network thread's notes */
	bool                   in_place;          /* MHD keeps asking; else it has it suspended */
	bool                   back;              /* the store has finished */
	bool                   orphan;            /* the client left meanwhile: nobody to answer */
	/* input */
	bool                   parsed;
	int                    parse_result;
	struct complaint       parse_complaint;
	void                  *in;
	struct str             csrf_sent;
	/* identity */
	struct str             token;             /* of a session cookie whose seal is good */
	bool                   by_program;        /* an API token was sent: cookies do not count */
	struct str             bearer_hash;
	struct bearer          bearer;
	int64_t                retry_after_s;     /* > 0: said with 429 */
	struct id              visitor_known, visitor_made;
	bool                   https, touch;
	/* outcome of the last run of the action */
	void                  *out;
	struct str             set_session, set_visitor;      /* values of Set-Cookie */
	struct stream         *stream;            /* sse.c */
	void                 (*lent_back)(void *);     /* rq_lend */
	void                  *lent_bytes;
};

static inline struct connection *connection_of(struct request *rq) { return rq->connection; }

struct server {
	struct MHD_Daemon             *daemon;
	struct store                  *store;
	const struct identity         *identity;
	const struct feature *const   *features;
	const struct settings         *settings;
	struct router                  router;
	struct keys                    keys;
	struct trusted                 trusted;
	struct limits_table           *limits;
	struct live                   *live;
	struct files                  *files;
	struct str                     public_origin;    /* empty: Host says */
	int                            port, idle_timeout_s, api_per_minute;
	struct connection             *free;             /* the network thread's */
	size_t                         in_place;         /* … too: connections that wait so */
	bool                           answered;         /* … too: one of them has a reply to send */
	struct work                   *gathered, **gathered_last;        /* … too: writes of this look, not yet handed over */
	_Atomic(struct connection *)   came_back;        /* from the store; newest first */
	_Atomic int64_t                head_deadline, body_deadline;     /* tests are in a hurry */
	_Atomic int64_t                clock;            /* clock_steady(), renewed by the keeper each half second */
	_Atomic int                    active;           /* requests begun and not completed */
	_Atomic int                    lent;             /* connections that a store thread has */
	_Atomic bool                   stopping;
	pthread_t                      keeper, network;
	_Atomic bool                   network_leaves, poked;
	int                            poke;             /* eventfd; -1: none */
	bool                           network_runs;
	bool                           keeper_runs;
	pthread_mutex_t                peers_lock;
	pthread_cond_t                 stop_asked;
	struct peer                    peers;            /* ring */
};

/* How another thread resumes a connection: it also wakes the network thread for sure. */
void server_resume(struct server *, struct MHD_Connection *);
/* The store is done with it: the network thread takes it back; at once, if it is woken. Any thread. */
void server_give_back(struct server *, struct connection *, bool wake);

/* life.c: MHD's callbacks */
void *life_uri(void *server, const char *uri, struct MHD_Connection *);
enum MHD_Result life_step(void *server, struct MHD_Connection *, const char *url, const char *method,
                          const char *version, const char *upload, size_t *upload_size, void **con);
void life_completed(void *server, struct MHD_Connection *, void **con, enum MHD_RequestTerminationCode);
/* On the network thread: it came back from the store. */
void life_back(struct connection *);
void life_free_list(struct server *);
/* On the network thread: the store gets the writes that one look has gathered. */
void life_hand_over(struct server *);

/* params.c */
void params_read(struct connection *);                            /* fills parsed, parse_result, in, csrf_sent */

/* identity.c: who asks, may they, in the transaction. */
int  admit(struct connection *);

/* reply.c */
int  reply_write(struct connection *);                            /* in the action: `out` → c->reply */
enum MHD_Result reply_send(struct connection *);                  /* on the network thread */
enum MHD_Result reply_error(struct connection *, int code);
void reply_page_headers(struct connection *, struct MHD_Response *, bool html);
void header_add(struct MHD_Response *, const char *name, const char *value);

/* error.c */
bool error_wants_page(const struct connection *);
void error_write_json(struct buf *, int code, enum lang, const struct complaint *);
void error_write_page(struct buf *, int code, enum lang);

/* static.c */
extern const struct embedded *static_table;                       /* embedded_files; tests lay another in its place */
struct files *files_make(const struct embedded *);
void files_free(struct files *);
bool path_is_app(struct str path);                                /* neither /api, /assets nor PEOPLES_PATHS: the console answers */
const struct embedded *files_find(const struct files *, struct str path);
enum MHD_Result files_send(struct connection *);
