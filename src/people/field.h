/* field.h: custom fields of members (自定义字段): what a community wants to know besides the profile.
 *
 * Kinds      text · lines · number · money · date · bool · choice · choices · link (a web address, phone number or e-mail).
 * Stored     A value has its canonical text and, for kinds that are compared, a number: number in 1/10000, money in fen,
 *            date in days since 1970, bool 1 or 0. Several choices are one row each (nth 0, 1 …), in the definition's order.
 * Holds      Key and kind of a definition never change. No value is empty. Every value fits its definition as it was when
 *            it was written; a choice that a member carries cannot be taken out of the definition.
 * Test       field_test.c.
 */
#pragma once
#include "people/member.h"

#define FIELD_KINDS  "text lines number money date bool choice choices link"

/* A member's values: rows of struct member_value, in the definitions' order, archived ones left out. */
int field_values(struct tx *, struct id community, struct id member, struct rows *ret);
/* Would these values be taken? 0, or what is wrong with them as "values.KEY". */
int field_check(struct tx *, struct id community, struct rows values, struct complaint *ret_why);
/* Write these values (see struct member_value). `fill`: only where there is none. 1: something changed, 0: nothing;
 * a wrong value is told in *ret_why as "values.KEY". */
int field_put(struct tx *, struct id community, struct id member, struct rows values, bool fill, struct complaint *ret_why);
/* Is every required field there? E_MISSING_FIELD and "values.KEY". */
int field_require(struct tx *, struct id community, struct id member, struct complaint *ret_why);
/* All values, of archived fields too; and back again, whole, whatever the definitions say by now: what a merge keeps. */
int field_values_kept(struct tx *, struct id community, struct id member, struct rows *ret);
int field_restore(struct tx *, struct id community, struct id member, struct rows values);
/* The member goes. */
int field_drop_member(struct tx *, struct id community, struct id member);
/* For a filter: the definition of this key, and the value as it is compared (text_key). E_NOT_FOUND: no such key. */
int field_compare(struct tx *, struct id community, struct str key, struct str text, struct id *ret_field, struct str *ret_key);

/* The definitions in use, in order: rows of struct field_brief. */
struct field_brief { struct id id; struct str key, kind, label, help; struct rows choices; bool required, used; };
int field_list(struct tx *, struct id community, struct rows *ret);

extern const struct feature feature_field;
