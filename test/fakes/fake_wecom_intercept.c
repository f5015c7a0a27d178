/* fake_wecom_intercept.c: rules about words (敏感词) of the fake 企业微信.
 *
 * Strict     A name has 1 to 20 characters, a rule at most 300 words of 1 to 32; kinds 1 to 3, what happens 1 or 2; whom it concerns at
 *            most a thousand users, who are staff, and as many departments, not nobody. A hundred rules. Changing takes its kinds in
 *            extra_rule, and whom it concerns as what comes and what goes: said as when making one, it is refused (40058).
 */
#include "fake_wecom_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define RULES_MOST 100

static bool length_ok(json_t *text, size_t most)
{
	const char *t = json_string_value(text);
	size_t n = 0;
	for (const char *c = t; c && *c; c++)
		n += (*c & 0xc0) != 0x80;
	return n >= 1 && n <= most;
}

static int check_range(struct wecom_fake *f, json_t *range, bool may_be_empty)
{
	json_t *users = json_object_get(range, "user_list"), *departments = json_object_get(range, "department_list"), *one;
	size_t i;
	if ((users && !json_is_array(users)) || (departments && !json_is_array(departments)) || json_array_size(users) > 1000 ||
	    json_array_size(departments) > 1000 || (!may_be_empty && !json_array_size(users) && !json_array_size(departments)))
		return 40058;
	json_array_foreach(users, i, one)
		if (!json_is_string(one) || !json_object_get(f->staff, json_string_value(one)))
			return 40003;
	json_array_foreach(departments, i, one)
		if (!json_is_integer(one))
			return 40058;
	return 0;
}

static int check_words(json_t *in, json_t *semantics)
{
	json_t *words = json_object_get(in, "word_list"), *one;
	size_t i;
	int64_t type = json_integer_value(json_object_get(in, "intercept_type"));
	if (!length_ok(json_object_get(in, "rule_name"), 20) || json_array_size(words) > 300 || type < 1 || type > 2 ||
	    (!json_array_size(words) && !json_array_size(semantics)))
		return 40058;
	json_array_foreach(words, i, one)
		if (!length_ok(one, 32))
			return 40058;
	json_array_foreach(semantics, i, one)
		if (json_integer_value(one) < 1 || json_integer_value(one) > 3)
			return 40058;
	return 0;
}

static json_t *copy_of(json_t *in, const char *list)
{
	json_t *there = json_object_get(in, list);
	return there ? json_deep_copy(there) : json_array();
}

static int add(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	char number[40];
	json_t *semantics = json_object_get(in, "semantics_list"), *range = json_object_get(in, "applicable_range");
	int code = wecom_kinds(in, "rule_name:s word_list:a semantics_list:a intercept_type:i applicable_range:o");
	(void)ask;
	if (code || (code = check_words(in, semantics)) || (code = check_range(f, range, false)))
		return code;
	if (json_object_size(f->rules) >= RULES_MOST)
		return 45002;
	json_t *rule = json_pack("{s:O,s:o,s:{s:o},s:O,s:{s:o,s:o}}", "rule_name", json_object_get(in, "rule_name"),
		"word_list", copy_of(in, "word_list"), "extra_rule", "semantics_list", copy_of(in, "semantics_list"), "intercept_type",
		json_object_get(in, "intercept_type"), "applicable_range", "user_list", copy_of(range, "user_list"), "department_list",
		copy_of(range, "department_list"));
	wecom_number(f, "rule", number, sizeof number);
	json_object_set_new(f->rules, number, rule);
	json_object_set_new(out, "rule_id", json_string(number));
	return 0;
}

static int list(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *all = json_array(), *one;
	const char *number;
	(void)ask, (void)in;
	json_object_foreach(f->rules, number, one)
		json_array_append_new(all, json_pack("{s:s,s:O,s:I}", "rule_id", number, "rule_name", json_object_get(one, "rule_name"),
		                                     "create_time", (json_int_t)wecom_now()));
	json_object_set_new(out, "rule_list", all);
	return 0;
}

static int get(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *rule = json_object_get(f->rules, wecom_text(in, "rule_id"));
	(void)ask;
	if (!rule)
		return 40058;
	json_t *copy = json_deep_copy(rule);
	json_object_set(copy, "rule_id", json_object_get(in, "rule_id"));
	json_object_set_new(out, "rule", copy);
	return 0;
}

static bool same(json_t *a, json_t *b) { return json_equal(a, b); }

