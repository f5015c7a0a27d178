/* wecom_mass_test.c: what is said in 企业微信 waits for a colleague, by name, and ends once as the platform says. */
#include <unistd.h>

#include "engine/file/document.h"
#include "wecom_place_test.h"

/* A group of wang's, bound here. */
static long long group_bound(struct place *p)
{
	wecom_fake_group(p->fake, "wr1", "车友 6 群", "wang");
	place_work(p, 3 * SECOND);
	struct reply r = post(p->desk.owner, place_at(p, "/groups"), "{\"subject\":\"wr1\",\"group_id\":null}");
	assert_int_equal(r.status, 200);
	return number_at(&r, "group_id");
}

static struct str state_of(struct place *p, struct id send, const char *what)
{
	struct reply r = get(p->desk.operator, at(&p->desk, "/sends?limit=50"));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (number_at(&r, text(&p->desk, "items.%zu.id", i)) == send.n)
			return str_copy(&p->desk.house->arena, json_at(&r, text(&p->desk, "items.%zu.%s", i, what)));
	return S("");
}

/* An outbox works until this send waits no longer, or until this was asked so often. */
static void carry_until(struct place *p, struct id send, const char *path, int times)
{
	struct outbox_options options = { .store = p->desk.house->store, .settings = site_options(p->desk.site)->settings, .threads = 1,
	                                  .backoff_ms = 20 };
	struct outbox *outbox;
	assert_int_equal(outbox_start(&options, &outbox), 0);
	assert_true(comes(!str_is(state_of(p, send, "state"), "waiting") || (path && wecom_fake_calls(p->fake, path) >= times)));
	outbox_stop(outbox);
}

static void carry(struct place *p, struct id send) { carry_until(p, send, NULL, 0); }

struct dropping { struct id community; const char *key; };

static int drop_file(struct tx *tx, void *arg)
{
	const struct dropping *d = arg;
	return file_drop(tx, d->community, str_of(d->key));
}

static struct id promised(struct place *p, long long group, const char *key)
{
	return made(p->desk.operator, at(&p->desk, "/sends"), text(&p->desk,
		"{\"group_id\":\"%lld\",\"what\":\"text\",\"text\":\"周六车展\",\"key\":\"%s\",\"due_at\":null}", group, key));
}

static struct id said(struct place *p, long long group, const char *key)
{
	struct id send = promised(p, group, key);
	carry(p, send);
	return send;
}

/* A round of the job, `ahead` from now. */
static void asked(struct place *p, int64_t ahead)
{
	clock_set((struct instant){ clock_now().ms + ahead });
	place_every(p, &feature_wecom_mass);
	clock_set((struct instant){ 0 });
	place_work(p, ahead);
}

static int press(struct place *p, struct id send, const char *what)
{
	return post(p->desk.operator, at(&p->desk, "/sends/%lld/%s", (long long)send.n, what), "{}").status;
}

PROMISE(wecom_mass, "a send is a task of the group's owner: it waits for them by name, is sent once they confirm, and never again")
{
	struct place p;
	place_open(&p, house);
	place_go(&p);
	long long group = group_bound(&p);
	struct id send = said(&p, group, "k1");
	assert_str(state_of(&p, send, "state"), "confirm");
	assert_str(state_of(&p, send, "why"), "wang");
	assert_non_null(strstr(wecom_fake_task(p.fake), "\"chat_id_list\":[\"wr1\"],\"sender\":\"wang\",\"text\":{\"content\":\"周六车展\"}"));
	asked(&p, 2 * MINUTE);
	assert_str(state_of(&p, send, "state"), "confirm");
	wecom_fake_confirm(p.fake, 1);
	asked(&p, 5 * MINUTE);
	assert_str(state_of(&p, send, "state"), "sent");
	assert_true(state_of(&p, send, "arrived_at").len > 0);
	assert_int_equal(place_events(&p, "send_sent"), 1);
	carry(&p, send);
	asked(&p, HOUR);
	assert_int_equal(wecom_fake_tasks(p.fake), 1);
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-masses"));
	assert_str(json_at(&r, "items.0.state"), "sent");
	assert_str(json_at(&r, "items.0.text"), "周六车展");
	assert_int_equal(press(&p, send, "remind"), 404);
	place_close(&p);
}

