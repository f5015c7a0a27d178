/* preset.c: good automations to begin with: one click makes one, off, ready to be looked at and tested.
 *
 * Story      A new operator has no idea what to automate. The gallery shows nine sentences that every community ends up with; 欢迎新人
 *            is made with one click, its text is good enough to be used as it is, and what it does stands in plain words.
 * Not here   Anything an operator could not have written in the editor: a preset is a draft, saved by the same door.
 */
#include "automation/automation.h"

#include "base/utf8.h"
#include "groups/livecode.h"

#define ALWAYS   "\"how\":\"any\",\"from\":0,\"until\":0"
#define UNLIMITED "\"per\":\"none\",\"times\":0,\"days\":0"
#define ONCE_A_DAY "\"per\":\"member\",\"times\":1,\"days\":1"
#define HEARS(words) "\"event\":\"message_heard\",\"how\":\"contains\",\"from\":0,\"until\":0,\"words\":[" words "]"
#define SET(key, text) "{\"key\":\"" key "\",\"text\":\"" text "\"}"
#define ACT(what, settings) "{\"what\":\"" what "\",\"settings\":[" settings "]}"

static const struct preset {
	const char *key, *zh_about, *en_about, *zh, *en;
	bool        code;                         /* leads into a group: needs a live code */
} presets[] = {
	{ "welcome",
	  "有人进群就欢迎；一分钟内来的人合在一起说一句，不刷屏", "Greets whoever joins; those who come within a minute share one greeting",
	  "{\"name\":\"欢迎新人\",\"event\":\"member_joined_group\"," ALWAYS "," UNLIMITED ",\"actions\":["
	  ACT("say", SET("text", "欢迎 {nickname} 加入「{group}」👋\\n先看看群公告；来自哪里、想聊什么，打个招呼让大家认识你。")
	  "," SET("mention", "true") "," SET("gather", "60") "," SET("names", "5")) "]}",
	  "{\"name\":\"Welcome\",\"event\":\"member_joined_group\"," ALWAYS "," UNLIMITED ",\"actions\":["
	  ACT("say", SET("text",
		"Welcome to {group}, {nickname} 👋\\nPlease read the notice first, then say hello: where are you from, what brings you here?")
	  "," SET("mention", "true") "," SET("gather", "60") "," SET("names", "5")) "]}" },
	{ "keyword_reply",
	  "问到价格就把价目说清楚；同一个人一天只回一次", "Answers questions about prices; once a day for each person",
	  "{\"name\":\"问价格自动回复\"," HEARS("\"价格\",\"报价\",\"多少钱\",\"怎么卖\"") "," ONCE_A_DAY ",\"actions\":["
	  ACT("say", SET("text", "{nickname}，价目表在群公告里，按型号分好了。没找到你要的，直接 @ 管理员，会有人回你。") "," SET("mention", "true")) "]}",
	  "{\"name\":\"Answer: price\"," HEARS("\"price\",\"how much\",\"cost\"") "," ONCE_A_DAY ",\"actions\":["
	  ACT("say", SET("text",
		"{nickname}, the price list is in the group notice, sorted by model. Not there? Mention an admin and somebody will answer.")
	  "," SET("mention", "true")) "]}" },
	{ "keyword_group",
	  "有人说「进群」，就把活码的链接发给他，点开进对应的群", "Whoever asks to join gets the link of a live code, which leads to the right group",
	  "{\"name\":\"说进群就发入群链接\"," HEARS("\"进群\",\"加群\",\"怎么进群\",\"拉我\"") "," ONCE_A_DAY ",\"actions\":["
	  ACT("invite", SET("where", "group") "," SET("text", "{nickname}，点下面的链接，按提示扫码就能进群：")) "]}",
	  "{\"name\":\"Link into the group\"," HEARS("\"join the group\",\"group link\",\"add me\"") "," ONCE_A_DAY ",\"actions\":["
	  ACT("invite", SET("where", "group") "," SET("text", "{nickname}, open this link and scan the code it shows to join:")) "]}", true },
	{ "tag_by_word",
	  "聊到购买、置换的人，自动贴上「有意向」，之后好找", "Who speaks of buying gets the tag “Interested”, and is easy to find later",
	  "{\"name\":\"聊到购买就贴有意向\"," HEARS("\"想买\",\"怎么买\",\"在哪买\",\"下单\",\"置换\"") "," UNLIMITED ",\"actions\":["
	  ACT("tag_add", SET("tags", "有意向")) "]}",
	  "{\"name\":\"Tag buyers\"," HEARS("\"want to buy\",\"where to buy\",\"order one\"") "," UNLIMITED ",\"actions\":["
	  ACT("tag_add", SET("tags", "Interested")) "]}" },
	{ "tag_by_source",
	  "从活码进来的人，自动贴上来源标签；选定活码，一个活码一条", "Who comes by a live code gets a tag of that source; choose the code, one automation each",
	  "{\"name\":\"活码来的贴标签\",\"event\":\"livecode_joined\"," ALWAYS "," UNLIMITED ",\"actions\":[" ACT("tag_add", SET("tags", "活码来的")) "]}",
	  "{\"name\":\"Tag by source\",\"event\":\"livecode_joined\"," ALWAYS "," UNLIMITED ",\"actions\":[" ACT("tag_add",
		SET("tags", "By live code")) "]}" },
	{ "nickname",
	  "进群半小时还没改群昵称的，提醒一次格式", "Half an hour after joining, whoever has not set a group nickname is reminded how",
	  "{\"name\":\"提醒改群昵称\",\"event\":\"member_joined_group\"," ALWAYS "," UNLIMITED ",\"actions\":[" ACT("wait", SET("minutes", "30")) ","
	  ACT("card", SET("has", "-") "," SET("text", "{nickname}，请把群昵称改成「城市-称呼」，例如「杭州-小林」，方便大家认识你。")) "]}",
	  "{\"name\":\"Group nickname\",\"event\":\"member_joined_group\"," ALWAYS "," UNLIMITED ",\"actions\":[" ACT("wait",
		SET("minutes", "30")) ","
	  ACT("card", SET("has", "-") "," SET("text",
		"{nickname}, please set your group nickname to “City-Name”, say “Leeds-Ann”, so that people know you.")) "]}" },
	{ "thanks",
	  "有人带朋友进群，私下谢谢他；没有邀请人的不打扰", "Thanks, privately, whoever brought a friend into the group",
	  "{\"name\":\"谢谢邀请人\",\"event\":\"member_joined_group\"," ALWAYS ",\"per\":\"none\",\"times\":0,\"days\":0,\"actions\":["
	  ACT("tell", SET("whom", "inviter") "," SET("text", "谢谢你把 {nickname} 带进「{group}」。新朋友有不清楚的，也请你多照应一句。")) "]}",
	  "{\"name\":\"Thank who invites\",\"event\":\"member_joined_group\"," ALWAYS ",\"per\":\"none\",\"times\":0,\"days\":0,\"actions\":["
	  ACT("tell", SET("whom", "inviter") "," SET("text",
		"Thank you for bringing {nickname} to {group}. Please help them find their way around.")) "]}" },
	{ "moderation",
	  "出现广告词就撤回、提醒并记一次；30 天内第二次禁言一小时，管理员会收到提醒。群主和群管理员不受影响",
	  "Takes advertisements back, warns and counts; the second within 30 days mutes for an hour. Owners and admins are let be",
	  "{\"name\":\"广告词处理\"," HEARS("\"刷单\",\"日结兼职\",\"博彩\",\"棋牌代理\",\"加V\",\"代开发票\",\"低价代充\"") "," UNLIMITED ",\"actions\":["
	  ACT("recall", "") "," ACT("strike", SET("reason", "群里不发广告") "," SET("days", "30") "," SET("mute_at",
		"2") "," SET("minutes", "60") "," SET("kick_at", "0")) ","
	  ACT("notify", SET("text", "{nickname} 在「{group}」发了疑似广告，已按群规处理，请看一眼")) "]}",
	  "{\"name\":\"Advertisements\"," HEARS("\"casino\",\"easy money\",\"work from home\",\"crypto signals\"") "," UNLIMITED
		",\"actions\":["
	  ACT("recall", "") "," ACT("strike", SET("reason", "no advertising") "," SET("days", "30") "," SET("mute_at",
		"2") "," SET("minutes", "60") "," SET("kick_at", "0")) ","
	  ACT("notify", SET("text", "{nickname} seems to have advertised in {group}; please look")) "]}" },
	{ "followed",
	  "关注公众号后马上收到一句欢迎，知道能做什么", "Whoever follows the account is told at once what it is good for",
	  "{\"name\":\"关注后欢迎\",\"event\":\"channel_followed\"," ALWAYS "," UNLIMITED ",\"actions\":["
	  ACT("tell", SET("text", "你好，{nickname}，这里是{community}。回复「进群」领入群方式，回复「活动」看最近的活动。")) "]}",
	  "{\"name\":\"Welcome followers\",\"event\":\"channel_followed\"," ALWAYS "," UNLIMITED ",\"actions\":["
	  ACT("tell", SET("text", "Hello {nickname}, this is {community}. Write “group” to get in, “events” to see what is on.")) "]}" },
};
#define PRESETS (sizeof presets / sizeof *presets)

