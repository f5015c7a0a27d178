/* channel.c: the connected accounts of a community; the story is told in channel.h.
 *
 * Story      An admin connects the shop's 公众号: picks the kind, types what its page at the platform shows, copies our address
 *            for callbacks back there. Days later the platform refuses our password; the channel says so in red, with the
 *            platform's own words, until it works again.
 * Not here   What a platform says (hear.c), what it said (message.c), how to speak its language (the connectors).
 * Owns       channel, channel_secret, channel_group.
 * Holds      A secret is written, never read back: the API says only that it is set. Secrets, and what connectors remember,
 *            are sealed with a key derived from the server's, so a copy of the store alone opens no account.
 *            A group lives in one place: (channel, subject) ↔ group, both ways unique.
 *            A channel with groups is not deleted: it is switched off, or its groups are unbound first.
 * Test       channel_test.c
 */
#include "channel/channel.h"

#include "base/form.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "channel/outbox/outbox.h"
#include "groups/group.h"
#include "groups/roster.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/staff.h"

#define CHANNELS_MAX   50         /* of a community */
#define SLUG_LENGTH    24         /* 57^24: nobody guesses where callbacks come */
#define SETTINGS_MAX   20
#define MEMO_MAX       2048
#define TROUBLE_MAX    300
#define SUBJECT_MAX    100
#define NAME_MAX_OF    40

/* ---- Connectors ------------------------------------------------------------------------------- */

#define CONNECTOR(kind) extern const struct connector connector_##kind;
#include "channel/connectors.def"
#undef CONNECTOR

const struct connector *const connectors[] = {
#define CONNECTOR(kind) &connector_##kind,
#include "channel/connectors.def"
#undef CONNECTOR
	NULL,
};

static const struct connector *stand_in;

void connector_stand_in(const struct connector *c) { stand_in = c; }

const struct connector *connector_of(struct str kind)
{
	if (stand_in && str_is(kind, stand_in->kind))
		return stand_in;
	for (const struct connector *const *c = connectors; *c; c++)
		if (str_is(kind, (*c)->kind))
			return *c;
	return NULL;
}

static const struct { unsigned can; const char *word; } abilities[] = {
	{ CAN_HEAR, "hear" }, { CAN_TEXT, "text" }, { CAN_IMAGE, "image" }, { CAN_LINK, "link" }, { CAN_FILE, "file" },
	{ CAN_MENTION, "mention" }, { CAN_RENAME, "rename" }, { CAN_CARD, "card" }, { CAN_MUTE, "mute" }, { CAN_KICK, "kick" },
	{ CAN_RECALL, "recall" }, { CAN_MEMBERS, "members" }, { CAN_COUNT, "count" }, { CAN_IDENTIFY, "identify" },
	{ CAN_QUOTA, "quota" }, { CAN_TELL, "tell" }, { CAN_HEAR_ONE, "hear_one" },
	{ CAN_EVENTS, "events" }, { CAN_ADMIT, "admit" }, { CAN_TITLE, "title" },
};

static struct rows ability_words(struct arena *arena, unsigned can)
{
	struct text_item *words = arena_take_array(arena, sizeof abilities / sizeof *abilities, sizeof *words);
	struct rows ret = { words, 0 };
	for (size_t i = 0; words && i < sizeof abilities / sizeof *abilities; i++)
		if (can & abilities[i].can)
			words[ret.count++].item = str_of(abilities[i].word);
	return ret;
}

static const struct channel_setting *setting_of(const struct connector *c, struct str key)
{
	for (const struct channel_setting *s = c ? c->settings : NULL; s && s->key; s++)
		if (str_is(key, s->key))
			return s;
	return NULL;
}

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(channel,
	FIELD(channel, id,          "Channel"),
	FIELD(channel, kind,        "Kind of platform", .one_of = CHANNEL_KINDS),
	FIELD(channel, name,        "As staff call it"),
	FIELD(channel, state,       "on, or off: neither hears nor speaks", .one_of = "on off"),
	FIELD(channel, subject,     "The platform's number of the account, where known"),
	FIELD(channel, slug,        "Callbacks come to /api/in/SLUG"),
	FIELD(channel, settings,    "JSON object, without secrets"),
	FIELD(channel, trouble,     "What the platform complains of, or empty"),
	FIELD(channel, heard_at,    "When something was last heard", .optional = true),
	FIELD(channel, said_at,     "When something was last said", .optional = true),
	FIELD(channel, troubled_at, "Since when there is trouble", .optional = true),
	FIELD(channel, created_at,  "When it was connected"));

/* A setting as pages see it: of a secret only whether it is set. */
struct channel_value { struct str key, text; bool set; };

ROW(channel_value,
	FIELD(channel_value, key,  "Setting"),
	FIELD(channel_value, text, "Its value; of a secret empty"),
	FIELD(channel_value, set,  "Is there one?"));

struct channel_line {
	struct id      id;
	struct str     kind, name, state, subject, address, trouble;
	struct rows    can, values;
	int64_t        groups;
	struct instant heard_at, said_at, troubled_at, created_at;
};

ROW(channel_line,
	FIELD(channel_line, id,          "Channel"),
	FIELD(channel_line, kind,        "Kind of platform", .one_of = CHANNEL_KINDS),
	FIELD(channel_line, name,        "As staff call it"),
	FIELD(channel_line, state,       "on, or off: neither hears nor speaks", .one_of = "on off"),
	FIELD(channel_line, subject,     "The platform's number of the account, where known"),
	FIELD(channel_line, address,     "Where the platform sends its callbacks; admins see it"),
	FIELD(channel_line, trouble,     "What the platform complains of, or empty"),
	FIELD(channel_line, can,         "What it can do", .of = &row_text_item),
	FIELD(channel_line, values,      "Settings; admins see them", .of = &row_channel_value),
	FIELD(channel_line, groups,      "Groups that live there"),
	FIELD(channel_line, heard_at,    "When something was last heard", .optional = true),
	FIELD(channel_line, said_at,     "When something was last said", .optional = true),
	FIELD(channel_line, troubled_at, "Since when there is trouble", .optional = true),
	FIELD(channel_line, created_at,  "When it was connected"));

