/* web.c: the room as a connector: what the outbox delivers into it.
 *
 * Story      An automation welcomes 林晓: its send waits in the outbox like every other, and a moment later stands in the room, in
 *            the community's name. No network, no quota: one transaction of our own.
 * Holds      A send that is delivered again (we died before noting it) is known by its key and said once.
 *            What cannot be done (the person left, the name is taken) is dead at once, with the reason.
 * Test       room_test.c
 */
#include "channel/web/web.h"

#include "base/utf8.h"
#include "channel/doctor/doctor.h"
#include "channel/outbox/courier.h"
#include "channel/outbox/outbox.h"
#include "channel/wire/loose.h"
#include "engine/file/document.h"
#include "media/picture.h"

#define KICKED_FOR 0              /* until staff allow it */

struct delivering { const struct channel *channel; const struct send *send; struct loose body; struct delivery ret; };

static void never(struct delivering *d, const char *why) { d->ret = (struct delivery){ .outcome = NEVER, .why = str_of(why) }; }

static struct str field(struct tx *tx, struct delivering *d, const char *name)
{
	return loose_text(&d->body, name, tx_arena(tx));
}

static struct id member_field(struct tx *tx, struct delivering *d)
{
	int64_t n = 0;
	return str_to_int(field(tx, d, "member"), &n) ? (struct id){ n } : (struct id){ 0 };
}

static struct str mentions_of(struct tx *tx, struct delivering *d)
{
	struct str ret = field(tx, d, "mention");
	for (size_t i = 0; i < loose_count(&d->body, "mention") && i < MENTIONS_MOST; i++) {
		char path[32];
		snprintf(path, sizeof path, "mention.%zu", i);
		struct str one = loose_text(&d->body, path, tx_arena(tx));
		ret = str_format(tx_arena(tx), "%.*s%s%.*s", STR(ret), i ? " " : "", STR(one));
	}
	return ret;
}

static int fill_picture(struct tx *tx, struct delivering *d, struct id community, struct str file, struct room_line *l)
{
	struct blob bytes;
	struct picture_info info;
	int r = file_bytes(tx, community, file, &bytes);
	if (r == E_NOT_FOUND || (r == 0 && picture_probe(bytes, &info) < 0)) {
		never(d, "the picture is gone");
		return 1;
	}
	l->picture = file, l->width = r == 0 ? info.width : 0, l->height = r == 0 ? info.height : 0;
	return r;
}

static int fill_document(struct tx *tx, struct delivering *d, struct id community, struct str file, struct spoken *s)
{
	struct document doc;
	int r = document_get(tx, community, file, &doc);
	if (r < 0) {
		never(d, "the file is gone");
		return r == E_NOT_FOUND ? 1 : r;
	}
	s->text = doc.name;
	s->line.picture = file, s->line.size = doc.size;
	return 0;
}

static int speak(struct tx *tx, struct delivering *d, const struct room *room)
{
	const struct send *send = d->send;
	struct spoken s = {
		.key = send->key, .kind = send->what, .text = field(tx, d, str_is(send->what, "link") ? "title" : "text"),
		.line = { .voice = field(tx, d, "by"), .mentions = mentions_of(tx, d), .own = str_starts(send->key, S(SEND_BY_DESK)) },
		.pin = str_is(send->what, "notice"),
	};
	struct str file = field(tx, d, "file"), number = { 0 };
	int r = 0;
	if (str_is(send->what, "link"))
		s.line.note = field(tx, d, "text"), s.url = field(tx, d, "url"), s.line.picture = field(tx, d, "picture"), s.line.own = false;
	else if (str_is(send->what, "image") && file.len)
		r = fill_picture(tx, d, room->community_id, file, &s.line);
	else if (str_is(send->what, "file"))
		r = fill_document(tx, d, room->community_id, file, &s);
	else if (str_is(send->what, "image"))
		s.line.picture = field(tx, d, "url"), s.line.own = false;
	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = room_speak(tx, room, &s, &number)) < 0)
		return r;
	d->ret = (struct delivery){ .outcome = DELIVERED, .number = number, .kept = true };
	return 0;
}

