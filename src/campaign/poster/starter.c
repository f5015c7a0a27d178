/* starter.c: five designs that come with the program: each has the six elements, one voice, and nothing to upload.
 *
 * Laid out at 750 × 1334 on the arts of media/poster_art.h. Whoever changes one looks at it: poster_test.c leaves pictures
 * where QUNTU_TEST_PICTURES points to.
 */
#include "campaign/poster/design.h"

#define WIDTH  750
#define HEIGHT 1334

enum face { SANS, SERIF };
enum side { LEFT, MIDDLE, RIGHT };

struct part {
	const char *kind, *element;
	int         x, y, width, height;
	int         size;
	bool        bold;
	enum face   face;
	enum side   side;
	const char *colour;
	int         lines, pitch;               /* line height, percent */
	const char *zh, *en;
	const char *light;
};

#define TEXT(element_, x_, y_, w_, h_, size_, colour_, zh_, en_, ...) \
	{ "text", element_, x_, y_, w_, h_, .size = size_, .colour = colour_, .zh = zh_, .en = en_, __VA_ARGS__ }
#define FACE(x_, y_, side_)  { "avatar", "who", x_, y_, side_, side_ }
#define CODE(x_, y_, side_, colour_, light_) { "qr", "none", x_, y_, side_, side_, .colour = colour_, .light = light_ }

/* ---- 晨光 ------------------------------------------------------------------------------------------------- */

static const struct part dawn[] = {
	FACE(64, 76, 96),
	TEXT("who", 180, 80, 500, 44, 34, "#ffffff", "{nickname}", "{nickname}", .bold = true),
	TEXT("who", 180, 130, 500, 36, 26, "#e8f5f1", "邀请你加入 {group}", "invites you to {group}"),
	TEXT("headline", 64, 222, 622, 196, 78, "#ffffff", "早起的人\n先看见光", "Up early,\nahead all day", .bold = true, .lines = 2, .pitch = 125),
	TEXT("headline", 64, 440, 622, 44, 31, "#e8f5f1", "21 天晨间共读，每天 15 分钟", "21 mornings of reading, 15 minutes each"),
	TEXT("none", 96, 580, 558, 40, 28, "#0f7f70", "你会得到", "What you get", .bold = true),
	TEXT("outline", 96, 634, 558, 150, 31, "#1d2524", "每天一页精读，附导图和朗读\n七点前打卡，21 天走完一本书\n每周日晚直播答疑",
	     "A page a day, with notes and audio\nCheck in before seven, finish a book\nLive questions every Sunday",
	     .lines = 3, .pitch = 160),
	TEXT("endorsement", 96, 812, 558, 40, 27, "#66706e", "前 6 期共 3,218 人走完全程", "3,218 people have finished it so far"),
	TEXT("value", 96, 866, 558, 40, 29, "#b4552d", "现在加入，送《晨读手账》电子版", "Join now and get the reading journal", .bold = true),
	CODE(92, 1012, 216, "#0b3f38", "#ffffff"),
	TEXT("none", 344, 1046, 320, 48, 34, "#1d2524", "长按识别二维码", "Scan to join", .bold = true),
	TEXT("none", 344, 1098, 320, 40, 26, "#66706e", "和 {nickname} 一起开始", "Start with {nickname}"),
	TEXT("urgency", 344, 1158, 320, 40, 26, "#b4552d", "本期 200 人，满员开营", "200 places in this round", .bold = true),
};

/* ---- 活力 ------------------------------------------------------------------------------------------------- */

static const struct part spark[] = {
	FACE(60, 64, 96),
	TEXT("who", 176, 70, 500, 44, 34, "#ffffff", "{nickname}", "{nickname}", .bold = true),
	TEXT("who", 176, 120, 500, 36, 26, "#fff1e6", "请你来坐坐", "saves you a seat"),
	TEXT("headline", 44, 206, 662, 232, 96, "#ffffff",
	     "一起来\n都有礼", "Come along,\nboth gain", .bold = true, .side = MIDDLE, .lines = 2, .pitch = 120),
	TEXT("headline", 44, 458, 662, 46, 33, "#fff6ea", "带朋友到店，两个人都有份", "Bring a friend: a gift for each of you", .side = MIDDLE),
	TEXT("outline", 96, 604, 558, 160, 34, "#3a2a22", "新朋友：大杯拿铁一份\n你：下一杯半价\n全市 12 家门店通用",
	     "Your friend: a large latte\nYou: half off the next cup\nAt all 12 shops in town", .bold = true, .lines = 3, .pitch = 155),
	TEXT("endorsement", 96, 792, 558, 40, 27, "#8a7768", "开业六年，老顾客评分 4.8", "Six years open, rated 4.8 by regulars"),
	TEXT("value", 96, 844, 558, 42, 29, "#d9482b", "当天到店，再送手冲体验一次", "Come today: a pour-over tasting on top", .bold = true),
	CODE(92, 988, 240, "#5a1f12", "#ffffff"),
	TEXT("none", 364, 1038, 310, 50, 36, "#3a2a22", "长按识别", "Scan here", .bold = true),
	TEXT("none", 364, 1092, 310, 40, 26, "#8a7768", "领取到店礼", "and pick up your gift"),
	TEXT("urgency", 364, 1150, 310, 40, 26, "#d9482b", "每店每天 50 份", "50 a day in each shop", .bold = true),
};

