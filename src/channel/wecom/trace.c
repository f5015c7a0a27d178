/* trace.c: is the mass-send task there whose answer was lost?
 *
 * Story      "周六车展" is given to the platform and the line breaks: nobody knows whether 王晓 has been asked. Asking once more might
 *            have the group get it twice. So the platform's list of what was given to it lately is read: the task with these words,
 *            for this group, that is none of those we know, is ours.
 * How        What the list tells of a task is its words and its attachment; whom it is for the task's own result tells. When that tells
 *            nobody, its colleague and its words are enough: one send too few is better than one twice.
 * Test       wecom_mass_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"

#define PAGE_MOST  100
#define PAGES_MOST 20
#define SLACK      (2 * MINUTE)                   /* their clock and ours */
#define SPAN_MOST  (30 * DAY)                     /* of one question, as the platform has it */

struct tracing {
	struct wecom            *wecom;
	const struct send       *send;
	const struct loose      *body;
	const struct wecom_task *task;
	struct str               msgid;           /* the one that is looked at */
	bool                     known;
};

static int look_up(struct tx *tx, void *arg)
{
	struct tracing *t = arg;
	int r = wecom_task_is_known(tx, t->wecom->community, t->wecom->channel.id, t->msgid);
	t->known = r > 0;
	return r < 0 ? r : 0;
}

static struct str item(const struct tracing *t, const struct loose *page, size_t i, const char *field)
{
	char path[80];
	snprintf(path, sizeof path, "group_msg_list.%zu.%s", i, field);
	return loose_text(page, path, t->wecom->arena);
}

static bool says_the_same(const struct tracing *t, const struct loose *page, size_t i)
{
	struct arena *a = t->wecom->arena;
	if (str_is(t->send->what, "text"))
		return str_equal(item(t, page, i, "text.content"), loose_text(t->body, "text", a));
	if (!str_equal(item(t, page, i, "attachments.0.msgtype"), t->send->what))
		return false;
	return str_among(t->send->what, "image file") || str_equal(item(t, page, i, "attachments.0.link.url"), loose_text(t->body, "url", a));
}

/* 1, 0; *ret_code: the platform does not tell now. A refusal for good: it is none of who should confirm ours. */
static int is_for_them(struct tracing *t, int64_t *ret_code, struct str *ret_words)
{
	struct wecom_task candidate = *t->task;
	struct wecom_reply reply = { 0 };
	bool group = t->send->group_id.n, theirs = false;
	candidate.msgid = t->msgid;
	int r = wecom_task_call(t->wecom, &candidate, WECOM_TASK_RESULT, ",\"limit\":1000}", &reply);
	size_t count = r >= 0 && !reply.code ? loose_count(&reply.json, "send_list") : 0;
	for (size_t i = 0; i < count && !theirs; i++) {
		char path[60];
		snprintf(path, sizeof path, "send_list.%zu.%s", i, group ? "chat_id" : "external_userid");
		theirs = str_equal(loose_text(&reply.json, path, t->wecom->arena), group ? t->send->group : t->send->person);
	}
	loose_free(&reply.json);
	if (r >= 0 && reply.code && wecom_later(reply.code))
		*ret_code = reply.code, *ret_words = reply.words;
	return r < 0 ? r : !reply.code && (theirs || !count);
}

static int look_through(struct tracing *t, const struct loose *page, struct str *ret_msgid, int64_t *ret_code, struct str *ret_words)
{
	for (size_t i = 0; i < loose_count(page, "group_msg_list"); i++) {
		t->msgid = item(t, page, i, "msgid");
		if (!t->msgid.len || !says_the_same(t, page, i))
			continue;
		int r = store_read(t->wecom->store, t->wecom->arena, look_up, t);
		if (r < 0 || (!t->known && ((r = is_for_them(t, ret_code, ret_words)) != 0 || *ret_code))) {
			if (r > 0)
				*ret_msgid = t->msgid;
			return r < 0 ? r : 0;
		}
	}
	return 0;
}

static void write_question(struct buf *b, const struct tracing *t, struct str cursor)
{
	int64_t from = t->task->made_at.ms - SLACK, until = clock_now().ms + SLACK;
	until = until - from > SPAN_MOST ? from + SPAN_MOST : until;
	buf_format(b, "{\"chat_type\":\"%s\",\"start_time\":%lld,\"end_time\":%lld,\"filter_type\":0,\"limit\":%d",
	           t->send->group_id.n ? "group" : "single", (long long)(from / SECOND), (long long)(until / SECOND), PAGE_MOST);
	if (cursor.len) {
		buf_z(b, ",\"cursor\":");
		loose_write(b, cursor);
	}
	buf_z(b, "}");
}

int wecom_trace(struct wecom *w, const struct send *send, const struct loose *body, const struct wecom_task *task, struct str *ret_msgid,
                int64_t *ret_code, struct str *ret_words)
{
	struct tracing t = { .wecom = w, .send = send, .body = body, .task = task };
	struct str cursor = S("");
	int r = 0;
	*ret_msgid = S(""), *ret_code = 0;
	for (int pages = 0; r >= 0 && pages < PAGES_MOST; pages++) {
		struct wecom_reply reply = { 0 };
		BUF_SCOPED question;
		buf_init(&question, 4096);
		write_question(&question, &t, cursor);
		r = buf_failed(&question) ? E_MEMORY
		  : wecom_call(w, "/cgi-bin/externalcontact/get_groupmsg_list_v2", buf_view(&question), &reply);
		if (r >= 0 && reply.code)
			*ret_code = reply.code, *ret_words = reply.words;
		else if (r >= 0)
			r = look_through(&t, &reply.json, ret_msgid, ret_code, ret_words);
		cursor = r >= 0 ? loose_text(&reply.json, "next_cursor", w->arena) : S("");
		loose_free(&reply.json);
		if (*ret_code || ret_msgid->len || !cursor.len)
			break;
	}
	return r < 0 ? r : 0;
}
