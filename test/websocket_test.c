/* websocket_test.c: bursts of every shape are heard to their last message, though nothing comes after it; and who is believed over TLS. */
#include "channel/wire/websocket.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "bench/peer.h"
#include "test.h"

#define BURSTS     60
#define BURST_MOST 3000
#define SILENCE_MS (PATIENCE * 3 / 4)             /* the ping, which would bring what was kept back, comes later */

struct ears { pthread_mutex_t lock; int heard, wrong, open, ended; int64_t bytes; int pause_every; };

static void opened(void *ctx)
{
	struct ears *e = ctx;
	pthread_mutex_lock(&e->lock);
	e->open++;
	pthread_mutex_unlock(&e->lock);
}

/* "N xxxx": the Nth, in its order; now and then there is no room, and the peer waits. */
static void said(void *ctx, struct str message)
{
	struct ears *e = ctx;
	int64_t n = -1;
	struct str number = str_cut(&message, ' ');
	bool right = str_to_int(number, &n);
	pthread_mutex_lock(&e->lock);
	bool pause = e->pause_every && e->heard % e->pause_every == 0;
	e->wrong += !right || n != e->heard;
	e->heard++;
	pthread_mutex_unlock(&e->lock);
	if (pause)
		usleep(3000);
}

static void ended(void *ctx, int status, const char *why)
{
	struct ears *e = ctx;
	(void)status, (void)why;
	pthread_mutex_lock(&e->lock);
	e->ended++;
	pthread_mutex_unlock(&e->lock);
}

static int look_at(struct ears *e, const int *what)
{
	pthread_mutex_lock(&e->lock);
	int n = *what;
	pthread_mutex_unlock(&e->lock);
	return n;
}

static bool waits(struct ears *e, const int *what, int wanted)
{
	return comes(look_at(e, what) >= wanted);
}

/* All of them, at whatever pace; but a silence that only the ping would end is none that a slow machine makes. */
static bool hears(struct ears *e, int wanted)
{
	int64_t moved = clock_steady();
	for (int last = -1, now; (now = look_at(e, &e->heard)) < wanted; last = now, usleep(1000))
		if (now != last)
			moved = clock_steady();
		else if (clock_steady() - moved > SILENCE_MS)
			return false;
	return true;
}

/* `count` messages from number `first` on, `size` bytes each or, if 0, of all sizes; every seventh cut in two. */
static void burst(struct buf *b, int first, int count, size_t size)
{
	static char xs[70000];
	memset(xs, 'x', sizeof xs);
	for (int i = 0; i < count; i++) {
		size_t len = size ? size : (size_t)(i * 7919 % (i % 97 == 0 ? 66000 : 900));
		char number[24];
		BUF_SCOPED message;
		buf_init(&message, 1 << 20);
		snprintf(number, sizeof number, "%d ", first + i);
		buf_z(&message, number);
		buf_add(&message, xs, len);
		struct str whole = buf_view(&message), head = { whole.at, whole.len / 2 };
		if (i % 7 == 3) {
			peer_frame(b, PEER_TEXT, false, head);
			peer_frame(b, 0, true, (struct str){ whole.at + head.len, whole.len - head.len });
		} else {
			peer_frame(b, PEER_TEXT, true, whole);
		}
	}
}

