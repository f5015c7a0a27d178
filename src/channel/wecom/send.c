/* send.c: what leaves for 企业微信: by the group's robot (robot.c), or as a mass-send task (群发) for its colleague to confirm.
 *
 * Story      A link is for 车友 6 群. The platform posts nothing for us; it takes a task and shows it to 王晓, the group's owner, who
 *            confirms with one tap. To one customer the task goes to who of the staff has them longest.
 * Holds      A send whose task is open is not given again. One whose answer was lost, with the line or with us, is looked for at the
 *            platform first (trace.c); only what it does not know TRACE_WAITS later is given once more, and where it will not tell,
 *            people must look. Whom nobody of the staff has, and what a task cannot carry, is for hands.
 *            How often is counted before it leaves (quotas, wecom.c): as many a month as the month has days.
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "base/utf8.h"
#include "channel/outbox/courier.h"
#include "engine/file/file.h"
#include "people/member.h"

#define TEXT_MOST   4000                          /* bytes */
#define TITLE_MOST  128
#define DESC_MOST   512
#define TRACE_WAITS (2 * MINUTE)                  /* so long after it was asked for a task may still turn up in the platform's list */

struct sending {
	struct wecom       wecom;
	const struct send *send;
	struct loose       body;
	struct wecom_task  task;
	bool               lost;                  /* no answer came: the platform may have taken it */
	struct str         file, media;
	struct blob        bytes;
	struct delivery    delivery;
};

static void say(struct sending *s, enum delivered outcome, struct str why)
{
	s->delivery = (struct delivery){ .outcome = outcome, .why = why };
}

static void wait_for_yes(struct sending *s)
{
	s->delivery = (struct delivery){ .outcome = TO_CONFIRM, .number = s->task.msgid, .why = s->task.sender_name };
}

/* ---- Who must confirm ---- */

static int find_sender(struct tx *tx, struct sending *s)
{
	struct wecom_group g;
	struct rows follows;
	struct id member;
	int r;
	s->task.sender = S("");
	if (s->send->group_id.n) {
		r = wecom_group_get(tx, s->wecom.community, s->wecom.channel.id, s->send->group, &g);
		if (r == 0 && !g.gone_at.ms)
			s->task.sender = g.owner;
	} else {
		r = wecom_follows(tx, s->wecom.community, s->wecom.channel.id, s->send->person, &follows);
		if (r >= 0 && follows.count)
			s->task.sender = ((const struct wecom_follow *)follows.at)->staff;
	}
	if (r < 0 || !s->task.sender.len)
		return r == E_NOT_FOUND || r >= 0 ? 0 : r;
	struct str subject = str_format(tx_arena(tx), WECOM_STAFF "%.*s", STR(s->task.sender));
	r = member_find_named(tx, s->wecom.community, S("wecom"), subject, &member, &s->task.sender_name);
	if (r == E_NOT_FOUND || (r >= 0 && !s->task.sender_name.len))
		s->task.sender_name = s->task.sender;
	return r == E_NOT_FOUND || r >= 0 ? 0 : r;
}

static int look(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	int r = wecom_task_of(tx, s->wecom.community, s->send->id, &s->task);
	if (r != E_NOT_FOUND)
		return r;
	s->task = (struct wecom_task){ .channel_id = s->wecom.channel.id, .send_id = s->send->id };
	return find_sender(tx, s);
}

static int look_for_sender(struct tx *tx, void *arg) { return find_sender(tx, arg); }

/* ---- Pictures ---- */

static int read_file(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	return file_bytes(tx, s->wecom.community, s->file, &s->bytes);
}

/* The bytes of the send's picture; none: the delivery says why. */
static int find_picture(struct sending *s)
{
	struct str why = S("");
	s->file = wechat_picture_key(&s->body, s->wecom.arena);
	int r = s->file.len ? store_read(s->wecom.store, s->wecom.arena, read_file, s)
	      : wechat_picture_fetch(&s->wecom.account, loose_text(&s->body, "url", s->wecom.arena), &s->bytes, &why);
	if (r == E_NOT_FOUND)
		say(s, NEVER, S("the picture is gone"));
	else if (r == 0 && !s->bytes.len)
		say(s, NOT_NOW, why);
	return r == E_NOT_FOUND ? 0 : r;
}

