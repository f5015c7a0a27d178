/* browser.h: a server on a free loopback port over a house, and browsers that talk to it.
 *
 *   struct site *site = site_open(house, features, "public_url=https://q.example.com");
 *   struct browser *b = browser_open(site);
 *   browser_sign_in(b, account);                  a session, without passwords
 *   struct reply r = post(b, "/api/c/1/tags", "{\"name\":\"VIP\"}");
 *   assert_int_equal(r.status, 201); assert_str(json_at(&r, "error.code"), "name_taken");
 *
 * A browser keeps cookies, sends its CSRF word with every write, and does not follow redirects. Replies live until the
 * browser is closed, by the test or with its site. What cannot happen in a sound test (no connection, no memory) ends
 * the test with a message.
 */
#pragma once
#include "client.h"
#include "http/http.h"

/* ---- The server ---- */

struct site;
/* How often is too often does not depend on how fast the machine is: no limit is forgotten while a site is open.
 * `settings`: "name=value" pairs separated by spaces, or NULL. `identity` NULL: site_member says who is what. */
struct site *site_open(struct house *, const struct feature *const *, const struct identity *, const char *settings);
void         site_close(struct site *);
struct server *site_server(struct site *);
const struct server_options *site_options(const struct site *);   /* as it was started */
int          site_port(const struct site *);
/* With identity NULL: this account is `role` in this community, and reads `lang`. At most 64. */
void         site_member(struct site *, struct id account, struct id community, enum role, enum lang);
void         site_forget(struct site *, struct id account);       /* as if the account were disabled */

/* ---- A browser ---- */

struct browser;
struct browser *browser_open(struct site *);
void            browser_close(struct browser *);
/* A new session of this account, in the store and in the cookie jar; its id comes back. */
struct id       browser_sign_in(struct browser *, struct id account);
/* Be a visitor with this number. */
void            browser_visit(struct browser *, struct id visitor);
void            browser_csrf(struct browser *, const char *word);  /* NULL: send none */
struct str      browser_csrf_word(const struct browser *);
void            browser_cookie(struct browser *, const char *name, const char *value);     /* NULL value: forget it */
struct str      browser_cookie_value(const struct browser *, const char *name);
/* From now on it is a program with this API token: no cookies, no word. */
void            browser_bearer(struct browser *, struct str token);
/* One header for the next request only: "Origin: https://evil.example". */
void            browser_header(struct browser *, const char *line);

struct header { struct str name, value; };
struct reply { int status; struct str body; struct header headers[40]; size_t header_count; struct arena *arena; };

struct reply ask(struct browser *, const char *method, const char *path, const char *type, struct str body);
struct reply get(struct browser *, const char *path);
struct reply post(struct browser *, const char *path, const char *json);
struct reply put(struct browser *, const char *path, const char *json);
struct reply patch(struct browser *, const char *path, const char *json);
struct reply del(struct browser *, const char *path);
struct reply post_form(struct browser *, const char *path, const char *form);

/* One part of a multipart post; a filename makes it a file. The list ends with a NULL name. */
struct part { const char *name; struct str bytes; const char *filename; };
struct reply post_multipart(struct browser *, const char *path, const struct part *parts);

/* "" when there is none. */
struct str header_of(const struct reply *, const char *name);
/* The value at a path of names and numbers: "error.code", "items.0.id", "total" as text; "" when it is not there. */
struct str json_at(const struct reply *, const char *path);
size_t     json_length(const struct reply *, const char *path);    /* of an array */

#define assert_reply(reply_, status_, code_) do { \
	struct reply got_reply = (reply_), *r_ = &got_reply; \
	if (r_->status != (status_) || !str_is(json_at(r_, "error.code"), code_)) \
		fail_msg("%s: %d %.*s, expected %d %s", #reply_, r_->status, STR(r_->body), status_, code_); } while (0)

/* ---- Raw bytes, for what no browser would send ---- */

int  raw_open(struct site *);                                     /* a socket */
void raw_send(int fd, const char *text);
/* Reads until `until` has been seen, or (also with NULL) until the other end closes; what came, in `room`. */
struct str raw_read(int fd, char *room, size_t size, const char *until);
/* Is there nothing to read, nor an end, for so long? */
bool       raw_silent(int fd, int64_t ms);
/* Is nothing told on a live stream for a while? That it is still there is no news. */
bool       raw_untold(int fd);