/* ---- 夜航 ------------------------------------------------------------------------------------------------- */

static const struct part night[] = {
	TEXT("none", 60, 84, 380, 40, 27, "#b9c6ff", "线上直播课 · 90 分钟", "Live online · 90 minutes"),
	TEXT("headline", 60, 372, 640, 212, 84, "#ffffff",
	     "用一张图\n讲清你的生意", "Your business\non one page", .bold = true, .lines = 2, .pitch = 122),
	TEXT("headline", 60, 600, 640, 44, 31, "#c9d3ff", "从客户是谁，到钱从哪里来", "From who buys to where money comes from"),
	TEXT("outline", 60, 692, 640, 150, 30, "#eef1ff", "画出客户、产品、渠道三张图\n十个小店的真实账本\n现场改三位同学的图",
	     "Draw customers, products, channels\nThe real books of ten small shops\nThree maps reviewed on air", .lines = 3, .pitch = 158),
	TEXT("endorsement", 60, 862, 640, 40, 27, "#9fb0f0", "讲师：十二年餐饮经营者，带过 640 家小店", "Taught by a restaurateur of twelve years"),
	TEXT("value", 60, 912, 640, 40, 28, "#ffd88a", "报名即送画图模板 9 张", "Nine templates come with your seat", .bold = true),
	FACE(84, 1024, 88),
	TEXT("who", 188, 1030, 240, 42, 31, "#ffffff", "{nickname}", "{nickname}", .bold = true),
	TEXT("who", 188, 1074, 240, 36, 24, "#b9c6ff", "邀请你一起听", "invites you to listen"),
	TEXT("urgency", 84, 1148, 350, 40, 27, "#ffd88a", "周四 20:00 开讲", "Thursday 8 pm", .bold = true),
	TEXT("none", 84, 1192, 350, 36, 24, "#b9c6ff", "长按识别二维码报名", "Scan to sign up"),
	CODE(452, 1010, 228, "#131c40", "#ffffff"),
};

/* ---- 纸本 ------------------------------------------------------------------------------------------------- */

static const struct part paper[] = {
	FACE(76, 84, 88),
	TEXT("who", 182, 88, 300, 42, 30, "#3a3226", "{nickname}", "{nickname}", .bold = true, .face = SERIF),
	TEXT("who", 182, 132, 300, 36, 24, "#7d6f58", "邀你同读", "reads with you"),
	TEXT("headline", 76, 244, 420, 232, 92, "#2b2415",
	     "一座城\n一百本书", "A city,\n100 books", .bold = true, .face = SERIF, .lines = 2, .pitch = 124),
	TEXT("headline", 76, 492, 598, 44, 31, "#6b5d45", "冬日共读会 · 每周六下午", "Winter readings, Saturday afternoons", .face = SERIF),
	TEXT("outline", 76, 572, 598, 156, 30, "#3a3226", "一月读一本，四个周六读完\n书店二楼，茶水自取\n带走一本手抄的读书会札记",
	     "A book a month, in four Saturdays\nUpstairs in the bookshop, with tea\nTake home our handwritten notes",
	     .face = SERIF, .lines = 3, .pitch = 160),
	TEXT("endorsement", 76, 750, 598, 38, 26, "#7d6f58", "第九年，读过 104 本", "Nine years, 104 books", .face = SERIF),
	TEXT("value", 76, 800, 598, 40, 28, "#a8321f", "首次参加，送藏书票一枚", "A bookplate for your first visit", .bold = true, .face = SERIF),
	CODE(259, 958, 232, "#2b2415", "#fffdf8"),
	TEXT("urgency", 230, 1198, 290, 36, 24, "#a8321f", "每场 24 席，先到先坐", "24 seats each time", .bold = true, .side = MIDDLE),
};

/* ---- 鎏金 ------------------------------------------------------------------------------------------------- */