PROMISE(wecom_mass_file, "a file is given to the platform first, under its name, and its task waits for the same yes; one that is gone is given up")
{
	struct place p;
	place_open(&p, house);
	long long group = group_bound(&p);
	struct reply r = post_multipart(p.desk.operator, at(&p.desk, "/documents"), (struct part[]){
		{ "name", S("价目表.pdf"), NULL }, { "file", S("%PDF-1.7\n%%EOF"), "x" }, { 0 } });
	const char *key = text(&p.desk, "%.*s", STR(json_at(&r, "key")));
	struct id send = made(p.desk.operator, at(&p.desk, "/sends"), text(&p.desk,
		"{\"group_id\":\"%lld\",\"what\":\"file\",\"file\":\"%s\",\"key\":\"f1\"}", group, key));
	carry(&p, send);
	assert_str(state_of(&p, send, "state"), "confirm");
	assert_str(state_of(&p, send, "text"), "价目表.pdf");
	assert_non_null(strstr(wecom_fake_task(p.fake), "\"attachments\":[{\"msgtype\":\"file\",\"file\":{\"media_id\":\"media"));
	r = get(p.desk.reader, place_at(&p, "/wecom-masses"));
	assert_str(json_at(&r, "items.0.text"), "价目表.pdf");
	wecom_fake_confirm(p.fake, 1);
	asked(&p, 2 * MINUTE);
	assert_str(state_of(&p, send, "state"), "sent");
	r = get(p.desk.reader, at(&p.desk, "/groups/%lld/messages", group));
	assert_str(json_at(&r, "items.0.text"), "价目表.pdf");
	struct id gone = made(p.desk.operator, at(&p.desk, "/sends"), text(&p.desk,
		"{\"group_id\":\"%lld\",\"what\":\"file\",\"file\":\"%s\",\"key\":\"f2\"}", group, key));
	assert_int_equal(store_write(house->store, p.desk.community, &house->arena, drop_file,
		&(struct dropping){ p.desk.community, key }), 0);
	carry(&p, gone);
	assert_str(state_of(&p, gone, "state"), "dead");
	assert_str(state_of(&p, gone, "why"), "the file is gone");
	place_close(&p);
}

PROMISE(wecom_mass_ends, "what the platform did not send is given up and says why; what is taken back is cancelled there; three reminders a day")
{
	struct place p;
	place_open(&p, house);
	place_go(&p);
	long long group = group_bound(&p);
	struct id limited = said(&p, group, "k1");
	wecom_fake_confirm(p.fake, 3);
	asked(&p, 2 * MINUTE);
	assert_str(state_of(&p, limited, "state"), "dead");
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-masses"));
	assert_str(json_at(&r, "items.0.state"), "limit");
	struct id back = said(&p, group, "k2");
	assert_int_equal(wecom_fake_tasks(p.fake), 2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(press(&p, back, "remind"), 204);
		place_work(&p, 0);
	}
	assert_int_equal(wecom_fake_reminds(p.fake), 3);
	assert_int_equal(press(&p, back, "remind"), 409);
	assert_int_equal(post(p.desk.reader, at(&p.desk, "/sends/%lld/withdraw", (long long)back.n), "{}").status, 403);
	assert_int_equal(press(&p, back, "withdraw"), 204);
	place_work(&p, 0);
	assert_str(state_of(&p, back, "state"), "cancelled");
	assert_non_null(strstr(wecom_fake_task(p.fake), "\"over\":true"));
	struct id late = said(&p, group, "k3");
	asked(&p, 8 * DAY);
	assert_str(state_of(&p, late, "state"), "dead");
	assert_int_equal(place_events(&p, "send_sent"), 0);
	place_close(&p);
}

PROMISE(wecom_mass_confirmed_meanwhile, "what was confirmed between our question and our taking it back was sent: noted so, never sent again")
{
	struct place p;
	place_open(&p, house);
	place_go(&p);
	long long group = group_bound(&p);
	struct id send = said(&p, group, "k1");
	wecom_fake_confirm_first(p.fake, 1);
	assert_int_equal(press(&p, send, "withdraw"), 204);
	place_work(&p, 0);
	assert_str(state_of(&p, send, "state"), "sent");
	assert_int_equal(place_events(&p, "send_sent"), 1);
	struct id limited = said(&p, group, "k2");
	wecom_fake_confirm_first(p.fake, 3);
	asked(&p, 8 * DAY);
	assert_str(state_of(&p, limited, "state"), "dead");
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-masses"));
	assert_str(json_at(&r, "items.0.state"), "limit");
	place_close(&p);
}

PROMISE(wecom_mass_lost_answer, "the answer to a new task is lost: it is looked for at the platform and waited for, not made again")
{
	struct place p;
	place_open(&p, house);
	place_go(&p);
	long long group = group_bound(&p);
	struct id first = said(&p, group, "k0");       /* the same words to the same group: another task */
	wecom_fake_lose(p.fake, "add_msg_template", 1);
	struct id send = said(&p, group, "k1");
	assert_int_equal(wecom_fake_tasks(p.fake), 2);
	assert_str(state_of(&p, send, "state"), "confirm");
	assert_str(state_of(&p, send, "why"), "wang");
	assert_false(str_equal(state_of(&p, send, "number"), state_of(&p, first, "number")));
	wecom_fake_confirm(p.fake, 1);
	asked(&p, 2 * MINUTE);
	assert_str(state_of(&p, send, "state"), "sent");
	assert_str(state_of(&p, first, "state"), "confirm");
	assert_int_equal(wecom_fake_tasks(p.fake), 2);
	place_close(&p);
}