TEST(websocket_bursts, "of a burst, however large its messages and however slowly they are taken, the last is heard although nothing follows it")
{
	struct ears ears = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct ws_door *door;
	struct ws *ws;
	char url[60], head[8192];
	int port, listens = peer_listen(0, &port), total = 0;
	static const struct ws_hooks hooks = { opened, said, ended };
	snprintf(url, sizeof url, "ws://127.0.0.1:%d", port);
	assert_int_equal(ws_start(&door), 0);
	assert_int_equal(ws_open(door, str_of(url), S(""), &hooks, &ears, &ws), 0);
	int line = accept(listens, NULL, NULL);
	assert_true(line >= 0 && peer_head(line, head, sizeof head) == 0 && peer_accept(line, head) == 0);
	assert_true(waits(&ears, &ears.open, 1));
	for (int i = 0; i < BURSTS; i++) {
		BUF_SCOPED b;
		buf_init(&b, 64 << 20);
		int count = 1 + i * 7919 % BURST_MOST;
		pthread_mutex_lock(&ears.lock);
		ears.pause_every = i % 3 == 2 ? 50 : 0;
		pthread_mutex_unlock(&ears.lock);
		burst(&b, total, count, i % 2 ? 500 : 0);
		assert_int_equal(peer_send(line, buf_view(&b)), 0);
		total += count;
		if (!hears(&ears, total))
			fail_msg("burst %d: heard %d of %d", i, look_at(&ears, &ears.heard), total);
	}
	assert_int_equal(ears.wrong, 0);
	assert_int_equal(ears.ended, 0);
	ws_close(ws);
	assert_true(waits(&ears, &ears.ended, 1));
	ws_stop(door);
	close(line), close(listens);
}

/* ---- TLS --------------------------------------------------------------------------------------------------- */

struct vouched { EVP_PKEY *key; X509 *certificate; };

/* It vouches for itself, and for this name. */
static struct vouched vouch(const char *name)
{
	struct vouched v = { EVP_EC_gen("P-256"), X509_new() };
	char names[80];
	snprintf(names, sizeof names, "DNS:%s", name);
	X509_EXTENSION *also = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	X509_NAME *subject = X509_get_subject_name(v.certificate);
	X509_set_version(v.certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(v.certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(v.certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(v.certificate), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(v.certificate, subject);
	X509_add_ext(v.certificate, also, -1);
	X509_set_pubkey(v.certificate, v.key);
	assert_true(X509_sign(v.certificate, v.key, EVP_sha256()) > 0);
	X509_EXTENSION_free(also);
	return v;
}

static void believe(const struct vouched *v, char *path)
{
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, v->certificate), 1);
	assert_int_equal(fclose(file), 0);
	setenv("SSL_CERT_FILE", path, 1);
}

/* Somebody who vouches like this is called. How much of our request do they hear? */
static int heard_by(const struct vouched *v)
{
	struct ears ears = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct ws_door *door;
	struct ws *ws;
	static const struct ws_hooks hooks = { opened, said, ended };
	char url[60], room[2000];
	int port, listens = peer_listen(0, &port), heard = 0;
	SSL_CTX *side = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(side, v->certificate);
	SSL_CTX_use_PrivateKey(side, v->key);
	snprintf(url, sizeof url, "wss://localhost:%d", port);
	assert_int_equal(ws_start(&door), 0);
	assert_int_equal(ws_open(door, str_of(url), S("secret"), &hooks, &ears, &ws), 0);
	int line = accept(listens, NULL, NULL);
	SSL *tls = SSL_new(side);
	SSL_set_fd(tls, line);
	if (SSL_accept(tls) == 1)
		heard = SSL_read(tls, room, sizeof room);
	SSL_free(tls);
	close(line), close(listens);
	assert_true(waits(&ears, &ears.ended, 1));
	assert_int_equal(ears.open, 0);
	ws_stop(door);
	SSL_CTX_free(side);
	return heard;
}

TEST(websocket_certificates, "over TLS the token is told to nobody but who has a certificate of that name that is believed")
{
	char path[] = "/tmp/quntu-trust-XXXXXX", second[] = "/tmp/quntu-trust-XXXXXX";
	struct vouched right = vouch("localhost"), stranger = vouch("localhost"), other = vouch("elsewhere.example");
	believe(&right, path);
	assert_true(heard_by(&right) > 0);
	assert_true(heard_by(&stranger) <= 0);
	believe(&other, second);
	assert_true(heard_by(&other) <= 0);
	unsetenv("SSL_CERT_FILE");
	unlink(path), unlink(second);
	const struct vouched *all[] = { &right, &stranger, &other };
	for (size_t i = 0; i < 3; i++) {
		EVP_PKEY_free(all[i]->key);
		X509_free(all[i]->certificate);
	}
}