static const struct part gold[] = {
	TEXT("none", 90, 108, 570, 42, 29, "#d0a55a", "会 员 专 属", "MEMBERS ONLY", .side = MIDDLE, .face = SERIF),
	TEXT("headline", 70, 186, 610, 150, 112, "#f6e3bb", "老友之夜", "Old Friends", .bold = true, .side = MIDDLE, .face = SERIF, .pitch = 125),
	TEXT("headline", 70, 352, 610, 46, 32, "#d9c59a", "感谢您陪我们走过第十年", "Thank you for ten years with us", .side = MIDDLE),
	TEXT("outline", 90, 596, 570, 160, 31, "#f3ead8", "新品先试，老友先选\n主厨现场料理三道\n十年照片墙，找到那年的你",
	     "Taste what is new before others\nThree courses cooked before you\nTen years of pictures: find yourself",
	     .side = MIDDLE, .lines = 3, .pitch = 165),
	TEXT("endorsement", 90, 786, 570, 38, 26, "#a8977a", "上一场 86 位老友到场", "86 friends came last time", .side = MIDDLE),
	TEXT("value", 90, 840, 570, 42, 29, "#f0c878", "到场即赠十周年纪念杯", "An anniversary cup for every guest", .bold = true, .side = MIDDLE),
	FACE(104, 1000, 84),
	TEXT("who", 204, 1004, 200, 42, 30, "#3a2c12", "{nickname}", "{nickname}", .bold = true),
	TEXT("who", 204, 1046, 200, 36, 24, "#6b562c", "诚邀您同来", "invites you"),
	TEXT("urgency", 104, 1122, 300, 40, 28, "#7a2417", "限 100 席，凭码入场", "100 seats, by this code", .bold = true),
	TEXT("none", 104, 1166, 300, 36, 24, "#6b562c", "长按识别二维码", "Scan to reserve"),
	CODE(420, 978, 232, "#2a1d08", "#fff9ec"),
};

/* ---- 助力: for any campaign, all of it from its own words; what a campaign without a template shows --------------------- */

static const struct part invite[] = {
	FACE(64, 76, 96),
	TEXT("who", 180, 80, 500, 44, 34, "#ffffff", "{nickname}", "{nickname}", .bold = true),
	TEXT("who", 180, 130, 500, 36, 26, "#e8f5f1", "{asks}", "asks for your help"),
	TEXT("headline", 64, 236, 622, 270, 84, "#ffffff", "{campaign}", "{campaign}", .bold = true, .lines = 3, .pitch = 122),
	TEXT("none", 96, 592, 558, 40, 28, "#0f7f70", "{gain}", "What we get", .bold = true),
	TEXT("value", 96, 646, 558, 116, 44, "#1d2524", "{prize}", "{prize}", .bold = true, .lines = 2, .pitch = 130),
	TEXT("outline", 96, 786, 558, 90, 29, "#475652", "{how}\n{also}",
	     "Scan the code: one tap helps\nYou may take part too", .lines = 2, .pitch = 150),
	TEXT("endorsement", 96, 900, 558, 40, 26, "#66706e", "{community} 主办", "by {community}"),
	CODE(92, 1012, 216, "#0b3f38", "#ffffff"),
	TEXT("none", 344, 1046, 320, 48, 34, "#1d2524", "长按识别二维码", "Scan to help", .bold = true),
	TEXT("none", 344, 1098, 320, 40, 26, "#66706e", "{act}", "for {nickname}"),
	TEXT("urgency", 344, 1158, 320, 40, 26, "#b4552d", "{until}", "until {ends}", .bold = true),
};

/* ---- The list ---------------------------------------------------------------------------------------------------- */

#define DESIGN(name_, zh_, en_) { #name_, #name_, zh_, en_, name_, sizeof name_ / sizeof *name_ }

static const struct { const char *key, *art, *zh, *en; const struct part *parts; size_t count; } starters[] = {
	{ POSTER_BUILT_IN, "dawn", "助力 · 任何活动", "Invite: any campaign", invite, sizeof invite / sizeof *invite },
	DESIGN(dawn,  "晨光 · 社群邀请", "Dawn: an invitation"),
	DESIGN(spark, "活力 · 到店有礼", "Spark: a gift for two"),
	DESIGN(night, "夜航 · 直播课程", "Night: a live lecture"),
	DESIGN(paper, "纸本 · 读书活动", "Paper: a reading"),
	DESIGN(gold,  "鎏金 · 会员答谢", "Gold: for regulars"),
};

size_t starter_count(void) { return sizeof starters / sizeof *starters; }

static const char *const sides[] = { "left", "centre", "right" };

static struct piece piece_of(const struct part *p, enum lang lang)
{
	return (struct piece){
		.kind = str_of(p->kind), .element = str_of(p->element), .x = p->x, .y = p->y, .width = p->width, .height = p->height,
		.opacity = 100, .text = str_of(lang == LANG_EN ? p->en : p->zh), .font = p->face == SERIF ? S("serif") : S("sans"),
		.bold = p->bold, .size = p->size, .line_height = p->pitch, .max_lines = p->lines, .align = str_of(sides[p->side]),
		.colour = str_of(p->colour), .light = str_of(p->light),
	};
}

int starter_get(struct arena *arena, size_t n, enum lang lang, struct starter *ret)
{
	size_t count = starters[n].count;
	struct piece *pieces = arena_take_array(arena, count, sizeof *pieces);
	if (!pieces)
		return E_MEMORY;
	for (size_t i = 0; i < count; i++)
		pieces[i] = piece_of(&starters[n].parts[i], lang);
	*ret = (struct starter){ .key = str_of(starters[n].key), .design = {
		.name = str_of(lang == LANG_EN ? starters[n].en : starters[n].zh), .width = WIDTH, .height = HEIGHT,
		.art = str_of(starters[n].art), .layers = { pieces, count },
	} };
	design_fill(arena, &ret->design);
	return arena_failed(arena) ? E_MEMORY : 0;
}