PROMISE(wecom_mass_never_made, "a task that the platform does not know minutes after its answer was lost is made after all")
{
	struct place p;
	place_open(&p, house);
	place_go(&p);
	long long group = group_bound(&p);
	wecom_fake_lose(p.fake, "add_msg_template", 1);
	wecom_fake_lose(p.fake, "get_groupmsg_list_v2", 1);
	struct id send = promised(&p, group, "k1");
	carry_until(&p, send, "add_msg_template", 1);
	wecom_fake_forget_tasks(p.fake);
	carry_until(&p, send, "get_groupmsg_list_v2", 2);
	assert_int_equal(wecom_fake_tasks(p.fake), 0);
	assert_str(state_of(&p, send, "state"), "waiting");
	clock_set((struct instant){ clock_now().ms + 5 * MINUTE });
	carry(&p, send);
	clock_set((struct instant){ 0 });
	assert_str(state_of(&p, send, "state"), "confirm");
	assert_int_equal(wecom_fake_tasks(p.fake), 1);
	assert_int_equal(wecom_fake_calls(p.fake, "add_msg_template"), 2);
	place_close(&p);
}

PROMISE(wecom_mass_unknown, "a platform that will not say whether it took a task: given up with the word to look there, and never made again")
{
	struct place p;
	place_open(&p, house);
	place_go(&p);
	long long group = group_bound(&p);
	wecom_fake_lose(p.fake, "add_msg_template", 1);
	wecom_fake_fail(p.fake, "get_groupmsg_list_v2", 86998, 1, 0);
	struct id send = said(&p, group, "k1");
	assert_str(state_of(&p, send, "state"), "dead");
	assert_non_null(strstr(text(&p.desk, "%.*s", STR(state_of(&p, send, "why"))), "86998"));
	struct reply r = get(p.desk.reader, place_at(&p, "/wecom-masses"));
	assert_str(json_at(&r, "items.0.state"), "unknown");
	assert_int_equal(post(p.desk.operator, at(&p.desk, "/sends/again"), "{\"channel_id\":null}").status, 200);
	carry(&p, send);
	assert_str(state_of(&p, send, "state"), "confirm");
	assert_int_equal(wecom_fake_tasks(p.fake), 1);
	struct id silent = said(&p, group, "k2");
	wecom_fake_fail(p.fake, "get_groupmsg_task", 86997, 1000, 0);
	for (int day = 1; day < 16; day++)
		asked(&p, day * DAY);
	assert_str(state_of(&p, silent, "state"), "dead");
	r = get(p.desk.reader, place_at(&p, "/wecom-masses"));
	assert_str(json_at(&r, "items.0.state"), "unknown");
	assert_str(json_at(&r, "items.0.trouble"), "86997 invalid");
	place_close(&p);
}

struct rows_left { int64_t tasks, reminds; };

ROW(rows_left,
	FIELD(rows_left, tasks,   "Tasks"),
	FIELD(rows_left, reminds, "Reminders"));

static const QUERY(mass_rows_left, READS, &row_rows_left, TAKES(),
	"SELECT (SELECT count(*) FROM wecom_mass) AS tasks, (SELECT count(*) FROM wecom_remind) AS reminds", .scans = true);

static int count_rows(struct tx *tx, void *arg)
{
	return tx_one(tx, &mass_rows_left, arg);
}

PROMISE(wecom_mass_swept, "tasks that ended half a year ago, and reminders that no longer count, are let go of; what is open stays")
{
	struct place p;
	struct rows_left left;
	place_open(&p, house);
	place_go(&p);
	long long group = group_bound(&p);
	struct id over = said(&p, group, "k1");
	assert_int_equal(press(&p, over, "remind"), 204);
	wecom_fake_confirm(p.fake, 1);
	asked(&p, 2 * MINUTE);
	assert_str(state_of(&p, over, "state"), "sent");
	said(&p, group, "k2");
	wecom_fake_fail(p.fake, "get_groupmsg_task", -1, 1000, 0);
	asked(&p, 100 * DAY);
	assert_int_equal(store_read(p.desk.house->store, &p.desk.house->arena, count_rows, &left), 0);
	assert_int_equal(left.tasks, 2);
	assert_int_equal(left.reminds, 0);
	asked(&p, 181 * DAY);
	assert_int_equal(store_read(p.desk.house->store, &p.desk.house->arena, count_rows, &left), 0);
	assert_int_equal(left.tasks, 1);
	place_close(&p);
}