int wecom_picture(struct wecom *w, const struct loose *body, struct blob *ret, enum picture_type *ret_type, struct delivery *ret_why)
{
	struct sending s = { .wecom = *w, .body = *body };
	struct str why = S("");
	int r = find_picture(&s);
	*ret = (struct blob){ 0 };
	*ret_why = s.delivery;
	if (r < 0 || !s.bytes.len)
		return r;
	if ((r = wechat_picture_fit(w->arena, &s.bytes, ret_type, &why)) < 0)
		return r;
	if (why.len)
		*ret_why = (struct delivery){ .outcome = NEVER, .why = why };
	else
		*ret = s.bytes;
	return 0;
}

/* ---- What the platform's words mean ---- */

static void meaning(struct sending *s, const struct wecom_reply *reply)
{
	int64_t now = clock_now().ms;
	bool mended_by_staff = reply->code == 60020 || reply->code == 48002 || reply->code == 40001 || reply->code == 301002;
	say(s, reply->code && !wecom_later(reply->code) ? NEVER : NOT_NOW, reply->words);
	if (reply->code == 45009 || mended_by_staff)
		s->delivery.again.ms = now + (mended_by_staff ? 5 * MINUTE : MINUTE);
	if (reply->code)
		return;
	if (loose_count(&reply->json, "fail_list")) {
		say(s, NEVER, S("the platform would not take it for them: no longer a customer, or as many as it allows this month"));
		return;
	}
	s->task.msgid = loose_text(&reply->json, "msgid", s->wecom.arena);
	if (s->task.msgid.len)
		wait_for_yes(s);
	else
		say(s, NOT_NOW, S("no msgid"));
}

/* The platform keeps it for three days; the colleague confirms within them or not at all. */
static int upload(struct sending *s)
{
	struct wecom_reply reply = { 0 };
	struct arena *a = s->wecom.arena;
	bool file = str_is(s->send->what, "file");
	int r = file ? 0 : find_picture(s);
	if (r < 0 || (!file && !s->bytes.len))
		return r;
	r = file ? wecom_upload(&s->wecom, loose_text(&s->body, "file", a), loose_text(&s->body, "name", a), S(""), &s->media, &reply)
	         : wechat_picture_upload(&s->wecom.account, s->bytes, &s->media, &reply);
	if (r >= 0)
		meaning(s, &reply);
	loose_free(&reply.json);
	return r;
}

/* ---- The task ---- */

struct str wecom_cut(struct str text, size_t most)
{
	if (text.len > most)
		for (text.len = most; text.len && (text.at[text.len] & 0xc0) == 0x80; text.len--)
			;
	return text;
}

static void add(struct buf *b, const char *name, struct str text)
{
	buf_format(b, "\"%s\":", name);
	loose_write(b, text);
}

static void write_link(struct buf *b, struct sending *s)
{
	struct arena *a = s->wecom.arena;
	struct str picture = loose_text(&s->body, "picture", a);
	buf_z(b, ",\"attachments\":[{\"msgtype\":\"link\",\"link\":{");
	add(b, "title", wecom_cut(loose_text(&s->body, "title", a), TITLE_MOST));
	if (str_starts(picture, S("http"))) {
		buf_z(b, ",");
		add(b, "picurl", picture);
	}
	buf_z(b, ",");
	add(b, "desc", wecom_cut(loose_text(&s->body, "text", a), DESC_MOST));
	buf_z(b, ",");
	add(b, "url", loose_text(&s->body, "url", a));
	buf_z(b, "}}]");
}

static void write_task(struct buf *b, struct sending *s)
{
	bool group = s->send->group_id.n;
	buf_z(b, group ? "{\"chat_type\":\"group\",\"chat_id_list\":[" : "{\"chat_type\":\"single\",\"external_userid\":[");
	loose_write(b, group ? s->send->group : s->send->person);
	buf_z(b, "],");
	add(b, "sender", s->task.sender);
	if (str_is(s->send->what, "text")) {
		buf_z(b, ",\"text\":{");
		add(b, "content", loose_text(&s->body, "text", s->wecom.arena));
		buf_z(b, "}");
	} else if (str_among(s->send->what, "image file")) {
		bool image = str_is(s->send->what, "image");
		buf_z(b, image ? ",\"attachments\":[{\"msgtype\":\"image\",\"image\":{" : ",\"attachments\":[{\"msgtype\":\"file\",\"file\":{");
		add(b, "media_id", s->media);
		buf_z(b, "}}]");
	} else {
		write_link(b, s);
	}
	buf_z(b, "}");
}