static int on_person(struct tx *tx, struct delivering *d, const struct room *room)
{
	const struct send *send = d->send;
	struct id member = member_field(tx, d);
	int64_t seconds = loose_int(&d->body, "seconds", 0);
	struct instant until = { seconds > 0 ? tx_now(tx).ms + seconds * SECOND : 0 };
	int r = member.n ? member_resolve(tx, room->community_id, member, &member) : 0;
	if (str_is(send->what, "mute") && !member.n)
		return room_quiet(tx, room, seconds > 0);
	if (r < 0)
		return r;
	if (str_is(send->what, "mute"))
		return room_mute(tx, room, member, until, utf8_cut(field(tx, d, "why"), WHY_MOST));
	if (str_is(send->what, "kick"))
		return room_remove(tx, room, member, utf8_cut(field(tx, d, "why"), WHY_MOST), (struct instant){ KICKED_FOR });
	return roster_set_card(tx, room->community_id, room->group_id, member, field(tx, d, "card"));
}

static int deliver_action(struct tx *tx, void *arg)
{
	struct delivering *d = arg;
	struct room room;
	int64_t n;
	int r = room_of_group(tx, d->send->community, d->send->group_id, &room);
	d->ret = (struct delivery){ .outcome = DELIVERED };
	if (r == 0 && str_among(d->send->what, "text image link file notice"))
		r = speak(tx, d, &room);
	else if (r == 0 && str_is(d->send->what, "rename"))
		r = room_rename(tx, &room, field(tx, d, "name"));
	else if (r == 0 && str_is(d->send->what, "recall"))
		r = str_to_int(field(tx, d, "number"), &n) ? line_recall(tx, &room, n) : E_NOT_FOUND;
	else if (r == 0 && str_among(d->send->what, "mute kick card"))
		r = on_person(tx, d, &room);
	else if (r == 0)
		never(d, "a room cannot do that");
	if (r == E_NOT_FOUND || r == E_NAME_TAKEN || r == E_TOO_SHORT) {
		never(d, r == E_NOT_FOUND ? "the room, the person or the message is not there any more" : "the name is taken or empty");
		return 0;
	}
	return r < 0 ? r : 0;
}

static int deliver(struct courier *courier, const struct channel *channel, const struct send *send, struct delivery *ret)
{
	struct delivering d = { .channel = channel, .send = send };
	int r = loose_read(send->body, &d.body);
	if (r >= 0)
		r = store_write(courier_store(courier), send->community, courier_arena(courier), deliver_action, &d);
	loose_free(&d.body);
	if (r >= 0)
		*ret = d.ret;
	return r < 0 ? r : 0;
}

/* A room stands on our own pages: it is as well as its links are. */
static int examine_rooms(struct checkup *c, const struct channel *channel)
{
	struct str site = doctor_public_url(c);
	if (site.len && !url_is_local(site)) {
		doctor_say(c, SOUND, "platform", saying(c, "群聊页由群图自己提供，地址 %.*s",
				"rooms stand on Quntu's own pages, at %.*s", STR(site)), NOTHING, NOTHING);
		return 0;
	}
	doctor_say(c, NOTICE, "public_url", saying(c, "没有公网地址，群聊的链接和二维码只有本机能打开",
			"there is no public address: links and codes of rooms open on this machine only"),
	           NOTHING, saying(c, "在 quntu.conf 里写 public_url = https://你的域名，再重启",
			"public_url = https://your.domain in quntu.conf, then restart"));
	doctor_place_of(c, channel);
	return 0;
}

const struct connector connector_web = {
	.kind = "web", .zh = "群聊页（群图自带）", .en = "Group rooms (Quntu's own)",
	.can = CAN_HEAR | CAN_TEXT | CAN_IMAGE | CAN_LINK | CAN_FILE | CAN_MENTION | CAN_RENAME | CAN_CARD | CAN_MUTE | CAN_KICK | CAN_RECALL |
	       CAN_MEMBERS | CAN_COUNT,
	.deliver = deliver, .examine = examine_rooms,
};
