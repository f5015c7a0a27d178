/* scan_make.c: live codes for bench `scan`, made through the program's own routes. */
#include "bench/benches.h"
#include "http/within.h"
#include "people/account.h"
#include "people/community.h"

struct slug_row { struct str slug; };

ROW(slug_row, FIELD(slug_row, slug, "Short link"));

static QUERY(bench_slug, READS, &row_slug_row, TAKES(K_ID, K_ID),
	"SELECT slug FROM livecode_link WHERE community_id = ?1 AND code_id = ?2 LIMIT 1");

static int make_one(struct tx *tx, const struct within *who, struct str *ret_slug)
{
	static const struct within_call make = { "POST", "/livecodes", .json = S("{\"title\":\"bench\",\"look\":\"plain\","
		"\"strategy\":\"order\",\"sticky\":true,\"duplicate_guard\":true,\"gate\":\"none\",\"qr_level\":\"M\"}") };
	struct id code;
	struct slug_row row;
	int r = within_do(tx, who, &make, &code);
	if (r < 0)
		return r;
	struct within_call target = { "POST", "/livecodes/{id}/targets", code, .json = S("{\"kind\":\"url\","
		"\"url\":\"https://example.com/\",\"scan_cap\":0,\"weight\":1,\"visitors\":\"all\"}") };
	struct within_call start = { "POST", "/livecodes/{id}/state", code, .json = S("{\"state\":\"running\"}") };
	if ((r = within_do(tx, who, &target, NULL)) < 0 || (r = within_do(tx, who, &start, NULL)) < 0 ||
	    (r = tx_one(tx, &bench_slug, &row, V(who->community), V(code))) < 0)
		return r;
	*ret_slug = row.slug;
	return 0;
}

static int make(struct tx *tx, const struct bench_run *run, struct id *community, size_t count, struct str *ret_slugs)
{
	struct within who = { .features = run->features, .community = *community };
	int r = community->n ? 0 : community_make(tx, S("bench"), S("Asia/Shanghai"), &who.community);
	for (size_t i = 0; i < count && r >= 0; i++)
		r = make_one(tx, &who, &ret_slugs[i]);
	*community = who.community;
	return r;
}

static int run(const struct bench_run *run)
{
	return scan_curve(run, make);
}

const struct bench bench_scan = { "scan", "Scan → durable counted visit → redirect, from 1 to 100,000 live codes", run };