/* ---- Rows ----------------------------------------------------------------- */

struct preset_line { struct str key, name, about, event; bool code; struct rows words, actions; };

ROW(preset_line,
	FIELD(preset_line, key,     "Preset"),
	FIELD(preset_line, name,    "What it is called"),
	FIELD(preset_line, about,   "What it does"),
	FIELD(preset_line, event,   "With what it begins"),
	FIELD(preset_line, code,    "It needs a live code"),
	FIELD(preset_line, words,   "The words it listens for", .of = &row_text_item),
	FIELD(preset_line, actions, "What it does, in order", .of = &row_action));

struct preset_use { struct str key; struct id code; };

ROW(preset_use,
	FIELD(preset_use, key,  "Preset", .min = 1, .max = 40, .pattern = "[a-z_]+"),
	FIELD(preset_use, code, "Live code it leads to; the newest when missing", .optional = true));

struct preset_made { struct id id; };

ROW(preset_made, FIELD(preset_made, id, "The automation it made"));

/* ---- API ----------------------------------------------------------------- */

static int draft_of(struct request *rq, const struct preset *p, struct automation *ret)
{
	struct complaint why;
	*ret = (struct automation){ 0 };
	int r = row_read_json(&row_automation_draft, str_of(rq->lang == LANG_EN ? p->en : p->zh), rq->arena, ret, &why);
	ret->preset = str_of(p->key);
	return r;
}

