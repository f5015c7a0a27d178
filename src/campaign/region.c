/* region.c: a campaign for members of some cities or regions (只给部分城市).
 *
 * Story      A shop in 杭州 and one in 嘉兴 give a coupon. Whose profile says 杭州市西湖区 takes part at once; whose says 上海 reads
 *            for whom it is; who never told a city is asked for it with the name, and it becomes part of their profile.
 * Rule       A city belongs to a region where a place name in it begins with the region's, without the ending of either:
 *            浙江省杭州市西湖区 holds 浙江, 杭州 and 西湖, and 上海南汇 does not hold 海南.
 * Not here   Guessing: an address on the network says nothing of where somebody lives, and is not asked.
 * Owns       campaign_region.
 * Holds      What the profile says decides; what is typed while joining only fills a gap there, and a refusal leaves nothing.
 * Test       region_test.c
 */
#include "base/utf8.h"
#include "campaign/campaign.h"
#include "people/member.h"

#define NAMES_BYTES 4096

/* ---- Rules: no store, no clock ------------------------------------------------------------------ */

static const char *const provinces[] = {
	"北京", "天津", "上海", "重庆", "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南", "湖北",
	"湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾", "内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门",
};
static const char *const endings[] = { "特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "自治州", "地区", "省", "市", "区", "县" };
static const char *const between[] = { " ", "　", "-", "/", ",", "，", "、", "·" };

#define EAT_ANY(rest, words) eat_any(rest, words, sizeof words / sizeof *words)

static bool eat_any(struct str *rest, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str word = str_of(words[i]);
		if (str_starts(*rest, word)) {
			*rest = (struct str){ rest->at + word.len, rest->len - word.len };
			return true;
		}
	}
	return false;
}

/* 杭州市 → 杭州; a name is never eaten up. */
static struct str bare(struct str name)
{
	name = str_trim(name);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t len = strlen(endings[i]);
		struct str kept = { name.at, name.len > len ? name.len - len : 0 };
		if (utf8_count(kept) >= 2 && str_is((struct str){ name.at + kept.len, len }, endings[i]))
			return kept;
	}
	return name;
}

/* Where the next place name may begin: behind a province, an ending, or what stands between names. */
static struct str next_name(struct str rest)
{
	if (EAT_ANY(&rest, provinces)) {
		(void)EAT_ANY(&rest, endings);
		return str_trim(rest);
	}
	while (rest.len) {
		if (EAT_ANY(&rest, endings) || EAT_ANY(&rest, between))
			return str_trim(rest);
		(void)utf8_next(&rest);
	}
	return rest;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool begins_with(struct str text, struct str name)
{
	if (!name.len || text.len < name.len || !str_equal_fold((struct str){ text.at, name.len }, name))
		return false;
	return text.len == name.len || !is_letter(name.at[name.len - 1]) || !is_letter(text.at[name.len]);       /* York, not Yorkton */
}

bool region_holds(struct str region, struct str city)
{
	struct str name = bare(region);
	for (struct str rest = str_trim(city); rest.len; rest = next_name(rest))
		if (begins_with(rest, name))
			return true;
	return false;
}

static bool any_holds(const struct campaign *c, struct str city)
{
	const struct text_item *regions = c->regions.at;
	for (size_t i = 0; i < c->regions.count; i++)
		if (region_holds(regions[i].item, city))
			return true;
	return false;
}

static bool is_named(const struct campaign *c, struct str name)
{
	const struct text_item *regions = c->regions.at;
	for (size_t i = 0; i < c->regions.count; i++)
		if (str_equal(str_trim(regions[i].item), str_trim(name)))
			return true;
	return false;
}

bool regions_are_worse(const struct campaign *before, const struct campaign *after)
{
	const struct text_item *regions = before->regions.at;
	bool lost = after->regions.count && !before->regions.count;
	for (size_t i = 0; after->regions.count && i < before->regions.count; i++)
		lost |= !is_named(after, regions[i].item);
	return lost;
}

struct str regions_named(struct arena *arena, const struct campaign *c)
{
	const struct text_item *regions = c->regions.at;
	BUF_SCOPED b;
	buf_init(&b, NAMES_BYTES);
	for (size_t i = 0; i < c->regions.count; i++)
		buf_format(&b, "%s%.*s", i ? "、" : "", STR(regions[i].item));
	return buf_failed(&b) ? S("") : str_copy(arena, buf_view(&b));
}

/* ---- Actions ------------------------------------------------------------------------------------------ */

static QUERY(regions_of, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT region AS item FROM campaign_region WHERE community_id = ?1 AND campaign_id = ?2 ORDER BY place LIMIT 30");

static QUERY(regions_drop, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM campaign_region WHERE community_id = ?1 AND campaign_id = ?2");

static QUERY(region_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT),
	"INSERT INTO campaign_region (community_id, campaign_id, region, place) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, campaign_id, region) DO NOTHING");

int regions_load(struct tx *tx, struct id community, struct campaign *c)
{
	int r = tx_all(tx, &regions_of, &c->regions, V(community), V(c->id));
	return r < 0 ? r : 0;
}

int regions_save(struct tx *tx, struct id community, struct id campaign, struct rows names)
{
	const struct text_item *regions = names.at;
	int r = tx_run(tx, &regions_drop, V(community), V(campaign));
	for (size_t i = 0; r >= 0 && i < names.count; i++)
		r = tx_run(tx, &region_put, V(community), V(campaign), V(str_trim(regions[i].item)), V((int64_t)i));
	return r < 0 ? r : 0;
}

int region_of_visitor(struct tx *tx, struct id community, const struct campaign *c, struct id visitor, struct str typed, enum region *ret)
{
	struct member_profile p = { .city = S("") };
	struct id member;
	*ret = REGION_ANY;
	if (!c->regions.count)
		return 0;
	int r = member_find_visitor(tx, community, visitor, &member);
	if (r == 0)
		r = member_profile_get(tx, community, member, &p);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	struct str city = str_trim(p.city).len ? p.city : str_trim(typed);
	*ret = !city.len ? REGION_ASK : any_holds(c, city) ? REGION_IN : REGION_OUT;
	return 0;
}

/* ---- Declaration ---------------------------------------------------------------------------------------- */

static const struct query *const queries[] = { &regions_of, &regions_drop, &region_put, NULL };

const struct feature feature_campaign_region = { .name = "campaign_region", .queries = queries };