static int note_asked(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	int r = wecom_task_asked(tx, s->wecom.community, &s->task);
	return r < 0 ? r : 0;
}

/* What came of it; lost: the note stays as it is. */
static int note_answer(struct tx *tx, void *arg)
{
	const struct sending *s = arg;
	bool took = s->delivery.outcome == TO_CONFIRM;
	int r = took ? wecom_task_took(tx, s->wecom.community, &s->task) : wecom_task_refused(tx, s->wecom.community, s->task.id);
	return r < 0 ? r : 0;
}

static int note_untold(struct tx *tx, void *arg)
{
	const struct sending *s = arg;
	int r = wecom_task_lost(tx, s->wecom.community, s->task.id, s->delivery.why);
	return r < 0 ? r : 0;
}

static int write_down(struct sending *s, int (*note)(struct tx *, void *))
{
	return store_write(s->wecom.store, s->wecom.community, s->wecom.arena, note, s);
}

static int post(struct sending *s)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 64 << 10);
	write_task(&body, s);
	int r = buf_failed(&body) ? E_MEMORY : write_down(s, note_asked);
	if (r >= 0)
		r = wecom_call(&s->wecom, "/cgi-bin/externalcontact/add_msg_template", buf_view(&body), &reply);
	if (r >= 0) {
		meaning(s, &reply);
		s->lost = wechat_is_lost(&reply) || (!reply.code && s->delivery.outcome == NOT_NOW);
	}
	loose_free(&reply.json);
	return r < 0 || s->lost ? r : write_down(s, note_answer);
}

/* Whether the platform has the task already; `delivery` says what comes of it, or *ret_anew: it has not. */
static int find_again(struct sending *s, bool *ret_anew)
{
	struct str words = S("");
	int64_t code = 0;
	struct instant sure = { s->task.made_at.ms + TRACE_WAITS };
	int r = s->task.msgid.len ? 0 : wecom_trace(&s->wecom, s->send, &s->body, &s->task, &s->task.msgid, &code, &words);
	if (r < 0)
		return r;
	if (s->task.msgid.len) {
		wait_for_yes(s);
		return write_down(s, note_answer);
	}
	*ret_anew = !code && clock_now().ms >= sure.ms;
	if (code && !wecom_later(code)) {
		say(s, NEVER, str_format(s->wecom.arena, "WeCom does not tell whether it has this task (%.*s): look there before it is said again",
		                         STR(words)));
		return write_down(s, note_untold);
	}
	say(s, NOT_NOW, code ? words : S("no answer came when it was given; it is being looked for"));
	s->delivery.again.ms = code ? 0 : sure.ms;
	return 0;
}

static int deliver(struct sending *s)
{
	bool anew = false;
	int r = store_read(s->wecom.store, s->wecom.arena, look, s);
	if (r < 0)
		return r;
	if (str_is(s->task.state, "open")) {
		wait_for_yes(s);
		return 0;
	}
	if (s->task.id.n && ((r = find_again(s, &anew)) < 0 || !anew))
		return r;
	if (anew && (r = store_read(s->wecom.store, s->wecom.arena, look_for_sender, s)) < 0)
		return r;
	if ((r = wecom_robot_deliver(&s->wecom, s->send, &s->body, &s->delivery)) != 0)
		return r;
	if (!str_among(s->send->what, "text image link file"))
		say(s, BY_HAND, S("WeCom cannot do this"));
	else if (!s->task.sender.len)
		say(s, BY_HAND, s->send->group_id.n ? S("no customer group of this number is known") : S("nobody of the staff has this customer"));
	else if (loose_text(&s->body, "text", s->wecom.arena).len > TEXT_MOST)
		say(s, NEVER, S("the text is longer than 4,000 bytes"));
	else if (str_among(s->send->what, "image file") && ((r = upload(s)) < 0 || !s->media.len))
		return r;
	else
		return post(s);
	return 0;
}

int wecom_deliver(struct courier *courier, const struct channel *channel, const struct send *send, struct delivery *ret)
{
	struct sending s = { .send = send };
	int r = wecom_open(courier, send->community, channel, &s.wecom);
	if (r < 0)
		return r;
	if ((r = loose_read(send->body, &s.body)) == E_JSON) {
		say(&s, NEVER, S("the body is no JSON"));
		r = 0;
	} else if (r == 0) {
		r = deliver(&s);
	}
	loose_free(&s.body);
	if (r < 0)
		return r;
	*ret = s.delivery;
	return 0;
}