static void change_list(json_t *range, const char *name, json_t *comes, json_t *goes)
{
	json_t *now = json_object_get(range, name), *one, *left = json_array();
	size_t i, k;
	json_array_foreach(now, i, one) {
		json_t *other;
		bool gone = false;
		json_array_foreach(json_object_get(goes, name), k, other)
			gone = gone || same(one, other);
		if (!gone)
			json_array_append(left, one);
	}
	json_array_foreach(json_object_get(comes, name), i, one)
		json_array_append(left, one);
	json_object_set_new(range, name, left);
}

static int update(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	json_t *rule = json_object_get(f->rules, wecom_text(in, "rule_id"));
	json_t *semantics = json_object_get(json_object_get(in, "extra_rule"), "semantics_list");
	json_t *comes = json_object_get(in, "add_applicable_range"), *goes = json_object_get(in, "remove_applicable_range");
	int code = wecom_kinds(in, "rule_id:s rule_name:s word_list:a extra_rule:o intercept_type:i add_applicable_range:o"
	                           " remove_applicable_range:o");
	(void)ask, (void)out;
	if (code || !rule || json_object_get(in, "semantics_list") || json_object_get(in, "applicable_range"))
		return 40058;
	if ((code = check_words(in, semantics)) || (code = check_range(f, comes, true)) || (code = check_range(f, goes, true)))
		return code;
	json_t *range = json_deep_copy(json_object_get(rule, "applicable_range"));
	change_list(range, "user_list", comes, goes);
	change_list(range, "department_list", comes, goes);
	code = check_range(f, range, false);
	if (!code) {
		json_object_set(rule, "rule_name", json_object_get(in, "rule_name"));
		json_object_set_new(rule, "word_list", json_deep_copy(json_object_get(in, "word_list")));
		json_object_set_new(rule, "extra_rule", json_deep_copy(json_object_get(in, "extra_rule")));
		json_object_set(rule, "intercept_type", json_object_get(in, "intercept_type"));
		json_object_set(rule, "applicable_range", range);
	}
	json_decref(range);
	return code;
}

static int del(struct wecom_fake *f, const struct wire_ask *ask, json_t *in, json_t *out)
{
	(void)ask, (void)out;
	return json_object_del(f->rules, wecom_text(in, "rule_id")) == 0 ? 0 : 40058;
}

const struct wecom_door wecom_doors_intercept[] = {
	{ "cgi-bin/externalcontact/add_intercept_rule", false, add },
	{ "cgi-bin/externalcontact/get_intercept_rule_list", true, list },
	{ "cgi-bin/externalcontact/get_intercept_rule", false, get },
	{ "cgi-bin/externalcontact/update_intercept_rule", false, update },
	{ "cgi-bin/externalcontact/del_intercept_rule", false, del },
	{ 0 },
};

/* ---- What people do ---- */

static json_t *rule_named(struct wecom_fake *f, const char *name, const char **ret_number)
{
	json_t *one;
	json_object_foreach(f->rules, *ret_number, one)
		if (strcmp(wecom_text(one, "rule_name"), name) == 0)
			return one;
	return NULL;
}

const char *wecom_fake_rule(struct wecom_fake *f, const char *name)
{
	static char text[8000];
	const char *number;
	pthread_mutex_lock(&f->lock);
	json_t *rule = rule_named(f, name, &number);
	char *all = rule ? json_dumps(rule, JSON_COMPACT | JSON_PRESERVE_ORDER) : strdup("");
	snprintf(text, sizeof text, "%s", all);
	free(all);
	pthread_mutex_unlock(&f->lock);
	return text;
}

void wecom_fake_rule_word(struct wecom_fake *f, const char *name, const char *word)
{
	const char *number;
	pthread_mutex_lock(&f->lock);
	json_t *rule = rule_named(f, name, &number);
	if (!rule) {
		char fresh[40];
		rule = json_pack("{s:s,s:[],s:{s:[i]},s:i,s:{s:[],s:[i]}}", "rule_name", name, "word_list", "extra_rule", "semantics_list", 2,
		                 "intercept_type", 2, "applicable_range", "user_list", "department_list", 7);
		json_object_set_new(f->rules, wecom_number(f, "rule", fresh, sizeof fresh), rule);
	}
	if (word)
		json_array_append_new(json_object_get(rule, "word_list"), json_string(word));
	else if (rule_named(f, name, &number))
		json_object_del(f->rules, number);
	pthread_mutex_unlock(&f->lock);
}

static void hand_word(struct wecom_fake *f, json_t *in, json_t *out)
{
	(void)out;
	wecom_fake_rule_word(f, wecom_text(in, "rule"), json_string_value(json_object_get(in, "word")));
}

const struct wecom_hand wecom_hands_intercept[] = { { "rule", hand_word }, { 0 } };