struct typed_value { struct str key, text; };

ROW(typed_value,
	FIELD(typed_value, key,  "Setting", .min = 1, .max = 40),
	FIELD(typed_value, text, "Its value; a secret that is sent empty stays as it is", .max = 2000, .lines = true));

struct channel_draft { struct str kind, name; struct rows values; };

ROW(channel_draft,
	FIELD(channel_draft, kind,   "Kind of platform; stays as it was made", .one_of = CHANNEL_KINDS),
	FIELD(channel_draft, name,   "As staff call it", .min = 1, .max = NAME_MAX_OF),
	FIELD(channel_draft, values, "Settings of its connector", .of = &row_typed_value, .max = SETTINGS_MAX));

struct channel_switch { bool on; };

ROW(channel_switch,
	FIELD(channel_switch, on, "Hear and speak"));

struct connector_setting { struct str key, label, help, fallback, generate, unless; bool secret, needed, shown, yes; int64_t max; };

ROW(connector_setting,
	FIELD(connector_setting, key,      "Setting"),
	FIELD(connector_setting, label,    "What it is called, in your language"),
	FIELD(connector_setting, help,     "Where to find it"),
	FIELD(connector_setting, fallback, "What counts when it is empty"),
	FIELD(connector_setting, generate, "The page may make one: this prefix and 32 random bytes in base64; or empty"),
	FIELD(connector_setting, secret,   "Is never shown again"),
	FIELD(connector_setting, unless,   "… but when this other setting is there it is not needed"),
	FIELD(connector_setting, needed,   "Nothing works without it"),
	FIELD(connector_setting, shown,    "Not asked for: worked out, to be copied"),
	FIELD(connector_setting, yes,      "yes or no"),
	FIELD(connector_setting, max,      "Most characters"));

struct connector_line { struct str kind, name; struct rows can, settings; };

ROW(connector_line,
	FIELD(connector_line, kind,     "Kind of platform", .one_of = CHANNEL_KINDS),
	FIELD(connector_line, name,     "What it is called, in your language"),
	FIELD(connector_line, can,      "What it can do", .of = &row_text_item),
	FIELD(connector_line, settings, "What it asks for", .of = &row_connector_setting));

struct bound_group { struct id group_id; struct str name, subject; int64_t members; };

ROW(bound_group,
	FIELD(bound_group, group_id, "Group; nobody's: it is not bound yet", .optional = true),
	FIELD(bound_group, name,     "Its name"),
	FIELD(bound_group, subject,  "The platform's number of it"),
	FIELD(bound_group, members,  "How many are in it"));

struct binding { struct str subject; struct id group_id; };

ROW(binding,
	FIELD(binding, subject,  "The platform's number of the group", .min = 1, .max = SUBJECT_MAX),
	FIELD(binding, group_id, "Group; empty: one is made, named as the platform names it", .optional = true));

struct unbinding { struct id group_id; };

ROW(unbinding,
	FIELD(unbinding, group_id, "Group"));

struct sealed_row { struct str sealed; struct instant until_at; };

ROW(sealed_row,
	FIELD(sealed_row, sealed,   "Sealed text"),
	FIELD(sealed_row, until_at, "Good until", .optional = true));

struct whose_channel { struct id community_id, id; };

ROW(whose_channel,
	FIELD(whose_channel, community_id, "Community"),
	FIELD(whose_channel, id,           "Channel"));

struct reach { struct id channel_id; struct str subject; };

ROW(reach,
	FIELD(reach, channel_id, "Channel"),
	FIELD(reach, subject,    "Their number there"));

struct channel_total { int64_t n; };

ROW(channel_total, FIELD(channel_total, n, "How many"));

/* ---- Events ----------------------------------------------------------------------------------------- */

const struct event_kind channel_events[] = {
	[CHANNEL_MADE]       = { "channel_made",       "A channel was connected", "channel" },
	[CHANNEL_CHANGED]    = { "channel_changed",    "A channel was edited, switched or removed", "channel" },
	[CHANNEL_TROUBLED]   = { "channel_troubled",   "A platform refuses us", "channel" },
	[CHANNEL_FOLLOWED]   = { "channel_followed",   "Somebody follows the account", "member" },
	[CHANNEL_SCANNED]    = { "channel_scanned",    "A follower came to the account by a code", "member" },
	[CHANNEL_UNFOLLOWED] = { "channel_unfollowed", "Somebody does not follow the account any more", "member" },
	[MESSAGE_HEARD]      = { "message_heard",      "Something was said in a group, or to the account (subject 0)", "message" },
	[MEMBER_ASKED_IN]    = { "member_asked_in",    "Somebody asks to come into a group", "group" },
	[MEMBER_ANSWERED]    = { "member_answered",    "Whoever asked to come in was let in, or refused", "group" },
	{ 0 },
};

static int say(struct request *rq, enum channel_event what, const char *act, const struct channel *c)
{
	int r = event_emit(rq->tx, rq->community, &channel_events[what], &(struct event){ .subject = c->id, .actor = rq->account });
	return r < 0 ? r : audit_note(rq, act, c->id, c->name);
}

/* ---- Reading ------------------------------------------------------------------------------------------ */

#define SELECT_CHANNEL \
	"SELECT id, kind, name, state, subject, slug, settings, trouble, heard_at, said_at, troubled_at, created_at FROM channel" \
	" WHERE community_id = ?1"

static QUERY(channel_by_id, READS, &row_channel, TAKES(K_ID, K_ID), SELECT_CHANNEL " AND id = ?2");

int channel_get(struct tx *tx, struct id community, struct id channel, struct channel *ret)
{
	return tx_one(tx, &channel_by_id, ret, V(community), V(channel));
}

static QUERY(channel_whose, READS, &row_whose_channel, TAKES(K_STR), "SELECT community_id, id FROM channel WHERE slug = ?1");

