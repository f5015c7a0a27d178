/* heard.c: see heard.h. */
#include "channel/onebot/heard.h"

#include <jansson.h>

#include "base/arena.h"
#include "base/secret.h"

static struct str text_at(const json_t *o, const char *key, struct arena *arena)
{
	const json_t *v = json_object_get(o, key);
	if (json_is_string(v))
		return str_copy(arena, (struct str){ json_string_value(v), json_string_length(v) });
	if (json_is_integer(v))
		return str_format(arena, "%lld", (long long)json_integer_value(v));
	return S("");
}

static int64_t number_at(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	int64_t n = 0;
	if (json_is_integer(v))
		return json_integer_value(v);
	return json_is_string(v) && str_to_int((struct str){ json_string_value(v), json_string_length(v) }, &n) ? n : 0;
}

static bool word_is(const json_t *o, const char *key, const char *word)
{
	const json_t *v = json_object_get(o, key);
	return json_is_string(v) && strcmp(json_string_value(v), word) == 0;
}

/* ---- Messages --------------------------------------------------------------------------------------- */

static const struct { const char *type, *what; } kinds[] = {
	{ "image", "image" }, { "mface", "face" }, { "face", "face" }, { "record", "voice" }, { "video", "video" }, { "file", "file" },
	{ "share", "link" }, { "location", "location" }, { "json", "link" }, { "xml", "link" }, { "forward", "link" }, { "music", "link" },
};

static void look_at(const struct segment *s, struct onebot_event *e)
{
	struct str url = segment_get(s, "url"), file = segment_get(s, "file");
	if (str_is(s->type, "at") && (str_equal(segment_get(s, "qq"), e->self)))
		e->mentions_us = true;
	if (str_is(s->type, "reply"))
		e->reply_to = segment_get(s, "id");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_is(s->type, kinds[i].type) && !e->media.len) {
			e->what = str_of(kinds[i].what);
			e->media = url.len ? url : file;
		}
}

/* By its id where there is one, else by name, size and minute: short, and plain text. */
static struct str file_mark(struct arena *arena, const struct onebot_event *e, struct str id, struct str name, struct str size)
{
	char hash[HASH_TEXT + 1];
	struct str what = id.len ? id : str_format(arena, "%.*s %.*s %lld", STR(name), STR(size), (long long)(e->at.ms / MINUTE));
	struct str whose = str_format(arena, "%.*s %.*s %.*s", STR(e->group), STR(e->user), STR(what));
	hash_text((struct blob){ whose.at, whose.len }, hash);
	return str_format(arena, "file %s", hash);
}

/* Its name for people; who sends it tells it under one name or another. */
static void name_file(const struct segment *s, struct arena *arena, struct onebot_event *e)
{
	struct str name = segment_get(s, "name"), id = segment_get(s, "file_id"), size = segment_get(s, "file_size");
	name = name.len ? name : segment_get(s, "file_name");
	name = name.len ? name : segment_get(s, "file");
	e->words = e->words.len ? str_format(arena, "%.*s %.*s", STR(e->words), STR(name)) : name;
	e->file = file_mark(arena, e, id, name, size);
}

static int read_message(const json_t *o, struct arena *arena, struct onebot_event *e)
{
	struct segments all = { 0 };
	const json_t *sender = json_object_get(o, "sender"), *message = json_object_get(o, "message");
	int r = segments_of_json(message ? message : json_object_get(o, "raw_message"), arena, &all);
	if (r < 0)
		return r;
	e->number = text_at(o, "message_id", arena);
	e->nickname = text_at(sender, "nickname", arena);
	e->card = text_at(sender, "card", arena);
	e->role = text_at(sender, "role", arena);
	e->what = S("text");
	for (size_t i = 0; i < all.count; i++)
		look_at(&all.at[i], e);
	e->words = segments_words(&all, arena);
	for (size_t i = 0; i < all.count; i++)
		if (str_is(all.at[i].type, "file"))
			name_file(&all.at[i], arena, e);
	if (!e->number.len || !e->user.len)
		return E_INVALID;
	/* `anonymous`: the number behind it is nobody's */
	bool nobody = json_is_object(json_object_get(o, "anonymous"));
	e->kind = nobody ? ONEBOT_OTHER : word_is(o, "message_type", "group") ? ONEBOT_GROUP_MESSAGE : ONEBOT_PRIVATE_MESSAGE;
	return e->kind == ONEBOT_GROUP_MESSAGE && !e->group.len ? E_INVALID : 0;
}

/* ---- Notices, requests, beats ------------------------------------------------------------------------ */