static int get_presets(struct request *rq, const void *in, void *out)
{
	struct preset_line *lines = arena_take_array(rq->arena, PRESETS, sizeof *lines);
	struct page *page = out;
	(void)in;
	if (!lines)
		return E_MEMORY;
	for (size_t i = 0; i < PRESETS; i++) {
		struct automation a;
		int r = draft_of(rq, &presets[i], &a);
		if (r < 0)
			return r;
		lines[i] = (struct preset_line){ a.preset, a.name, str_of(rq->lang == LANG_EN ? presets[i].en_about : presets[i].zh_about), a.event,
		                                 presets[i].code, a.words, a.actions };
	}
	*page = (struct page){ .rows = { lines, PRESETS }, .total = PRESETS };
	return 0;
}

static QUERY(names_like, READS, &row_id_item, TAKES(K_ID, K_STR),
	"SELECT id AS item FROM automation WHERE community_id = ?1 AND name_key = ?2");

/* 欢迎新人, 欢迎新人 2, … */
static int free_name(struct request *rq, struct str *name)
{
	struct str base = *name;
	struct id_item taken;
	for (int n = 2; n < 100; n++) {
		int r = tx_one(rq->tx, &names_like, &taken, V(rq->community), V(name_key(rq->arena, *name)));
		if (r < 0)
			return r == E_NOT_FOUND ? 0 : r;
		*name = str_format(rq->arena, "%.*s %d", STR(base), n);
	}
	return E_TOO_MANY;
}

static QUERY(newest_code, READS, &row_id_item, TAKES(K_ID),
	"SELECT id AS item FROM livecode WHERE community_id = ?1 AND state = 'running' ORDER BY id DESC LIMIT 1");

/* The live code goes into every act that asks for one. */
static int give_code(struct request *rq, struct automation *a, struct id code)
{
	struct id_item newest = { code };
	struct livecode known;
	int r = code.n ? livecode_get(rq->tx, rq->community, code, &known) : tx_one(rq->tx, &newest_code, &newest, V(rq->community));
	if (r < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, code.n ? r : E_MISSING_FIELD, S("code")) : r;
	struct action *action = a->actions.at;
	for (size_t i = 0; i < a->actions.count; i++) {
		if (!str_is(action[i].what, "invite"))
			continue;
		struct action_setting *settings = arena_take_array(rq->arena, action[i].settings.count + 1, sizeof *settings);
		if (!settings)
			return E_MEMORY;
		memcpy(settings, action[i].settings.at, action[i].settings.count * sizeof *settings);
		settings[action[i].settings.count] = (struct action_setting){ S("code"), str_format(rq->arena, "%lld", (long long)newest.item.n) };
		action[i].settings = (struct rows){ settings, action[i].settings.count + 1 };
	}
	return 0;
}

static int post_preset(struct request *rq, const void *in, void *out)
{
	const struct preset_use *use = in;
	const struct preset *p = NULL;
	struct automation a;
	for (size_t i = 0; i < PRESETS && !p; i++)
		p = str_is(use->key, presets[i].key) ? &presets[i] : NULL;
	if (!p)
		return rq_complain(rq, E_NOT_ONE_OF, S("key"));
	int r = draft_of(rq, p, &a);
	if (r < 0 || (r = free_name(rq, &a.name)) < 0 || (p->code && (r = give_code(rq, &a, use->code)) < 0))
		return r;
	return automation_make(rq, &a, &((struct preset_made *)out)->id);
}

static const struct route routes[] = {
	{ "GET",  "/automations/presets",     ROLE_READER,   get_presets, NULL, &row_preset_line, "Good automations to begin with, in your language", OUT_PAGE, .sees = sees_all },
	{ "POST", "/automations/from-preset", ROLE_OPERATOR, post_preset, &row_preset_use, &row_preset_made, "Make one of them; it is off" },
	{ 0 },
};

static const struct query *const queries[] = { &names_like, &newest_code, NULL };

const struct feature feature_automation_preset = {
	.name = "automation_preset", .api = "automations", .routes = routes, .queries = queries,
};