int channel_by_slug(struct tx *tx, struct str slug, struct id *ret_community, struct channel *ret)
{
	struct whose_channel whose;
	int r = tx_one(tx, &channel_whose, &whose, V(slug));
	if (r < 0 || (r = channel_get(tx, whose.community_id, whose.id, ret)) < 0)
		return r;
	*ret_community = whose.community_id;
	return 0;
}

static QUERY(channels_of, READS, &row_channel, TAKES(K_ID, K_STR), SELECT_CHANNEL " AND (?2 = '' OR kind = ?2) ORDER BY id LIMIT 100");

int channel_list(struct tx *tx, struct id community, struct str kind, struct rows *ret)
{
	return tx_all(tx, &channels_of, ret, V(community), V(kind));
}

/* ---- Secrets and memory ---------------------------------------------------------------------------------- */

static QUERY(secret_of, READS, &row_sealed_row, TAKES(K_ID, K_ID, K_STR),
	"SELECT sealed, until_at FROM channel_secret WHERE community_id = ?1 AND channel_id = ?2 AND name = ?3");
static QUERY(secret_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO channel_secret (community_id, channel_id, name, sealed, until_at) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (community_id, channel_id, name) DO UPDATE SET sealed = excluded.sealed, until_at = excluded.until_at");

static int seal_key(struct tx *tx, struct key *ret)
{
	struct key feature;
	int r = tx_feature_key(tx, &feature);
	if (r >= 0)
		key_derive(ret, &feature, "channel secrets");
	return r;
}

static int put_sealed(struct tx *tx, struct id community, struct id channel, struct str name, struct str text, struct instant until)
{
	struct key key;
	int r = seal_key(tx, &key);
	struct str sealed = r < 0 ? S("") : seal_text(&key, text, tx_arena(tx));
	if (r < 0 || !sealed.at)
		return r < 0 ? r : E_MEMORY;
	return (r = tx_run(tx, &secret_put, V(community), V(channel), V(name), V(sealed), V(until))) < 0 ? r : 0;
}

static int get_sealed(struct tx *tx, struct id community, struct id channel, struct str name, struct str *ret, struct instant *ret_until)
{
	struct sealed_row row;
	struct key key;
	int r = tx_one(tx, &secret_of, &row, V(community), V(channel), V(name));
	if (r < 0 || (r = seal_key(tx, &key)) < 0)
		return r;
	if (!unseal_text(&key, row.sealed, tx_arena(tx), ret))
		return arena_failed(tx_arena(tx)) ? E_MEMORY : E_NOT_FOUND;       /* another server's store: typed in again */
	*ret_until = row.until_at;
	return 0;
}

int channel_secret_shut(struct tx *tx, struct id community, struct id channel, const char *key, bool *ret)
{
	struct sealed_row row;
	struct str text;
	struct key seal;
	int r = tx_one(tx, &secret_of, &row, V(community), V(channel), V(str_format(tx_arena(tx), "set %s", key)));
	if (r == 0)
		r = seal_key(tx, &seal);
	*ret = r >= 0 && row.sealed.len && !unseal_text(&seal, row.sealed, tx_arena(tx), &text);
	return r < 0 && r != E_NOT_FOUND ? r : arena_failed(tx_arena(tx)) ? E_MEMORY : 0;
}

int channel_remember(struct tx *tx, struct id community, struct id channel, const char *what, struct str value, struct instant until)
{
	if (value.len > MEMO_MAX)
		return E_TOO_LONG;
	return put_sealed(tx, community, channel, str_format(tx_arena(tx), "memo %s", what), value, until);
}

static QUERY(secret_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"DELETE FROM channel_secret WHERE community_id = ?1 AND channel_id = ?2 AND name = ?3");

int channel_forget(struct tx *tx, struct id community, struct id channel, const char *what)
{
	int r = tx_run(tx, &secret_drop, V(community), V(channel), V(str_format(tx_arena(tx), "memo %s", what)));
	return r < 0 ? r : 0;
}

int channel_recall(struct tx *tx, struct id community, struct id channel, const char *what, struct str *ret, struct instant *ret_until)
{
	struct str value;
	struct instant until;
	int r = get_sealed(tx, community, channel, str_format(tx_arena(tx), "memo %s", what), &value, &until);
	if (r < 0)
		return r;
	if (until.ms && until.ms <= tx_now(tx).ms)
		return E_NOT_FOUND;
	*ret = value;
	if (ret_until)
		*ret_until = until;
	return 0;
}

struct plain_setting { struct str value; };

ROW(plain_setting, FIELD(plain_setting, value, "Of a key of the settings"));

static QUERY(plain_setting_of, READS, &row_plain_setting, TAKES(K_STR, K_STR),
	"SELECT COALESCE(json_extract(?1, '$.' || ?2), '') AS value",
	.pg = "SELECT COALESCE(CAST($1 AS json) ->> $2, '') AS value");

int channel_setting(struct tx *tx, struct id community, const struct channel *c, const char *key, struct str *ret)
{
	const struct channel_setting *s = setting_of(connector_of(c->kind), str_of(key));
	struct plain_setting plain = { { 0 } };
	struct instant until;
	int r = s && s->secret ? get_sealed(tx, community, c->id, str_format(tx_arena(tx), "set %s", key), &plain.value, &until)
	                       : tx_one(tx, &plain_setting_of, &plain, V(c->settings), V(str_of(key)));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = plain.value.len ? plain.value : s && s->fallback ? str_of(s->fallback) : S("");
	return 0;
}

static QUERY(channel_set_trouble, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE channel SET trouble = ?3, troubled_at = CASE WHEN ?3 = '' THEN 0 WHEN trouble = '' THEN ?4 ELSE troubled_at END"
	" WHERE community_id = ?1 AND id = ?2 AND trouble <> ?3");

int channel_trouble(struct tx *tx, struct id community, struct id channel, struct str what)
{
	struct str cut = { what.at, what.len < TROUBLE_MAX ? what.len : TROUBLE_MAX };
	while (cut.len < what.len && cut.len && ((unsigned char)cut.at[cut.len] & 0xc0) == 0x80)
		cut.len--;
	int r = tx_run(tx, &channel_set_trouble, V(community), V(channel), V(cut), V(tx_now(tx)));
	return r <= 0 ? r : event_emit(tx, community, &channel_events[CHANNEL_TROUBLED], &(struct event){ .subject = channel });
}

int channel_well(struct tx *tx, struct id community, struct id channel)
{
	int r = tx_run(tx, &channel_set_trouble, V(community), V(channel), V(S("")), V(tx_now(tx)));
	return r <= 0 ? r : event_emit(tx, community, &channel_events[CHANNEL_CHANGED], &(struct event){ .subject = channel });
}

static QUERY(channel_set_subject, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE channel SET subject = ?3 WHERE community_id = ?1 AND id = ?2 AND subject <> ?3");

int channel_is(struct tx *tx, struct id community, struct id channel, struct str subject)
{
	int r = tx_run(tx, &channel_set_subject, V(community), V(channel), V(subject));
	return r < 0 ? r : 0;
}

/* ---- Where groups live, and how people are reached --------------------------------------------------------- */

/* Of groups that are still there. */
#define LIVES " JOIN chat_group g ON g.community_id = l.community_id AND g.id = l.group_id WHERE l.community_id = ?1"

static QUERY(group_of_subject, READS, &row_id_item, TAKES(K_ID, K_ID, K_STR),
	"SELECT l.group_id AS item FROM channel_group l" LIVES " AND l.channel_id = ?2 AND l.subject = ?3");

int channel_group(struct tx *tx, struct id community, struct id channel, struct str subject, struct id *ret_group)
{
	struct id_item group;
	int r = tx_one(tx, &group_of_subject, &group, V(community), V(channel), V(subject));
	if (r == 0)
		*ret_group = group.item;
	return r;
}

static QUERY(place_of_group, READS, &row_reach, TAKES(K_ID, K_ID),
	"SELECT channel_id, subject FROM channel_group WHERE community_id = ?1 AND group_id = ?2");

int channel_of_group(struct tx *tx, struct id community, struct id group, struct channel *ret, struct str *ret_subject)
{
	struct reach place;
	int r = tx_one(tx, &place_of_group, &place, V(community), V(group));
	if (r < 0 || (r = channel_get(tx, community, place.channel_id, ret)) < 0)
		return r;
	*ret_subject = place.subject;
	return 0;
}

ROW(channel_place,
	FIELD(channel_place, group_id, "Group"),
	FIELD(channel_place, subject,  "The platform's number of it"));

static QUERY(places_of_channel, READS, &row_channel_place, TAKES(K_ID, K_ID),
	"SELECT l.group_id, l.subject FROM channel_group l" LIVES " AND l.channel_id = ?2 ORDER BY l.group_id LIMIT 3000");

int channel_groups(struct tx *tx, struct id community, struct id channel, struct rows *ret)
{
	return tx_all(tx, &places_of_channel, ret, V(community), V(channel));
}

static QUERY(place_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_ID),
	"INSERT INTO channel_group (community_id, channel_id, subject, group_id) VALUES (?1, ?2, ?3, ?4)", .clashes = true);
static QUERY(place_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM channel_group WHERE community_id = ?1 AND group_id = ?2");
static QUERY(place_drop_orphan, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"DELETE FROM channel_group WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND NOT EXISTS (SELECT 1 FROM chat_group g"
	" WHERE g.community_id = ?1 AND g.id = channel_group.group_id)");
static QUERY(group_moves_to, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE chat_group SET channel = ?3 WHERE community_id = ?1 AND id = ?2 AND channel <> ?3");

int channel_bind(struct tx *tx, struct id community, const struct channel *c, struct str subject, struct str name, struct id group,
                 struct id *ret_group)
{
	const struct connector *k = connector_of(c->kind);
	struct id known;
	int r = channel_group(tx, community, c->id, subject, &known);
	if (r == 0 && group.n && known.n != group.n)
		return E_CONFLICT;
	if (r == 0) {
		*ret_group = known;
		return 0;
	}
	struct group_brief brief;
	if (r != E_NOT_FOUND || (r = tx_run(tx, &place_drop_orphan, V(community), V(c->id), V(subject))) < 0 ||
	    (r = group.n ? group_get_brief(tx, community, group, &brief) : group_of_channel(tx, community, name, c->kind, &group)) < 0 ||
	    (r = tx_run(tx, &place_drop, V(community), V(group))) < 0 ||
	    (r = tx_run(tx, &place_insert, V(community), V(c->id), V(subject), V(group))) < 0 ||
	    (r = tx_run(tx, &group_moves_to, V(community), V(group), V(c->kind))) < 0 ||
	    (r = roster_keep(tx, community, group, k && (k->can & CAN_MEMBERS))) < 0)
		return r;
	*ret_group = group;
	return event_emit(tx, community, &channel_events[CHANNEL_CHANGED], &(struct event){ .subject = c->id, .object = group });
}

int channel_unbind(struct tx *tx, struct id community, struct id group)
{
	int r = tx_run(tx, &place_drop, V(community), V(group));
	if (r < 0 || (r = tx_run(tx, &group_moves_to, V(community), V(group), V(S("manual")))) < 0)
		return r;
	return roster_keep(tx, community, group, false);
}

static QUERY(found_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT, K_INSTANT),
	"INSERT INTO channel_found (community_id, channel_id, subject, name, members, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, channel_id, subject) DO UPDATE SET name = excluded.name, members = excluded.members,"
	" seen_at = excluded.seen_at");

int channel_found(struct tx *tx, struct id community, struct id channel, struct str subject, struct str name, int64_t members)
{
	int r = tx_run(tx, &found_put, V(community), V(channel), V(subject), V(utf8_cut(str_trim(name), NAME_MAX_OF)), V(members),
	               V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static QUERY(found_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"DELETE FROM channel_found WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

int channel_found_gone(struct tx *tx, struct id community, struct id channel, struct str subject)
{
	int r = tx_run(tx, &found_drop, V(community), V(channel), V(subject));
	return r < 0 ? r : 0;
}

static QUERY(ways_to, READS, &row_reach, TAKES(K_ID, K_ID),
	"SELECT c.id AS channel_id, i.subject FROM identity i JOIN channel c ON c.community_id = i.community_id AND c.kind = i.channel"
	" WHERE i.community_id = ?1 AND i.member_id = ?2 AND c.state = 'on' AND NOT EXISTS (SELECT 1 FROM channel_lost x"
	"  WHERE x.community_id = c.community_id AND x.channel_id = c.id AND x.subject = i.subject AND x.lost)"
	" ORDER BY c.heard_at DESC, c.id LIMIT 20");

int channel_reach(struct tx *tx, struct id community, struct id member, struct channel *ret, struct str *ret_subject)
{
	return channel_reach_by(tx, community, member, CHANNEL_KINDS, ret, ret_subject);
}

int channel_reach_by(struct tx *tx, struct id community, struct id member, const char *kinds, struct channel *ret,
                     struct str *ret_subject)
{
	struct rows ways;
	int r = tx_all(tx, &ways_to, &ways, V(community), V(member));
	const struct reach *way = ways.at;
	for (size_t i = 0; r >= 0 && i < ways.count; i++) {
		struct channel c;
		const struct connector *k;
		if ((r = channel_get(tx, community, way[i].channel_id, &c)) < 0)
			return r;
		if (str_among(c.kind, kinds) && (k = connector_of(c.kind)) && (k->can & CAN_TELL)) {
			*ret = c, *ret_subject = way[i].subject;
			return 0;
		}
	}
	return r < 0 ? r : E_NOT_FOUND;
}

static QUERY(subject_on, READS, &row_text_item, TAKES(K_ID, K_ID, K_STR, K_ID),
	"SELECT i.subject AS item FROM identity i WHERE i.community_id = ?1 AND i.member_id = ?2 AND i.channel = ?3"
	" ORDER BY EXISTS (SELECT 1 FROM channel_lost x WHERE x.community_id = ?1 AND x.channel_id = ?4 AND x.subject = i.subject AND x.lost),"
	" i.subject LIMIT 1");

int channel_subject(struct tx *tx, struct id community, const struct channel *c, struct id member, struct str *ret)
{
	struct text_item subject;
	int r = tx_one(tx, &subject_on, &subject, V(community), V(member), V(c->kind), V(c->id));
	if (r == 0)
		*ret = subject.item;
	return r;
}

/* ---- Callbacks ------------------------------------------------------------------------------------------------ */

struct str callback_param(const struct callback *c, const char *name)
{
	struct pairs pairs = { .count = 0 };
	if (form_read(c->query, c->rq->arena, &pairs) < 0)
		return S("");
	for (size_t i = 0; i < pairs.count; i++)
		if (str_is(pairs.at[i].name, name))
			return pairs.at[i].text;
	return S("");
}

static int callback_open(struct request *rq, bool get, struct callback *ret)
{
	struct channel *c = ARENA_NEW(rq->arena, struct channel);
	struct raw raw;
	if (!c)
		return E_MEMORY;
	int r = channel_by_slug(rq->tx, rq->path_text, &ret->community, c);
	if (r < 0)
		return r;
	rq_raw(rq, &raw);
	*ret = (struct callback){
		.rq = rq, .community = ret->community, .channel = c, .get = get, .query = raw.query, .type = raw.type,
		.authorization = raw.authorization, .signature = raw.signature, .self_id = raw.self_id, .body = raw.body,
	};
	rq->community = ret->community;               /* from the address, not from a parameter: everything below stays in it */
	return str_is(c->state, "on") ? 0 : E_NOT_FOUND;
}

static void callback_answer(const struct callback *c, struct body *out)
{
	*out = (struct body){ .bytes = c->reply, .type = c->reply_type ? c->reply_type : "text/plain; charset=utf-8" };
}

static int callback_ready(struct request *rq, const void *in, void *out)
{
	struct callback *c = ARENA_NEW(rq->arena, struct callback);
	(void)in, (void)out;
	if (!c)
		return E_MEMORY;
	int r = callback_open(rq, false, c);
	if (r < 0)
		return r;
	const struct connector *k = connector_of(c->channel->kind);
	rq->kept = c;
	return !k || !(k->ready || k->heard) ? E_NOT_FOUND : k->ready ? k->ready(c) : 0;
}

static QUERY(channel_heard_now, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT),
	"UPDATE channel SET heard_at = ?3 WHERE community_id = ?1 AND id = ?2 AND heard_at < ?4");

int channel_is_heard(struct tx *tx, struct id community, const struct channel *c)
{
	struct instant now = tx_now(tx);
	if (now.ms - c->heard_at.ms < HEARD_STEP)
		return 0;
	int r = tx_run(tx, &channel_heard_now, V(community), V(c->id), V(now), V(((struct instant){ now.ms - HEARD_STEP })));
	return r < 0 ? r : 0;
}

static int callback_post(struct request *rq, const void *in, void *out)
{
	struct callback *c = rq->kept;
	const struct connector *k = connector_of(c->channel->kind);
	(void)in;
	rq->community = c->community;
	if (c->ours) {
		callback_answer(c, out);
		return 0;
	}
	int r = k->heard ? k->heard(c) : 0;
	if (r < 0 || (r = channel_is_heard(rq->tx, c->community, c->channel)) < 0)
		return r;
	callback_answer(c, out);
	return 0;
}

/* The platform asks whether we are who the operator says. */
static int callback_get(struct request *rq, const void *in, void *out)
{
	struct callback c = { 0 };
	(void)in;
	int r = callback_open(rq, true, &c);
	if (r < 0)
		return r;
	const struct connector *k = connector_of(c.channel->kind);
	if (!k || !k->ready)
		return E_NOT_FOUND;
	if ((r = k->ready(&c)) < 0)
		return r;
	callback_answer(&c, out);
	return 0;
}

/* ---- API: channels ------------------------------------------------------------------------------------------------ */

static QUERY(channel_groups_n, READS, &row_channel_total, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM channel_group WHERE community_id = ?1 AND channel_id = ?2");

/* Settings as pages see them. */
static int values_of(struct tx *tx, struct id community, const struct channel *c, struct rows *ret)
{
	const struct connector *k = connector_of(c->kind);
	struct channel_value *values = arena_take_array(tx_arena(tx), SETTINGS_MAX, sizeof *values);
	if (!values)
		return E_MEMORY;
	*ret = (struct rows){ values, 0 };
	for (const struct channel_setting *s = k ? k->settings : NULL; s && s->key; s++) {
		struct str text;
		int r = s->shown ? s->shown(tx, community, c, &text) : channel_setting(tx, community, c, s->key, &text);
		if (r < 0)
			return r;
		values[ret->count++] = (struct channel_value){ str_of(s->key), s->secret ? S("") : text, text.len > 0 };
	}
	return 0;
}

static int line_of(struct request *rq, const struct channel *c, struct channel_line *ret)
{
	const struct connector *k = connector_of(c->kind);
	struct channel_total groups;
	*ret = (struct channel_line){
		.id = c->id, .kind = c->kind, .name = c->name, .state = c->state, .subject = c->subject, .trouble = c->trouble,
		.can = ability_words(rq->arena, k ? k->can : 0), .heard_at = c->heard_at, .said_at = c->said_at,
		.troubled_at = c->troubled_at, .created_at = c->created_at,
	};
	int r = tx_one(rq->tx, &channel_groups_n, &groups, V(rq->community), V(c->id));
	ret->groups = groups.n;
	if (r < 0 || rq->role < ROLE_ADMIN)
		return r;
	if (k && (k->ready || k->heard))
		ret->address = str_format(rq->arena, "%.*s/api/in/%.*s", STR(rq->origin), STR(c->slug));
	return values_of(rq->tx, rq->community, c, &ret->values);
}

static int get_channels(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct rows list;
	(void)in;
	int r = channel_list(rq->tx, rq->community, S(""), &list);
	struct channel_line *lines = r < 0 ? NULL : arena_take_array(rq->arena, list.count, sizeof *lines);
	if (r < 0 || (list.count && !lines))
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < list.count; i++)
		if ((r = line_of(rq, (const struct channel *)list.at + i, &lines[i])) < 0)
			return r;
	*page = (struct page){ .rows = { lines, list.count }, .total = (int64_t)list.count };
	return 0;
}

static int show(struct request *rq, struct id id, void *out)
{
	struct channel c;
	int r = channel_get(rq->tx, rq->community, id, &c);
	return r < 0 ? r : line_of(rq, &c, out);
}

static int get_channel(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show(rq, rq->path_id, out);
}

static int get_connectors(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	size_t n = sizeof connectors / sizeof *connectors - 1;
	struct connector_line *lines = arena_take_array(rq->arena, n, sizeof *lines);
	(void)in;
	for (size_t i = 0; lines && i < n; i++) {
		const struct connector *k = connectors[i];
		struct connector_setting *list = arena_take_array(rq->arena, SETTINGS_MAX, sizeof *list);
		lines[i] = (struct connector_line){
			str_of(k->kind), str_of(rq->lang == LANG_ZH ? k->zh : k->en), ability_words(rq->arena, k->can), { list, 0 },
		};
		for (const struct channel_setting *s = k->settings; list && s && s->key; s++)
			list[lines[i].settings.count++] = (struct connector_setting){
				str_of(s->key), str_of(rq->lang == LANG_ZH ? s->zh : s->en), str_of(rq->lang == LANG_ZH ? s->zh_help : s->en_help),
				str_of(s->fallback), str_of(s->generate), str_of(s->unless), s->secret, s->needed, s->shown != NULL, s->yes,
				s->max,
			};
	}
	*page = (struct page){ .rows = { lines, lines ? n : 0 }, .total = (int64_t)n };
	return lines ? 0 : E_MEMORY;
}

static struct str typed(const struct channel_draft *d, const char *key)
{
	const struct typed_value *v = d->values.at;
	for (size_t i = 0; i < d->values.count; i++)
		if (str_is(v[i].key, key))
			return str_trim(v[i].text);
	return S("");
}

/* Every setting is one of its connector's, and no longer than that; needed ones are there (`before`: were typed once). */
static int settings_check(struct request *rq, const struct channel_draft *d, const struct channel *before)
{
	const struct connector *k = connector_of(d->kind);
	const struct typed_value *v = d->values.at;
	if (!k)
		return rq_complain(rq, E_NOT_ONE_OF, S("kind"));
	for (size_t i = 0; i < d->values.count; i++) {
		const struct channel_setting *s = setting_of(k, v[i].key);
		if (!s || s->shown)
			return rq_complain(rq, E_UNKNOWN_FIELD, str_format(rq->arena, "values[%zu].key", i));
	}
	for (const struct channel_setting *s = k->settings; s && s->key; s++) {
		struct str text = typed(d, s->key), known = S("");
		int r = before && s->secret ? channel_setting(rq->tx, rq->community, before, s->key, &known) : 0;
		if (r < 0)
			return r;
		if (s->max && utf8_count(text) > (size_t)s->max)
			return rq_complain(rq, E_TOO_LONG, str_of(s->key));
		if (s->needed && !text.len && !known.len && !(s->fallback && *s->fallback) && !(s->unless && typed(d, s->unless).len))
			return rq_complain(rq, E_MISSING_FIELD, str_of(s->key));
	}
	return 0;
}

static int settings_keep(struct request *rq, struct id channel, const struct channel_draft *d, struct str *ret_json)
{
	const struct connector *k = connector_of(d->kind);
	struct buf b;
	int r = 0, n = 0;
	buf_init(&b, 64 * 1024);
	buf_byte(&b, '{');
	for (const struct channel_setting *s = k->settings; r >= 0 && s && s->key; s++) {
		struct str text = typed(d, s->key);
		if (!text.len)
			continue;
		if (s->secret) {
			r = put_sealed(rq->tx, rq->community, channel, str_format(rq->arena, "set %s", s->key), text, (struct instant){ 0 });
			continue;
		}
		buf_format(&b, "%s\"%s\":", n++ ? "," : "", s->key);
		buf_json(&b, text);
	}
	buf_byte(&b, '}');
	*ret_json = str_copy(rq->arena, buf_view(&b));
	r = r < 0 ? r : buf_failed(&b) || !ret_json->at ? E_MEMORY : 0;
	buf_free(&b);
	return r;
}

static QUERY(channel_total_of, READS, &row_channel_total, TAKES(K_ID), "SELECT count(*) AS n FROM channel WHERE community_id = ?1");
static QUERY(channel_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO channel (community_id, id, kind, name, state, subject, slug, settings, trouble, troubled_at, heard_at, said_at,"
	" created_at) VALUES (?1, ?2, ?3, ?4, 'on', '', ?5, ?6, '', 0, 0, 0, ?7)");

/* The row alone: E_TOO_MANY. */
static int keep_channel(struct tx *tx, struct id community, const struct channel *c, struct str json)
{
	struct channel_total total;
	char slug[SLUG_LENGTH + 1];
	int r = tx_one(tx, &channel_total_of, &total, V(community));
	if (r < 0 || total.n >= CHANNELS_MAX)
		return r < 0 ? r : E_TOO_MANY;
	secret_slug(slug, SLUG_LENGTH);
	r = tx_run(tx, &channel_insert, V(community), V(c->id), V(c->kind), V(c->name), V(str_of(slug)), V(json), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

int channel_make(struct tx *tx, struct id community, struct str kind, struct str name, struct id *ret)
{
	struct channel c = { .id = tx_new_id(tx), .kind = kind, .name = name };
	int r = keep_channel(tx, community, &c, S("{}"));
	if (r < 0 || (r = event_emit(tx, community, &channel_events[CHANNEL_MADE], &(struct event){ .subject = c.id })) < 0)
		return r;
	*ret = c.id;
	return 0;
}

static int post_channel(struct request *rq, const void *in, void *out)
{
	const struct channel_draft *d = in;
	struct channel c = { .id = tx_new_id(rq->tx), .kind = d->kind, .name = str_trim(d->name) };
	struct str json;
	int r;
	if (c.name.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	if ((r = settings_check(rq, d, NULL)) < 0 || (r = settings_keep(rq, c.id, d, &json)) < 0 ||
	    (r = keep_channel(rq->tx, rq->community, &c, json)) < 0 ||
	    (r = say(rq, CHANNEL_MADE, "channel_made", &c)) < 0)
		return r;
	return show(rq, c.id, out);
}

static QUERY(channel_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE channel SET name = ?3, settings = ?4 WHERE community_id = ?1 AND id = ?2");

static int put_channel(struct request *rq, const void *in, void *out)
{
	struct channel_draft d = *(const struct channel_draft *)in;
	struct channel c;
	struct str json;
	int r = channel_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0)
		return r;
	d.kind = c.kind;
	c.name = str_trim(d.name);
	if (c.name.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	if ((r = settings_check(rq, &d, &c)) < 0 || (r = settings_keep(rq, c.id, &d, &json)) < 0 ||
	    (r = tx_run(rq->tx, &channel_update, V(rq->community), V(c.id), V(c.name), V(json))) < 0 ||
	    (r = say(rq, CHANNEL_CHANGED, "channel_changed", &c)) < 0)
		return r;
	return show(rq, c.id, out);
}

static QUERY(channel_set_state, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE channel SET state = ?3 WHERE community_id = ?1 AND id = ?2");

int channel_switch_off(struct tx *tx, struct id community, struct id channel)
{
	int r = tx_run(tx, &channel_set_state, V(community), V(channel), V(S("off")));
	if (r <= 0 || (r = outbox_cancel_of(tx, community, channel)) < 0)
		return r;
	return event_emit(tx, community, &channel_events[CHANNEL_CHANGED], &(struct event){ .subject = channel });
}

static int post_state(struct request *rq, const void *in, void *out)
{
	const struct channel_switch *s = in;
	struct channel c;
	int r = channel_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = s->on ? tx_run(rq->tx, &channel_set_state, V(rq->community), V(c.id), V(S("on")))
	                        : channel_switch_off(rq->tx, rq->community, c.id)) < 0 ||
	    (r = say(rq, CHANNEL_CHANGED, s->on ? "channel_on" : "channel_off", &c)) < 0)
		return r;
	return show(rq, c.id, out);
}

static QUERY(channel_drop_secrets, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM channel_secret WHERE community_id = ?1 AND channel_id = ?2");
static QUERY(channel_drop_orphans, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM channel_group WHERE community_id = ?1 AND channel_id = ?2 AND NOT EXISTS (SELECT 1 FROM chat_group g"
	" WHERE g.community_id = ?1 AND g.id = channel_group.group_id)");
static QUERY(channel_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM channel WHERE community_id = ?1 AND id = ?2");

static int delete_channel(struct request *rq, const void *in, void *out)
{
	struct channel c;
	struct channel_total groups;
	(void)in, (void)out;
	int r = channel_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_run(rq->tx, &channel_drop_orphans, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_one(rq->tx, &channel_groups_n, &groups, V(rq->community), V(c.id))) < 0)
		return r;
	if (groups.n)
		return E_CHANNEL_IN_USE;
	if ((r = tx_run(rq->tx, &channel_drop_secrets, V(rq->community), V(c.id))) < 0 ||
	    (r = tx_run(rq->tx, &channel_drop, V(rq->community), V(c.id))) < 0)
		return r;
	return say(rq, CHANNEL_CHANGED, "channel_removed", &c);
}

/* ---- API: groups of a channel --------------------------------------------------------------------------------- */

static QUERY(bound_groups, READS, &row_bound_group, TAKES(K_ID, K_ID, K_ID),
	"SELECT l.group_id, g.name, l.subject, g.member_count AS members FROM channel_group l" LIVES " AND l.channel_id = ?2"
	" AND " SEES_GROUP("?3", "l.community_id", "l.group_id") " ORDER BY l.group_id LIMIT 3000");

static int get_groups(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = channel_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &bound_groups, &page->rows, V(rq->community), V(c.id), V(rq->only))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static QUERY(found_groups, READS, &row_bound_group, TAKES(K_ID, K_ID),
	"SELECT f.channel_id AS group_id, f.name, f.subject, f.members FROM channel_found f WHERE f.community_id = ?1 AND f.channel_id = ?2"
	" AND NOT EXISTS (SELECT 1 FROM channel_group l WHERE l.community_id = f.community_id AND l.channel_id = f.channel_id"
	"  AND l.subject = f.subject) ORDER BY f.name, f.subject LIMIT 1000");

static int get_found(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = channel_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0 || (r = tx_all(rq->tx, &found_groups, &page->rows, V(rq->community), V(c.id))) < 0)
		return r;
	for (size_t i = 0; i < page->rows.count; i++)
		((struct bound_group *)page->rows.at)[i].group_id.n = 0;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static QUERY(found_name, READS, &row_text_item, TAKES(K_ID, K_ID, K_STR),
	"SELECT name AS item FROM channel_found WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

static int post_group(struct request *rq, const void *in, void *out)
{
	const struct binding *b = in;
	struct text_item name = { S("") };
	struct channel c;
	struct bound_group *ret = out;
	struct group_brief brief;
	struct str subject = str_trim(b->subject);
	int r = channel_get(rq->tx, rq->community, rq->path_id, &c);
	if (r < 0)
		return r;
	if (!subject.len)
		return rq_complain(rq, E_TOO_SHORT, S("subject"));
	if ((r = tx_one(rq->tx, &found_name, &name, V(rq->community), V(c.id), V(subject))) < 0 && r != E_NOT_FOUND)
		return r;
	int64_t number;                           /* one that people know it by; others name nothing */
	if (!name.item.len && str_to_int(subject, &number))
		name.item = str_format(rq->arena, "群 %lld", (long long)number);
	if ((r = channel_bind(rq->tx, rq->community, &c, subject, name.item, b->group_id, &brief.id)) < 0)
		return r == E_CONFLICT ? rq_complain(rq, E_NAME_TAKEN, S("subject")) : r == E_NOT_FOUND ? rq_complain(rq, r, S("group_id")) : r;
	if ((r = group_get_brief(rq->tx, rq->community, brief.id, &brief)) < 0)
		return r;
	*ret = (struct bound_group){ brief.id, brief.name, subject, brief.member_count };
	return audit_note(rq, "channel_bound", brief.id, brief.name);
}

static int post_group_remove(struct request *rq, const void *in, void *out)
{
	const struct unbinding *u = in;
	struct channel c;
	struct id group = u->group_id;
	struct str subject;
	(void)out;
	int r = channel_of_group(rq->tx, rq->community, group, &c, &subject);
	if (r == E_NOT_FOUND || (r == 0 && c.id.n != rq->path_id.n))
		return rq_complain(rq, E_NOT_FOUND, S("group_id"));
	if (r < 0 || (r = channel_unbind(rq->tx, rq->community, group)) < 0)
		return r;
	return say(rq, CHANNEL_CHANGED, "channel_unbound", &c);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/connectors",                  ROLE_READER, get_connectors, NULL, &row_connector_line,
	  "Kinds of platform that can be connected, and what each asks for", OUT_PAGE },
	{ "GET",    "/channels",                    ROLE_READER, get_channels, NULL, &row_channel_line,
	  "Connected accounts, oldest first", OUT_PAGE },
	{ "POST",   "/channels",                    ROLE_ADMIN,  post_channel, &row_channel_draft, &row_channel_line,
	  "Connect an account" },
	{ "GET",    "/channels/{id}",               ROLE_READER, get_channel,  NULL, &row_channel_line,
	  "One connected account", .sees = sees_all },
	{ "PUT",    "/channels/{id}",               ROLE_ADMIN,  put_channel,  &row_channel_draft, &row_channel_line,
	  "Edit a connected account" },
	{ "POST",   "/channels/{id}/state",         ROLE_ADMIN,  post_state,   &row_channel_switch, &row_channel_line,
	  "Switch it on or off" },
	{ "DELETE", "/channels/{id}",               ROLE_ADMIN,  delete_channel, NULL, NULL,
	  "Disconnect an account that no group lives on", OUT_NONE },
	{ "GET",    "/channels/{id}/groups",        ROLE_READER, get_groups,   NULL, &row_bound_group,
	  "Groups that live there", OUT_PAGE, .sees = sees_all },
	{ "POST",   "/channels/{id}/groups",        ROLE_ADMIN,  post_group,   &row_binding, &row_bound_group,
	  "Say that a group lives there" },
	{ "GET",    "/channels/{id}/found",         ROLE_ADMIN,  get_found,    NULL, &row_bound_group,
	  "Groups that the platform lists and that are not bound", OUT_PAGE },
	{ "POST",   "/channels/{id}/groups/remove", ROLE_ADMIN,  post_group_remove, &row_unbinding, NULL,
	  "A group lives there no more: it goes on by hand", OUT_NONE },
	{ "GET",    "/api/in/{slug}", ROLE_PUBLIC, callback_get, NULL, NULL,
	  "A platform asks whether this address is ours", OUT_BODY, .makes = "text/plain", .raw = true },
	{ "POST",   "/api/in/{slug}", ROLE_PUBLIC, callback_post, NULL, NULL,
	  "A platform tells what happened", OUT_BODY, .ready = callback_ready,
	  .makes = "text/plain", .body_max = 1024 * 1024, .no_csrf = true, .raw = true },
	{ 0 },
};

static const struct query *const queries[] = {
	&channel_by_id, &channel_whose, &channels_of, &secret_of, &secret_put, &secret_drop, &plain_setting_of, &channel_set_trouble,
	&channel_set_subject,
	&group_of_subject, &found_put, &found_drop, &found_groups, &found_name, &places_of_channel, &place_of_group,
	&place_insert, &place_drop, &place_drop_orphan,
	&group_moves_to, &ways_to, &subject_on,
	&channel_heard_now,
	&channel_groups_n, &channel_total_of, &channel_insert, &channel_update, &channel_set_state, &channel_drop_secrets,
	&channel_drop_orphans, &channel_drop, &bound_groups, NULL,
};

const struct feature feature_channel = {
	.name = "channel", .api = "channels", .routes = routes, .queries = queries, .events = channel_events,
};