static const struct { const char *type, *sub; enum onebot_kind kind; } notices[] = {
	{ "group_increase", NULL, ONEBOT_JOINED },
	{ "group_decrease", "leave", ONEBOT_LEFT },      { "group_decrease", "kick", ONEBOT_REMOVED },
	{ "group_decrease", "kick_me", ONEBOT_GROUP_GONE }, { "group_decrease", "disband", ONEBOT_GROUP_GONE },
	{ "group_dismiss", NULL, ONEBOT_GROUP_GONE },
	{ "group_ban", NULL, ONEBOT_MUTED },             { "group_recall", NULL, ONEBOT_RECALLED },
	{ "group_card", NULL, ONEBOT_CARD },             { "group_admin", NULL, ONEBOT_ROLE },
};

/* A file in a group, or from a friend (offline_file): said as a message whose words are its name. Some tell it as a message, too. */
static void read_upload(const json_t *o, struct arena *arena, struct onebot_event *e)
{
	const json_t *file = json_object_get(o, "file");
	e->words = text_at(file, "name", arena);
	e->media = text_at(file, "url", arena);
	e->file = e->number = file_mark(arena, e, text_at(file, "id", arena), e->words, text_at(file, "size", arena));
	e->what = S("file");
	if (e->user.len && e->words.len)
		e->kind = e->group.len ? ONEBOT_GROUP_MESSAGE : ONEBOT_PRIVATE_MESSAGE;
}

static void read_notice(const json_t *o, struct arena *arena, struct onebot_event *e)
{
	if (word_is(o, "notice_type", e->group.len ? "group_upload" : "offline_file")) {
		read_upload(o, arena, e);
		return;
	}
	for (size_t i = 0; i < sizeof notices / sizeof *notices; i++)
		if (word_is(o, "notice_type", notices[i].type) && (!notices[i].sub || word_is(o, "sub_type", notices[i].sub)))
			e->kind = notices[i].kind;
	e->number = text_at(o, "message_id", arena);
	e->card = text_at(o, "card_new", arena);
	e->role = word_is(o, "sub_type", "unset") ? S("member") : S("admin");
	/* LLOneBot calls the whole group's mute "lift_ban": its -1 seconds are to be trusted, not the word. */
	e->seconds = number_at(o, "duration");
	if (e->kind == ONEBOT_MUTED && e->seconds >= 0 && word_is(o, "sub_type", "lift_ban"))
		e->seconds = 0;
	if (!e->group.len)
		e->kind = ONEBOT_OTHER;
}

int onebot_read(struct str json, struct arena *arena, struct onebot_event *ret)
{
	json_t *o = json_loadb(json.at ? json.at : "", json.len, JSON_REJECT_DUPLICATES, NULL);
	struct onebot_event e = { .at = { number_at(o, "time") * SECOND } };
	int r = json_is_object(o) && json_is_string(json_object_get(o, "post_type")) ? 0 : E_INVALID;
	if (r == 0) {
		e.self = text_at(o, "self_id", arena);
		e.group = text_at(o, "group_id", arena);
		e.user = text_at(o, "user_id", arena);
		e.operator = text_at(o, "operator_id", arena);
		e.sub_type = text_at(o, "sub_type", arena);
	}
	if (r == 0 && word_is(o, "post_type", "message")) {
		r = read_message(o, arena, &e);
	} else if (r == 0 && word_is(o, "post_type", "notice")) {
		read_notice(o, arena, &e);
	} else if (r == 0 && word_is(o, "post_type", "request") && word_is(o, "request_type", "group")) {
		e.kind = e.group.len ? ONEBOT_ASKED : ONEBOT_OTHER;
		e.flag = text_at(o, "flag", arena);
		e.comment = text_at(o, "comment", arena);
	} else if (r == 0 && word_is(o, "post_type", "meta_event") && word_is(o, "meta_event_type", ONEBOT_KNOCK)) {
		e.kind = ONEBOT_KNOCKED;
	} else if (r == 0 && word_is(o, "post_type", "request") && word_is(o, "request_type", "friend")) {
		e.kind = ONEBOT_ASKED;
		e.group = S("");
		e.sub_type = S("friend");
		e.flag = text_at(o, "flag", arena);
		e.comment = text_at(o, "comment", arena);
	} else if (r == 0 && word_is(o, "meta_event_type", "heartbeat")) {
		const json_t *status = json_object_get(o, "status");
		e.kind = ONEBOT_BEAT;
		e.interval_ms = number_at(o, "interval");
		e.good = json_is_true(json_object_get(status, "online")) && !json_is_false(json_object_get(status, "good"));
	}
	json_decref(o);
	if (r < 0 || arena_failed(arena))
		return r < 0 ? r : E_MEMORY;
	*ret = e;
	return 0;
}
