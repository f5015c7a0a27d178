/* world.c: see world.h. */
#include "world.h"

#include <unistd.h>

#include "channel/channel.h"
#include "channel/wecom/wecom.h"
#include "engine/event/event.h"
#include "http/inside.h"
#include "media/sample_test.h"
#include "people/account.h"
#include "people/community.h"
#include "people/export_inside.h"
#include "store/schemas.h"
#include "test.h"

static const char *const names[THINGS] = {
	"$community", "$group", "$code", "$target", "$link", "$member", "$tag", "$other_tag", "$alert", "$partner", "$application",
	"$voucher", "$staff", "$picture", "$segment", "$import", "$export", "$invite", "$door", "$reset", "$session",
	"$field", "$level", "$tag_group", "$note", "$merge",
	"$use",
	"$campaign", "$task", "$participant", "$stage", "$prize", "$order",
	"$lottery", "$draw", "$player", "$won",
	"$packet", "$red", "$opener", "$payout",
	"$contest", "$entry", "$entrant", "$intent",
	"$receipt",
	"$poster",
	"$automation", "$trial",
	"$channel", "$hook",
	"$send",
	"$finding", "$block",
	"$place",
	"$mp", "$mp_code",
	"$wecom", "$join_way", "$contact_way", "$group_welcome", "$wecom_tag", "$intercept",
	"$room",
	"$ask",
	"$token",
	"$document",
};

/* ---- Good requests ---- */

#define CODE_BODY(title) "{\"title\":\"" title "\",\"guide\":\"好处一\\n好处二\",\"look\":\"plain\",\"strategy\":\"order\"," \
	"\"sticky\":true,\"duplicate_guard\":true,\"gate\":\"form\",\"gate_title\":\"t\",\"gate_note\":\"n\",\"gate_password\":\"p\"," \
	"\"gate_questions\":[{\"key\":\"car\",\"label\":\"车型\",\"kind\":\"text\",\"required\":true,\"choices\":[]}]," \
	"\"gate_approve\":[{\"key\":\"car\",\"holds\":\"is\",\"value\":\"坦克\"}],\"avatar\":\"\",\"gate_example\":\"\"," \
	"\"tags\":[\"新客\"],\"contact\":\"c\",\"qr_level\":\"M\",\"qr_logo\":\"\",\"starts_at\":null,\"ends_at\":null}"
#define ALL_DAY(weekday) "{\"weekday\":" weekday ",\"from\":0,\"until\":1440}"
#define TARGET_BODY(kind, group) "{\"kind\":\"" kind "\",\"group_id\":" group ",\"title\":\"甲\",\"picture\":\"\"," \
	"\"url\":\"https://example.com/q\",\"scan_cap\":9,\"expires_at\":null,\"weight\":1," \
	"\"windows\":[" ALL_DAY("0") "," ALL_DAY("1") "," ALL_DAY("2") "," ALL_DAY("3") "," ALL_DAY("4") "," ALL_DAY("5") "," \
	ALL_DAY("6") "],\"dates\":[{\"day\":\"2026-10-01\",\"from\":0,\"until\":0}]," \
	"\"region\":\"沪\",\"latitude_e6\":1,\"longitude_e6\":1,\"radius_m\":0,\"visitors\":\"all\",\"stopped\":false}"
#define GROUP_BODY "{\"name\":\"群 $n\",\"channel\":\"manual\",\"owner\":\"o\",\"tier\":\"vip\",\"topic\":\"t\",\"region\":\"r\"," \
	"\"capacity\":500,\"scan_limit\":200,\"rename_allowed\":true,\"invite_allowed\":false,\"entry_by_approval\":true," \
	"\"lifetime\":\"permanent\",\"ends_at\":null,\"note\":\"n\"}"
#define MEMBER_BODY "{\"nickname\":\"安安\",\"name\":\"n\",\"phone\":\"13800138000\",\"gender\":\"female\"," \
	"\"city\":\"c\",\"industry\":\"i\",\"job\":\"j\",\"birthday\":\"1990-05-21\",\"level_id\":\"$level\"," \
	"\"values\":[{\"key\":\"car\",\"text\":\"坦克\"}]}"
#define FIELD_BODY "\"label\":\"车型\",\"help\":\"h\",\"choices\":[\"坦克\",\"朗逸\"],\"required\":false,\"least\":\"\",\"most\":\"\"}"
#define LEVEL_BODY(rank) "{\"name\":\"级 $n\",\"rank\":" rank ",\"colour\":\"teal\",\"privilege\":\"p\"}"
#define GROUP_WELCOME_BODY "{\"text\":\"欢迎$mark\",\"attach\":\"link\",\"link_title\":\"l\",\"link_text\":\"t\"," \
	"\"link_url\":\"https://a.example\",\"picture\":\"$picture\",\"notify\":true}"
#define JOIN_WAY_BODY "{\"title\":\"车展\",\"chats\":[\"wr1\"],\"auto_create\":true,\"base_name\":\"车友群\",\"base_id\":3"
#define CONTACT_WAY_BODY "{\"title\":\"前台$mark\",\"staff\":[\"wang\"],\"skip_verify\":true"
#define INTERCEPT_BODY(name) "{\"name\":\"" name "\",\"words\":[\"底价$mark\"],\"phones\":true,\"mails\":false,\"packets\":false," \
	"\"act\":\"block\",\"users\":[\"wang\"],\"departments\":[\"2\"]}"
#define PARTNER_BODY "{\"name\":\"店 $n$mark\",\"contact\":\"c\",\"offer\":\"o\",\"offer_days\":30,\"stock\":10,\"note\":\"n\"," \
	"\"stopped\":false}"

#define SEGMENT_WHERE "[{\"depth\":0,\"what\":\"all\",\"holds\":\"\",\"no\":false},{\"depth\":1,\"what\":\"did\",\"holds\":\"at_least\"," \
	"\"texts\":[\"a\"],\"ids\":[\"1\"],\"act\":\"livecode_scanned\",\"n\":1,\"days\":7,\"from\":0,\"until\":0}]"
#define CAMPAIGN_BODY "{\"kind\":\"treasure\",\"name\":\"三人助力\",\"cover\":\"\",\"rules\":\"r\",\"organiser\":\"o\",\"starts_at\":1000," \
	"\"ends_at\":4102444800000,\"claim_until\":4102444800000,\"takes_part\":\"all\",\"capacity\":0,\"strength\":\"anonymous\"," \
	"\"act\":\"tap\",\"code_id\":null,\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0," \
	"\"inviter_points\":5,\"friend_points\":5,\"month_cap\":5,\"wait_minutes\":5," \
	"\"reserve\":\"claim\",\"end_by_stock\":false,\"segment_id\":null,\"regions\":[\"杭州\"]," \
	"\"share_title\":\"s\",\"share_text\":\"t\",\"poster_id\":\"$poster\"," \
	"\"stages\":[{\"id\":null,\"goal\":1,\"title\":\"一\",\"whom\":\"own\",\"prizes\":[" \
	"{\"id\":null,\"kind\":\"physical\",\"title\":\"保温杯\",\"note\":\"n\",\"picture\":\"\",\"value\":3900,\"link\":\"\"," \
	"\"points\":0,\"stock\":5}]},{\"id\":null,\"goal\":2,\"title\":\"二\",\"whom\":\"own\",\"prizes\":[{\"id\":null,\"kind\":\"chances\"," \
	"\"title\":\"转三次\",\"note\":\"\",\"picture\":\"\",\"value\":0,\"stock\":5,\"chances\":3,\"lottery_id\":\"$lottery\"}]}]}"
#define AUTOMATION_BODY(name) "{\"name\":\"" name "\",\"event\":\"message_heard\",\"groups\":[\"$group\"],\"channels\":[],\"codes\":[]," \
	"\"tags\":[],\"how\":\"contains\",\"words\":[\"价格\"],\"from\":480,\"until\":1320,\"where\":" SEGMENT_WHERE "," \
	"\"actions\":[{\"what\":\"say\",\"settings\":[{\"key\":\"text\",\"text\":\"{nickname}，见公告\"}]}]," \
	"\"per\":\"member\",\"times\":1,\"days\":1,\"version\":0,\"preset\":\"\"}"
#define FORECAST_BODY "{\"seeds\":10,\"seed_joins\":200,\"opens\":300,\"converts\":400,\"goes_on\":200,\"claims\":900,\"cycle_hours\":12," \
	"\"days\":7,\"audience\":500,\"group_size\":200,\"ship_minutes\":3,\"asks\":50,\"ask_minutes\":3,\"budget\":0}"
#define LOTTERY_BODY "{\"kind\":\"lottery\",\"name\":\"抽奖 $n\",\"cover\":\"\",\"rules\":\"r$mark\",\"organiser\":\"o\"," \
	"\"starts_at\":1000,\"ends_at\":4102444800000,\"claim_until\":4102444800000,\"takes_part\":\"all\",\"capacity\":0," \
	"\"strength\":\"anonymous\",\"act\":\"tap\",\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0}"
#define CONTEST_BODY "{\"kind\":\"contest\",\"name\":\"晒车 $n\",\"cover\":\"\",\"rules\":\"r$mark\",\"organiser\":\"o\"," \
	"\"starts_at\":1000,\"ends_at\":4102444800000,\"claim_until\":4102444800000,\"takes_part\":\"all\",\"capacity\":0," \
	"\"strength\":\"anonymous\",\"act\":\"tap\",\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0}"
#define DRAW_BODY "{\"looks\":\"wheel\",\"mode\":\"chance\",\"draw_at\":null,\"day_chances\":1,\"most\":0,\"helps_chance\":0," \
	"\"helps_most\":0,\"wins_day\":0,\"wins_most\":0," \
	"\"thanks\":\"谢谢\",\"places\":[{\"id\":null,\"kind\":\"physical\",\"title\":\"杯$mark\",\"note\":\"n\"," \
	"\"picture\":\"\",\"value\":3900,\"link\":\"\",\"points\":0,\"stock\":5,\"ppm\":1000000}]}"
#define PACKET_BODY "{\"kind\":\"packet\",\"name\":\"红包 $n\",\"cover\":\"\",\"rules\":\"r$mark\",\"organiser\":\"o\"," \
	"\"starts_at\":1000,\"ends_at\":4102444800000,\"claim_until\":4102444800000,\"takes_part\":\"all\",\"capacity\":0," \
	"\"strength\":\"anonymous\",\"act\":\"tap\",\"new_only\":false,\"helps_each\":0,\"mutual\":false,\"hold_minutes\":0,\"still_days\":0}"
#define PACKET_RULE "{\"total\":400,\"shares\":2,\"least\":1,\"split\":\"even\",\"due\":\"once\"," \
	"\"hours\":24,\"day_cap\":1000,\"budget\":4000}"
#define TOKEN_BODY(name) "{\"name\":\"" name "\",\"scopes\":[\"groups:read\",\"members:write\"],\"only_groups\":true," \
	"\"groups\":[\"$group\"],\"days\":30}"
#define PLACE_BODY "{\"id\":null,\"title\":\"东街店 $n$mark\",\"address\":\"东街 1 号\"," \
	"\"hours\":[{\"days\":\"12345\",\"opens\":540,\"closes\":1080}],\"clerks\":[\"$staff\"]}"
#define CLAIM_BODY "{\"stage\":\"$stage\",\"prize\":\"$prize\",\"receiver\":\"林晓\",\"phone\":\"13800138000\",\"address\":\"a\"}"

#define POSTER_PART(kind, element, place, picture) "{\"kind\":\"" kind "\",\"element\":\"" element "\"," place "," \
	"\"text\":\"{nickname} 邀\",\"picture\":\"" picture "\",\"opacity\":100,\"rotation\":0,\"hidden\":false,\"locked\":false," \
	"\"name\":\"n\",\"font\":\"serif\"," \
	"\"bold\":true,\"size\":30,\"line_height\":120,\"max_lines\":2,\"align\":\"centre\",\"colour\":\"#101010\"," \
	"\"light\":\"#ffffff\",\"shape\":\"soft\",\"level\":\"Q\",\"quiet\":3}"
#define POSTER_BODY(picture, more) "{\"name\":\"海报\",\"width\":750,\"height\":800,\"background\":\"" picture "\",\"art\":\"dawn\"," \
	"\"accent\":\"#0b7a6b\",\"version\":1,\"layers\":[" \
	POSTER_PART("text", "headline", "\"x\":10,\"y\":10,\"width\":500,\"height\":60", "") "," \
	POSTER_PART("qr", "none", "\"x\":100,\"y\":500,\"width\":240,\"height\":240", picture) "]" more "}"

/* A thing named in the body is asked for in somebody else's community too. `fails`: even a good one does. */
static const struct example { const char *method, *path, *body; bool fails; } examples[] = {
	{ "POST", "/api/setup", "{\"name\":\"boss\",\"password\":\"lantern-river-42\",\"display\":\"B\",\"community\":\"c\","
	  "\"timezone\":\"Asia/Shanghai\",\"setup_code\":\"x\"}", true },
	{ "POST", "/api/login", "{\"name\":\"owner\",\"password\":\"wrong\"}", true },
	{ "POST", "/api/login/code", "{\"challenge\":\"x\",\"code\":\"123456\"}", true },
	{ "POST", "/api/join/{word}", "{\"name\":\"name$n\",\"display\":\"d\",\"password\":\"lantern-river-42\"}", true },
	{ "POST", "/api/reset/{word}", "{\"password\":\"lantern-river-42\"}", true },
	{ "POST", "/api/second/confirm", "{\"code\":\"123456\"}", true },
	{ "POST", "/api/second/codes", "{\"password\":\"x\"}", true },
	{ "POST", "/api/second/off", "{\"password\":\"x\"}", true },
	{ "PUT", "/api/account", "{\"display\":\"店长\",\"lang\":\"zh\",\"theme\":\"auto\"}" },
	{ "POST", "/api/password", "{\"old\":\"x\",\"password\":\"lantern-river-42\"}", true },
	{ "POST", "/api/communities", "{\"name\":\"c\",\"timezone\":\"Asia/Shanghai\"}" },
	{ "POST", "/staff", "{\"name\":\"name$n\",\"display\":\"d\",\"role\":\"reader\"}" },
	{ "PUT", "/staff/{id}", "{\"role\":\"operator\",\"only_groups\":true,\"groups\":[\"$group\"]}" },
	{ "POST", "/staff/{id}/disabled", "{\"disabled\":false}" },
	{ "POST", "/invites", "{\"role\":\"reader\",\"only_groups\":true,\"groups\":[\"$group\"],\"hours\":24,\"uses\":1,\"note\":\"n\"}" },
	{ "POST", "/tokens", TOKEN_BODY("收银系统 $n") },
	{ "PUT", "/policy", "{\"second_required\":false}" },
	{ "PUT", "/community", "{\"name\":\"驾校\",\"purpose\":\"p\",\"target_members\":\"t\",\"value_promised\":\"v\",\"why_join\":\"w\","
	  "\"kind\":\"product\",\"need\":\"rare\",\"gathered_by\":\"work\",\"governance\":\"mixed\",\"slogan\":\"s\",\"manifesto\":\"m\","
	  "\"persona\":\"p\",\"rules\":\"r\",\"logo\":\"\",\"colour\":\"#00ff00\",\"timezone\":\"Asia/Shanghai\",\"opens_at\":1,"
	  "\"closes_at\":2,\"warn_email\":\"a@example.com\",\"warn_webhook\":\"http://127.0.0.1:9/\",\"ends_at\":null}" },
	{ "POST", "/pictures", "{}", true },
	{ "POST", "/documents", "{}", true },
	{ "POST", "/members", MEMBER_BODY },
	{ "PUT", "/members/{id}", MEMBER_BODY },
	{ "PUT", "/purposes", "{\"purpose\":\"photos\",\"title_zh\":\"合照\",\"title_en\":\"t\",\"text_zh\":\"x\",\"text_en\":\"y\",\"offered\":true}" },
	{ "POST", "/members/{id}/consents", "{\"purpose\":\"marketing\",\"given\":true}" },
	{ "POST", "/members/{id}/erase", "{\"reason\":\"asked\"}", true },
	{ "PUT", "/privacy", "{\"visitor_months\":12,\"audit_months\":12,\"event_months\":12,\"grace_days\":0,\"sender\":\"webhook\","
	  "\"sender_url\":\"https://example.com/sms\",\"codes_a_day\":100}" },
	{ "POST", "/me/{id}/consent", "{\"purpose\":\"marketing\",\"version\":1,\"given\":true}" },
	{ "POST", "/me/{id}/profile", "{\"nickname\":\"安安\",\"birthday\":\"1990-05-21\",\"guardian\":\"g\",\"guardian_phone\":\"13800138000\"}", true },
	{ "POST", "/me/{id}/phone", "{\"phone\":\"13800138000\"}", true },
	{ "POST", "/me/{id}/code", "{\"phone\":\"13800138000\",\"code\":\"123456\"}", true },
	{ "POST", "/me/{id}/erase", "{\"word\":\"删除\"}", true },
	{ "PUT", "/members/{id}/tags", "{\"tags\":[\"新客\",\"VIP\"]}" },
	{ "POST", "/exports", "{\"format\":\"csv\",\"columns\":[\"nickname\",\"phone\"],\"filter\":[{\"key\":\"q\",\"value\":\"安\"}],"
	  "\"told\":\"t\",\"phones\":false,\"reason\":\"r\"}" },
	{ "POST", "/imports", "{\"name\":\"老客户 $n.csv\",\"size\":12,\"stamp\":1795600000000}" },
	{ "POST", "/imports/{id}/pieces", "{\"n\":0}", true },
	{ "PUT", "/imports/{id}/plan", "{\"headings\":true,\"match\":\"phone\",\"policy\":\"fill\",\"columns\":[\"nickname\"],"
	  "\"tags\":[\"老客户\"],\"source\":\"s\"}", true },
	{ "POST", "/tags", "{\"name\":\"签 $n\",\"colour\":\"teal\"}" },
	{ "PUT", "/tags/{id}", "{\"name\":\"签 $n\",\"colour\":\"red\"}" },
	{ "POST", "/tags/{id}/merge", "{\"into\":\"$other_tag\"}", true },
	{ "POST", "/segments", "{\"name\":\"人群 $n\",\"where\":" SEGMENT_WHERE "}" },
	{ "PUT", "/segments/{id}", "{\"name\":\"人群 $n\",\"version\":0,\"where\":" SEGMENT_WHERE "}" },
	{ "POST", "/segments/preview", "{\"id\":null,\"where\":" SEGMENT_WHERE "}" },
	{ "POST", "/members/{id}/notes", "{\"text\":\"怕坡起\",\"pinned\":true}" },
	{ "PUT", "/notes/{id}", "{\"text\":\"怕坡起\",\"pinned\":false}" },
	{ "POST", "/members/{id}/identities", "{\"channel\":\"wecom\",\"subject\":\"wm$n\"}" },
	{ "POST", "/members/{id}/identities/remove", "{\"channel\":\"wecom\",\"subject\":\"nobody\"}", true },
	{ "POST", "/members/{id}/merge", "{\"from\":\"$member\",\"take\":[\"name\"]}", true },
	{ "POST", "/members/{id}/split", "{\"channel\":\"wecom\",\"subject\":\"nobody\",\"nickname\":\"另一位\"}", true },
	{ "POST", "/members/twins/apart", "{\"one\":\"$member\",\"other\":\"$member\"}", true },
	{ "POST", "/tag-groups", "{\"name\":\"组 $n\",\"one\":true,\"place\":1}" },
	{ "PUT", "/tag-groups/{id}", "{\"name\":\"组 $n\",\"one\":false,\"place\":2}" },
	{ "POST", "/member-fields", "{\"key\":\"k$n\",\"kind\":\"choice\"," FIELD_BODY },
	{ "PUT", "/member-fields/{id}", "{" FIELD_BODY },
	{ "POST", "/member-fields/{id}/archive", "{\"archived\":false}" },
	{ "POST", "/member-fields/{id}/rename", "{\"from\":\"没有\",\"to\":\"朗逸\"}", true },
	{ "POST", "/member-fields/order", "{\"ids\":[\"$field\"]}" },
	{ "POST", "/levels", LEVEL_BODY("9"), true },
	{ "PUT", "/levels/{id}", LEVEL_BODY("1") },
	{ "POST", "/groups", GROUP_BODY },
	{ "PUT", "/groups/{id}", GROUP_BODY },
	{ "POST", "/channels", "{\"kind\":\"manual\",\"name\":\"微信 $n\",\"values\":[]}" },
	{ "PUT", "/channels/{id}", "{\"kind\":\"manual\",\"name\":\"微信 $n\",\"values\":[]}" },
	{ "POST", "/channels/{id}/state", "{\"on\":true}" },
	{ "POST", "/channels/{id}/codes", "{\"title\":\"店\",\"scene\":\"s$n\",\"permanent\":false,\"days\":7}" },
	{ "POST", "/channels/{id}/join-ways", JOIN_WAY_BODY ",\"code_id\":\"$code\"}" },
	{ "PUT", "/join-ways/{id}", JOIN_WAY_BODY "}" },
	{ "POST", "/channels/{id}/contact-ways", CONTACT_WAY_BODY ",\"kind\":\"single\",\"code_id\":\"$code\"}" },
	{ "PUT", "/contact-ways/{id}", CONTACT_WAY_BODY "}" },
	{ "PUT", "/channels/{id}/wecom-welcomes", "{\"way_id\":\"$contact_way\",\"active\":true,\"text\":\"t$mark\",\"attach\":\"link\","
	  "\"link_title\":\"l\",\"link_text\":\"t\",\"link_url\":\"https://a.example\",\"picture\":\"$picture\",\"file\":\"$document\"}" },
	{ "POST", "/channels/{id}/group-welcomes", GROUP_WELCOME_BODY },
	{ "PUT", "/group-welcomes/{id}", GROUP_WELCOME_BODY },
	{ "POST", "/channels/{id}/wecom-tags", "{\"tag_id\":\"$tag\",\"family\":\"意向$n\"}" },
	{ "PUT", "/wecom-tags/{id}", "{\"name\":\"企标$mark$n\"}" },
	{ "POST", "/channels/{id}/intercepts", INTERCEPT_BODY("价格$n") },
	{ "PUT", "/intercepts/{id}", INTERCEPT_BODY("价格$n") },
	{ "POST", "/channels/{id}/wecom-robots", "{\"name\":\"早会$mark$n\",\"key\":\"key-$mark-$n\"}" },
	{ "POST", "/channels/{id}/wecom-robots/end", "{\"group_id\":\"$group\"}", true },
	{ "POST", "/channels/{id}/wecom-handovers", "{\"chats\":[\"wr1\"],\"new_owner\":\"lisi\"}" },
	{ "PUT", "/channels/{id}/menu", "{\"buttons\":[{\"name\":\"活动\",\"does\":\"menu\",\"word\":\"\",\"below\":["
	  "{\"name\":\"官网\",\"does\":\"address\",\"word\":\"https://example.com/\"}]}]}" },
	{ "POST", "/asks/{id}/answer", "{\"approve\":false,\"reason\":\"人满了\"}" },
	{ "POST", "/channels/{id}/groups", "{\"subject\":\"s$n\",\"group_id\":\"$group\"}" },
	{ "PUT", "/outbox", "{\"quiet_from\":1320,\"quiet_until\":480,\"quiet_days\":127,\"member_day\":2,\"member_week\":0,"
	  "\"group_day\":0,\"group_week\":9}" },
	{ "POST", "/sends", "{\"group_id\":\"$group\",\"what\":\"text\",\"text\":\"周五答疑\",\"url\":\"\",\"picture\":\"\",\"key\":\"k$n\","
	  "\"due_at\":null}" },
	{ "POST", "/sends/again", "{\"channel_id\":null}" },
	{ "POST", "/run-sheet/{id}/done", "{\"minutes\":3,\"number\":\"240\"}" },
	{ "POST", "/run-sheet/{id}/skip", "{\"reason\":\"已经说过\"}", true },
	{ "POST", "/outbox/freeze", "{\"frozen\":false,\"why\":\"w\"}" },
	{ "POST", "/outbox/freeze-all", "{\"frozen\":false,\"why\":\"w\"}" },
	{ "POST", "/channels/{id}/groups/remove", "{\"group_id\":\"$group\"}", true },
	{ "POST", "/api/in/{slug}", "{}", true },
	{ "POST", "/groups/{id}/seats", "{\"member_id\":\"$member\"}" },
	{ "POST", "/groups/{id}/seats/leave", "{\"member_id\":\"$member\",\"removed\":false}" },
	{ "POST", "/groups/{id}/qr", "{\"expires_at\":4102444800000}", true },
	{ "POST", "/groups/{id}/count", "{\"count\":42}" },
	{ "POST", "/groups/{id}/stage", "{\"stage\":\"growing\",\"note\":\"n\"}" },
	{ "POST", "/livecodes", CODE_BODY("码") },
	{ "PUT", "/livecodes/{id}", CODE_BODY("码") },
	{ "POST", "/livecodes/{id}/state", "{\"state\":\"running\",\"acknowledge\":\"\"}" },
	{ "POST", "/livecodes/{id}/targets", TARGET_BODY("group", "\"$group\"") },
	{ "POST", "/livecodes/{id}/order", "{\"ids\":[\"$target\"]}", true },
	{ "PUT", "/targets/{id}", TARGET_BODY("url", "null") },
	{ "POST", "/livecodes/{id}/links", "{\"label\":\"l\",\"kind\":\"poster\",\"note\":\"n\",\"slug\":\"\",\"partner_id\":\"$partner\"}" },
	{ "POST", "/livecodes/{id}/links/import", "{\"dry_run\":true}", true },
	{ "POST", "/g/{slug}/gate", "{\"answers\":[{\"key\":\"car\",\"text\":\"坦克\"}],\"password\":\"\",\"voucher\":\"\",\"link\":\"\"}" },
	{ "POST", "/g/{slug}/joined", "{\"nickname\":\"安安\"}" },
	{ "POST", "/g/{slug}/wait", "{\"nickname\":\"安安\",\"contact\":\"微信 an\"}" },
	{ "POST", "/g/{slug}/place", "{\"choice\":null,\"latitude_e6\":31230000,\"longitude_e6\":121470000}" },
	{ "POST", "/g/{slug}/report", "{\"text\":\"二维码过期了\"}" },
	{ "POST", "/applications/decide", "{\"ids\":[\"$application\"],\"approve\":false,\"reason\":\"r\"}" },
	{ "POST", "/partners", PARTNER_BODY },
	{ "PUT", "/partners/{id}", PARTNER_BODY },
	{ "POST", "/vouchers/redeem", "{\"code\":\"$voucher\"}", true },
	{ "POST", "/members/{id}/vouchers", "{\"count\":1}" },
	{ "POST", "/api/templates/preview", "{\"key\":\"car_club\",\"rename\":false}" },
	{ "POST", "/api/communities/from-template", "{\"name\":\"c\",\"timezone\":\"Asia/Shanghai\",\"key\":\"car_club\"}" },
	{ "POST", "/templates/preview", "{\"key\":\"own\",\"rename\":true}" },
	{ "POST", "/templates/apply", "{\"key\":\"own\",\"card\":\"skip\",\"rename\":false,\"acknowledge\":\"\"}" },
	{ "POST", "/community/close", "{\"how\":\"archive\",\"name\":\"not this one\"}", true },
	{ "POST", "/templates/compare", "{\"left_key\":\"own\",\"right_key\":\"car_club\"}" },
	{ "POST", "/campaigns", CAMPAIGN_BODY },
	{ "PUT", "/campaigns/{id}", CAMPAIGN_BODY, true },
	{ "PUT", "/campaigns/{id}/follow", "{\"channel_id\":\"$mp\",\"keyword\":\"海报\",\"greeting\":\"g\"}" },
	{ "PUT", "/campaigns/{id}/forecast", FORECAST_BODY },
	{ "PUT", "/campaigns/{id}/messages", "{\"gap_minutes\":5,\"day_most\":3,\"lines\":[{\"what\":\"helped\",\"page\":true,\"mp\":true,"
		"\"qq\":true,\"wecom\":false,\"staff\":false,\"words\":\"w$mark\"}]}" },
	{ "POST", "/campaigns/{id}/state", "{\"state\":\"running\",\"acknowledge\":\"G1\"}" },
	{ "PUT", "/campaigns/{id}/draw", DRAW_BODY, true },
	{ "PUT", "/campaigns/{id}/packet", PACKET_RULE },
	{ "POST", "/t/{slug}/packet", "{\"nickname\":\"林晓\",\"city\":\"杭州\",\"token\":\"token-token-token-$n\"}" },
	{ "POST", "/t/{slug}/payout", "{\"amount\":100,\"receiver\":\"微信 lin\",\"token\":\"token-token-token-$n\"}", true },
	{ "POST", "/payouts/{id}/paid", "{\"note\":\"微信 1\"}", true },
	{ "POST", "/payouts/{id}/refuse", "{\"reason\":\"重填\"}", true },
	{ "POST", "/participants/{id}/chances", "{\"amount\":1,\"reason\":\"补发\",\"key\":\"given-$n\"}" },
	{ "PUT", "/campaigns/{id}/contest", "{\"day_votes\":3,\"most_votes\":0,\"entry_votes\":0,\"month_quota\":0,\"pictures\":\"optional\"}" },
	{ "POST", "/entries/{id}/decide", "{\"pass\":true,\"reason\":\"r\"}", true },
	{ "POST", "/t/{slug}/entry", "{\"nickname\":\"林晓\",\"title\":\"车\",\"body\":\"b\"}", true },
	{ "POST", "/t/{slug}/vote", "{\"token\":\"token-token-token-$n\"}", true },
	{ "POST", "/t/{slug}/draw", "{\"token\":\"token-token-token-$n\"}", true },
	{ "POST", "/t/{slug}/address", "{\"order\":\"$won\",\"receiver\":\"林晓\",\"phone\":\"13800138000\",\"address\":\"a\"}", true },
	{ "POST", "/participants/{id}/block", "{\"blocked\":false,\"reason\":\"误封\"}" },
	{ "POST", "/helps/left", "{\"participant\":\"$participant\",\"helper\":\"1\"}", true },
	{ "POST", "/helps/decide", "{\"participant\":\"$participant\",\"helper\":\"1\",\"accept\":true,\"reason\":\"r\"}", true },
	{ "POST", "/orders/ship", "{\"orders\":[{\"order\":\"$order\",\"shipping\":\"顺丰 $n\"}]}" },
	{ "POST", "/orders/redeem", "{\"code\":\"abcdefghjk\"}", true },
	{ "POST", "/redeem-places", PLACE_BODY },
	{ "PUT", "/redeem-places/{id}", PLACE_BODY },
	{ "PUT", "/prizes/{id}/redeeming", "{\"from_at\":null,\"until_at\":null,\"hours\":[],\"places\":[\"$place\"],\"clerks\":[\"$staff\"]}", true },
	{ "POST", "/orders/{id}/cancel", "{\"reason\":\"地址有误\"}", true },
	{ "POST", "/prizes/{id}/codes", "{\"text\":\"A1\\nA2\"}", true },
	{ "POST", "/t/{slug}/join", "{\"nickname\":\"安安\",\"city\":\"杭州\"}" },
	{ "POST", "/t/{slug}/help", "{\"nickname\":\"安安\"}", true },
	{ "POST", "/t/{slug}/claim", CLAIM_BODY, true },
	{ "POST", "/automations", AUTOMATION_BODY("自动 $n") },
	{ "PUT", "/automations/{id}", AUTOMATION_BODY("自动 $n") },
	{ "POST", "/automations/{id}/state", "{\"on\":false}" },
	{ "POST", "/automations/from-preset", "{\"key\":\"keyword_group\",\"code\":\"$code\"}" },
	{ "POST", "/automations/{id}/try", "{\"event\":null,\"member\":\"$member\",\"group\":\"$group\",\"text\":\"价格\"}" },
	{ "POST", "/automations/{id}/tests", "{\"days\":1}" },
	{ "POST", "/t/{slug}/opened", "{}" },
	{ "PUT", "/posters/brand", "{\"colours\":[\"#0b7a6b\"],\"font\":\"serif\"}" },
	{ "POST", "/posters/pictures", "{}", true },
	{ "POST", "/posters/preview", POSTER_BODY("$picture", ",\"member_id\":\"$member\"") },
	{ "POST", "/posters/check", POSTER_BODY("", "") },
	{ "POST", "/posters", POSTER_BODY("$picture", "") },
	{ "PUT", "/posters/{id}", POSTER_BODY("$picture", ""), true },
	{ "POST", "/posters/{id}/batch", "{}", true },
	{ "POST", "/r/{slug}/join", "{\"nickname\":\"安安\"}" },
	{ "POST", "/r/{slug}/card", "{\"card\":\"店长\"}" },
	{ "POST", "/r/{slug}/read", "{\"n\":1}" },
	{ "POST", "/r/{slug}/notices", "{\"id\":\"1\"}" },
	{ "POST", "/r/{slug}/report", "{\"n\":1,\"text\":\"发广告\"}" },
	{ "POST", "/r/{slug}/say", "{\"text\":\"你好\",\"reply\":0,\"mentions\":[],\"key\":\"key-0000$n\"}", true },
	{ "POST", "/r/{slug}/show", "{}", true },
	{ "POST", "/r/{slug}/recall", "{\"n\":1}", true },
	{ "POST", "/r/{slug}/rule", "{\"what\":\"pin\",\"member\":\"$member\",\"n\":1,\"minutes\":10,\"text\":\"w\"}", true },
	{ "POST", "/groups/{id}/room", "{\"what\":\"mute\",\"member_id\":\"$member\",\"n\":1,\"minutes\":10,\"text\":\"w\"}", true },
	{ "POST", "/groups/{id}/say", "{\"text\":\"营业到八点\",\"key\":\"key-0000$n\",\"pinned\":false}" },
	{ "POST", "/t/{slug}/report", "{\"text\":\"奖品是假的\"}" },
	{ "POST", "/orders/sheet", "{}", true },
	{ "POST", "/t/{slug}/appeal", "{\"text\":\"都是我们合唱团的人\"}", true },
	{ "POST", "/participants/{id}/answer", "{\"accept\":true,\"answer\":\"已核实\"}", true },
	{ "PUT", "/fraud/limits", "{\"limits\":[{\"word\":\"star_n\",\"anonymous\":9,\"checked\":20}]}" },
	{ "POST", "/fraud/blocks", "{\"kind\":\"device\",\"word\":\"w $n\",\"reason\":\"卖助力\",\"days\":90}" },
	{ "POST", "/fraud/decide", "{\"ids\":[\"$finding\"],\"accept\":false,\"reason\":\"脚本\"}" },
};

static const struct example *example_of(const struct route *r)
{
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
		if (strcmp(examples[i].method, r->method) == 0 && strcmp(examples[i].path, r->path) == 0)
			return &examples[i];
	fail_msg("%s %s takes %s: write a good request for it into test/world.c", r->method, r->path, r->in->name);
	return NULL;
}

bool world_body_succeeds(const struct route *r) { return !example_of(r)->fails; }

bool world_body_names(const struct route *r)
{
	const char *body = example_of(r)->body;
	for (int i = 0; i < THINGS; i++)
		if (strstr(body, names[i]))
			return true;
	return false;
}

/* ---- Filling in ---- */

/* The longest name that stands here: $tag is no $target. */
static int thing_at(const char *p)
{
	int best = -1;
	for (int i = 0; i < THINGS; i++)
		if (strncmp(p, names[i], strlen(names[i])) == 0 && (best < 0 || strlen(names[i]) > strlen(names[best])))
			best = i;
	return best;
}

static const char *fill(struct world *w, const char *text, const struct things *of)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	for (const char *p = text; *p; p++) {
		int thing = thing_at(p);
		if (thing >= 0) {
			buf_str(&b, of->at[thing]);
			p += strlen(names[thing]) - 1;
		} else if (strncmp(p, "$mark", 5) == 0) {
			buf_z(&b, of->mark ? of->mark : "");
			p += 4;
		} else if (strncmp(p, "$n", 2) == 0) {
			buf_int(&b, ++w->n);
			p++;
		} else {
			buf_byte(&b, *p);
		}
	}
	char *filled = str_z(&w->house->arena, buf_view(&b));
	buf_free(&b);
	assert_non_null(filled);
	return filled;
}

const char *world_body(struct world *w, const struct route *r, const struct things *of)
{
	return fill(w, example_of(r)->body, of);
}

/* What stands in the hole is known by the word before it. */
static const char *hole_of(const struct route *r)
{
	static const struct { const char *before, *thing; } holes[] = {
		{ "/groups/{", "$group" }, { "/livecodes/{", "$code" }, { "/targets/{", "$target" }, { "/links/{", "$link" },
		{ "/g/{", "$link" }, { "/members/{", "$member" }, { "/tags/{", "$tag" }, { "/alerts/{", "$alert" },
		{ "/partners/{", "$partner" }, { "/v/{", "$voucher" }, { "/staff/{", "$staff" }, { "/f/{", "$picture" },
		{ "/segments/{", "$segment" }, { "/imports/{", "$import" }, { "/exports/{", "$export" },
		{ "/channels/{id}/wecom", "$wecom" }, { "/channels/{id}/join-ways", "$wecom" }, { "/join-ways/{", "$join_way" },
		{ "/channels/{id}/contact-ways", "$wecom" }, { "/contact-ways/{", "$contact_way" },
		{ "/channels/{id}/group-welcomes", "$wecom" }, { "/group-welcomes/{", "$group_welcome" }, { "/wecom-tags/{", "$wecom_tag" },
		{ "/channels/{id}/intercepts", "$wecom" }, { "/intercepts/{", "$intercept" },
		{ "/channels/{id}/codes", "$mp" }, { "/channels/{id}/menu", "$mp" }, { "/mp-codes/{", "$mp_code" }, { "/w/{", "$community" }, { "/api/w/{", "$community" },
		{ "/me/{", "$community" }, { "/erased/{", "$receipt" }, { "/channels/{", "$channel" }, { "/api/in/{", "$hook" },
		{ "/asks/{", "$ask" }, { "/posters/{", "$poster" }, { "/r/{", "$room" }, { "/automations/{", "$automation" }, { "/automation-tests/{", "$trial" },
		{ "/sends/{", "$send" }, { "/documents/{", "$document" }, { "/run-sheet/{", "$send" },
		{ "/member-fields/{", "$field" }, { "/levels/{", "$level" }, { "/tag-groups/{", "$tag_group" },
		{ "/notes/{", "$note" }, { "/merges/{", "$merge" },
		{ "/templates/uses/{", "$use" },
		{ "/campaigns/{id}/draw", "$lottery" }, { "/campaigns/{id}/forecast", "$intent" }, { "/participants/{id}/chances", "$player" }, { "/t/{slug}/draw", "$draw" },
		{ "/campaigns/{id}/packet", "$packet" }, { "/campaigns/{id}/budget", "$packet" }, { "/campaigns/{id}/payouts", "$packet" },
		{ "/participants/{id}/packet", "$opener" }, { "/t/{slug}/packet", "$red" }, { "/t/{slug}/payout", "$red" },
		{ "/api/packets/{", "$red" }, { "/payouts/{", "$payout" },
		{ "/api/lottery/{", "$draw" }, { "/api/contest/{", "$entry" }, { "/campaigns/{id}/contest", "$contest" },
		{ "/campaigns/{id}/entries", "$contest" }, { "/entries/{", "$entrant" }, { "/t/{slug}/entry", "$entry" },
		{ "/t/{slug}/vote", "$entry" }, { "/t/{slug}/address", "$draw" },
		{ "/campaigns/{", "$campaign" }, { "/t/{", "$task" }, { "/participants/{", "$participant" }, { "/prizes/{", "$prize" },
		{ "/orders/{", "$order" }, { "/fraud/blocks/{", "$block" }, { "/redeem-places/{", "$place" },
		{ "/tokens/{", "$token" }, { "/invites/{", "$invite" }, { "/api/join/{", "$door" }, { "/api/reset/{", "$reset" }, { "/api/sessions/{", "$session" },
	};
	for (size_t i = 0; i < sizeof holes / sizeof *holes; i++)
		if (strncmp(r->path, holes[i].before, strlen(holes[i].before)) == 0)
			return holes[i].thing;
	fail_msg("%s %s: name a thing for its hole in test/world.c", r->method, r->path);
	return NULL;
}

const char *world_path(struct world *w, const struct route *r, const struct things *of, struct str community)
{
	struct buf b;
	buf_init(&b, 4096);
	if (route_in_community(r))
		buf_format(&b, "/api/c/%.*s", STR(community));
	for (const char *p = r->path; *p; p++) {
		if (*p == '{') {
			buf_z(&b, hole_of(r));
			p = strchr(p, '}');
		} else {
			buf_byte(&b, *p);
		}
	}
	buf_byte(&b, '\0');
	assert_false(buf_failed(&b));
	const char *path = fill(w, b.at, of);
	buf_free(&b);
	return path;
}

/* ---- Asking ---- */

struct browser *world_browser(struct world *w, const struct route *r)
{
	return w->by_role[r->role == ROLE_PUBLIC || r->role == ROLE_VISITOR ? r->role : ROLE_OWNER];
}

static void from_elsewhere(struct world *w, struct browser *b)
{
	char line[64];
	int64_t n = ++w->n;
	snprintf(line, sizeof line, "X-Forwarded-For: 10.%d.%d.%d", (int)(n >> 16 & 255), (int)(n >> 8 & 255), (int)(n & 255));
	browser_header(b, line);
}

struct reply world_ask(struct world *w, const struct route *r, const char *path, struct str body)
{
	struct browser *b = world_browser(w, r);
	bool sends = strcmp(r->method, "GET") != 0 && strcmp(r->method, "DELETE") != 0 && r->in;
	from_elsewhere(w, b);
	return ask(b, r->method, path, sends ? "application/json" : NULL, sends ? body : (struct str){ 0 });
}

/* ---- Making it ---- */

static struct str made(struct world *w, struct browser *b, const char *method, const char *path, const char *body, const char *what,
                       const struct things *of)
{
	from_elsewhere(w, b);
	struct reply r = ask(b, method, fill(w, path, of), body ? "application/json" : NULL,
	                     body ? str_of(fill(w, body, of)) : (struct str){ 0 });
	struct str id = what ? json_at(&r, what) : S("");
	if (r.status / 100 != 2 || (what && id.len == 0))
		fail_msg("%s %s: %d %.*s", method, path, r.status, STR(r.body));
	return str_copy(&w->house->arena, id);
}

#define C "/api/c/$community"

/* A visitor fills in the form and reports the page: an application and a warning. */
static void visit(struct world *w, struct browser *owner, struct things *t)
{
	struct browser *visitor = browser_open(w->site);
	browser_visit(visitor, (struct id){ 4711 + ++w->n });
	struct reply r = get(visitor, fill(w, "/g/$link", t));
	assert_int_equal(r.status, 200);
	made(w, visitor, "POST", "/g/$link/gate", "{\"answers\":[{\"key\":\"car\",\"text\":\"朗逸$mark\"}]}", NULL, t);
	made(w, visitor, "POST", "/g/$link/report", "{\"text\":\"打不开$mark\"}", NULL, t);
	t->at[THE_APPLICATION] = made(w, owner, "GET", C "/applications", NULL, "items.0.id", t);
	t->at[THE_ALERT] = made(w, owner, "GET", C "/alerts", NULL, "items.0.id", t);
	browser_close(visitor);
}

/* Somebody takes part, a friend helps, and the first goal is claimed: an order. */
static void take_part(struct world *w, struct browser *owner, struct things *t)
{
	struct browser *sharer = browser_open(w->site), *friend = browser_open(w->site);
	browser_visit(sharer, (struct id){ 4711 + ++w->n });
	browser_visit(friend, (struct id){ 4711 + ++w->n });
	t->at[THE_CAMPAIGN] = made(w, owner, "POST", C "/campaigns", CAMPAIGN_BODY, "id", t);
	t->at[THE_TASK] = made(w, owner, "POST", C "/campaigns/$campaign/state", "{\"state\":\"running\",\"acknowledge\":\"G1\"}", "slug", t);
	t->at[THE_STAGE] = made(w, owner, "GET", C "/campaigns/$campaign", NULL, "stages.0.id", t);
	t->at[THE_PRIZE] = made(w, owner, "GET", C "/campaigns/$campaign", NULL, "stages.0.prizes.0.id", t);
	t->at[THE_TASK] = made(w, sharer, "POST", "/t/$task/join", "{\"nickname\":\"林晓\",\"city\":\"杭州\"}", "me.slug", t);
	made(w, friend, "POST", "/t/$task/help", "{\"nickname\":\"安安\"}", NULL, t);
	t->at[THE_ORDER] = made(w, sharer, "POST", "/t/$task/claim", CLAIM_BODY, "stages.0.order.id", t);
	t->at[THE_PARTICIPANT] = made(w, owner, "GET", C "/campaigns/$campaign/participants", NULL, "items.0.id", t);
	/* A browser that staff want to see first helps, too: a finding. */
	struct browser *listed = browser_open(w->site);
	int64_t number = 4711 + ++w->n;
	browser_visit(listed, (struct id){ number });
	struct arena *arena = &w->house->arena;
	t->at[THE_BLOCK] = made(w, owner, "POST", C "/fraud/blocks", str_z(arena, str_format(arena,
		"{\"kind\":\"browser\",\"word\":\"%lld\",\"reason\":\"卖助力$mark\",\"days\":90}", (long long)number)), "id", t);
	made(w, listed, "POST", "/t/$task/help", "{\"nickname\":\"小赵\"}", NULL, t);
	t->at[THE_PLACE] = made(w, owner, "POST", C "/redeem-places", PLACE_BODY, "id", t);
	t->at[THE_FINDING] = made(w, owner, "GET", C "/campaigns/$campaign/findings", NULL, "items.0.id", t);
	browser_close(sharer);
	browser_close(friend);
	browser_close(listed);
}

/* A lottery, and somebody who has won: an order that waits for an address. */
static void draw_lottery(struct world *w, struct browser *owner, struct things *t)
{
	struct browser *player = browser_open(w->site);
	browser_visit(player, (struct id){ 4711 + ++w->n });
	t->at[THE_LOTTERY] = made(w, owner, "POST", C "/campaigns", LOTTERY_BODY, "id", t);
	made(w, owner, "PUT", C "/campaigns/$lottery/draw", DRAW_BODY, NULL, t);
	t->at[THE_DRAW] = made(w, owner, "POST", C "/campaigns/$lottery/state", "{\"state\":\"running\"}", "slug", t);
	made(w, player, "POST", "/t/$draw/join", "{\"nickname\":\"林晓\"}", NULL, t);
	t->at[THE_WON] = made(w, player, "POST", "/t/$draw/draw", "{\"token\":\"token-token-token-1\"}", "draw.mine.0.order.id", t);
	t->at[THE_PLAYER] = made(w, owner, "GET", C "/campaigns/$lottery/participants", NULL, "items.0.id", t);
	browser_close(player);
}

/* Red packets, somebody who has opened one, and money they asked for. */
static void split_packets(struct world *w, struct browser *owner, struct things *t)
{
	struct browser *opener = browser_open(w->site);
	browser_visit(opener, (struct id){ 4711 + ++w->n });
	t->at[THE_PACKET] = made(w, owner, "POST", C "/campaigns", PACKET_BODY, "id", t);
	made(w, owner, "PUT", C "/campaigns/$packet/packet", PACKET_RULE, NULL, t);
	t->at[THE_RED] = made(w, owner, "POST", C "/campaigns/$packet/state", "{\"state\":\"running\",\"acknowledge\":\"G1\"}", "slug", t);
	made(w, opener, "POST", "/t/$red/packet", "{\"nickname\":\"林晓\",\"token\":\"token-token-token-1\"}", NULL, t);
	t->at[THE_PAYOUT] = made(w, opener, "POST", "/t/$red/payout",
	                         "{\"amount\":100,\"receiver\":\"微信 lin\",\"token\":\"token-token-token-2\"}",
	                         "money.payouts.0.id", t);
	t->at[THE_OPENER] = made(w, owner, "GET", C "/campaigns/$packet/participants", NULL, "items.0.id", t);
	browser_close(opener);
}

/* A contest, and an entry that waits. */
static void hold_contest(struct world *w, struct browser *owner, struct things *t)
{
	struct browser *entrant = browser_open(w->site);
	browser_visit(entrant, (struct id){ 4711 + ++w->n });
	t->at[THE_INTENT] = made(w, owner, "POST", C "/campaigns", CAMPAIGN_BODY, "id", t);         /* nobody takes part in it */
	made(w, owner, "PUT", C "/campaigns/$intent/forecast", FORECAST_BODY, NULL, t);
	t->at[THE_CONTEST] = made(w, owner, "POST", C "/campaigns", CONTEST_BODY, "id", t);
	t->at[THE_ENTRY] = made(w, owner, "POST", C "/campaigns/$contest/state", "{\"state\":\"running\"}", "slug", t);
	t->at[THE_ENTRY] = made(w, entrant, "POST", "/t/$entry/entry", "{\"nickname\":\"林晓\",\"title\":\"车$mark\",\"body\":\"b\"}",
	                        "me.slug", t);
	t->at[THE_ENTRANT] = made(w, owner, "GET", C "/campaigns/$contest/entries", NULL, "items.0.id", t);
	browser_close(entrant);
}

/* "https://…/join/WORD" → WORD */
static struct str last_word(struct str url)
{
	while (str_find(url, '/') >= 0)
		(void)str_cut(&url, '/');
	return url;
}

/* A group of channel web has a room once its event has been followed; somebody is in it. */
static struct str open_room(struct world *w, struct browser *owner, struct things *t)
{
	int64_t community = 0, group = 0;
	struct browser *visitor = browser_open(w->site);
	struct arena *arena = &w->house->arena;
	browser_visit(visitor, (struct id){ 4711 + ++w->n });
	struct str id = made(w, owner, "POST", C "/groups", "{\"name\":\"群聊 $n$mark\",\"channel\":\"web\",\"rename_allowed\":true,"
		"\"invite_allowed\":true,\"lifetime\":\"permanent\",\"ends_at\":null}", "id", t);
	assert_true(str_to_int(t->at[THE_COMMUNITY], &community) && str_to_int(id, &group));
	assert_int_equal(events_catch_up(w->house->store, features, (struct id){ community }), 0);
	struct str slug = last_word(made(w, owner, "GET", str_z(arena, str_format(arena, C "/groups/%lld/room", (long long)group)), NULL,
	                                 "path", t));
	t->at[THE_ROOM] = slug;
	made(w, visitor, "POST", "/r/$room/join", "{\"nickname\":\"安安$mark\"}", NULL, t);
	browser_close(visitor);
	return slug;
}

/* Somebody asks to come into the group, as a platform tells it. */
struct asking_in { struct id community, channel, group, member, ask; struct str flag, comment; };

static int ask_in(struct tx *tx, void *arg)
{
	struct asking_in *a = arg;
	struct asked_in said = { .kind = S("add"), .flag = a->flag, .comment = a->comment };
	return ask_keep(tx, a->community, a->channel, a->group, a->member, &said, &a->ask);
}

struct str world_asks_in(struct world *w, const struct things *t)
{
	struct arena *arena = &w->house->arena;
	struct asking_in a = { .flag = str_format(arena, "f%lld", (long long)++w->n) };
	a.comment = str_format(arena, "我是车主%s", t->mark ? t->mark : "");
	assert_true(str_to_int(t->at[THE_COMMUNITY], &a.community.n) && str_to_int(t->at[THE_CHANNEL], &a.channel.n) &&
	            str_to_int(t->at[THE_GROUP], &a.group.n) && str_to_int(t->at[THE_MEMBER], &a.member.n));
	assert_int_equal(store_write(w->house->store, a.community, arena, ask_in, &a), 1);
	return str_format(arena, "%lld", (long long)a.ask.n);
}

/* Its job has run: there is a file to fetch. */
static void write_export(struct world *w, const struct things *t)
{
	ARENA_SCOPED arena;
	struct str why = S("");
	struct job job = { .key = t->at[THE_EXPORT] };
	arena_init(&arena, 64 << 20);
	assert_true(str_to_int(t->at[THE_COMMUNITY], &job.community.n));
	assert_int_equal(export_run(&(struct job_context){ .store = w->house->store, .features = features, .arena = &arena }, &job, &why), 0);
}

/* Its platform tells of a group. */
static int hear_chat(struct tx *tx, void *arg)
{
	const struct things *t = arg;
	struct flatxml_field chat = { S("ChatId"), S("wr1") };
	struct id community, channel;
	struct channel c;
	int r = str_to_int(t->at[THE_COMMUNITY], &community.n) && str_to_int(t->at[THE_WECOM], &channel.n) ? 0 : E_INVALID;
	if (r < 0 || (r = channel_get(tx, community, channel, &c)) < 0)
		return r;
	return wecom_chat_heard(tx, community, &c, &(struct wecom_told){ .change = S("create"), .xml = { &chat, 1 }, .at = tx_now(tx) });
}

static void join_ways(struct world *w, struct browser *owner, struct things *t)
{
	t->at[THE_WECOM] = made(w, owner, "POST", C "/channels", "{\"kind\":\"wecom\",\"name\":\"企微$mark\",\"values\":["
		"{\"key\":\"corpid\",\"text\":\"ww1\"},{\"key\":\"secret\",\"text\":\"s\"},{\"key\":\"token\",\"text\":\"t\"},"
		"{\"key\":\"aes_key\",\"text\":\"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA\"}]}", "id", t);
	assert_true(store_write(w->house->store, (struct id){ 0 }, &w->house->arena, hear_chat, t) >= 0);
	t->at[THE_JOIN_WAY] = made(w, owner, "POST", C "/channels/$wecom/join-ways",
	                           "{\"title\":\"车展$mark\",\"chats\":[\"wr1\"],\"auto_create\":true}", "id", t);
	t->at[THE_CONTACT_WAY] = made(w, owner, "POST", C "/channels/$wecom/contact-ways", CONTACT_WAY_BODY ",\"kind\":\"single\"}", "id", t);
	t->at[THE_GROUP_WELCOME] = made(w, owner, "POST", C "/channels/$wecom/group-welcomes", GROUP_WELCOME_BODY, "id", t);
	t->at[THE_INTERCEPT] = made(w, owner, "POST", C "/channels/$wecom/intercepts", INTERCEPT_BODY("价格$mark"), "id", t);
	t->at[THE_WECOM_TAG] = made(w, owner, "POST", C "/channels/$wecom/wecom-tags",
	                            "{\"tag_id\":\"$other_tag\",\"family\":\"企业$mark\"}", "id", t);
}

static void fill_community(struct world *w, struct browser *owner, struct things *t)
{
	struct arena *arena = &w->house->arena;
	t->at[THE_GROUP] = made(w, owner, "POST", C "/groups", "{\"name\":\"群$mark\"}", "id", t);
	t->at[THE_PARTNER] = made(w, owner, "POST", C "/partners", PARTNER_BODY, "id", t);
	t->at[THE_CODE] = made(w, owner, "POST", C "/livecodes", CODE_BODY("冬季用车$mark"), "id", t);
	t->at[THE_TARGET] = made(w, owner, "POST", C "/livecodes/$code/targets", TARGET_BODY("url", "null"), "items.0.id", t);
	t->at[THE_LINK] = made(w, owner, "GET", C "/livecodes/$code/links", NULL, "items.0.slug", t);
	made(w, owner, "POST", C "/livecodes/$code/state", "{\"state\":\"running\"}", "id", t);
	t->at[THE_FIELD] = made(w, owner, "POST", C "/member-fields", "{\"key\":\"car\",\"kind\":\"choice\"," FIELD_BODY, "id", t);
	t->at[THE_LEVEL] = made(w, owner, "POST", C "/levels", LEVEL_BODY("1"), "id", t);
	t->at[THE_TAG_GROUP] = made(w, owner, "POST", C "/tag-groups", "{\"name\":\"意向$mark\"}", "id", t);
	t->at[THE_MEMBER] = made(w, owner, "POST", C "/members", "{\"nickname\":\"安安$mark\"}", "id", t);
	t->at[THE_NOTE] = made(w, owner, "POST", C "/members/$member/notes", "{\"text\":\"怕坡起$mark\"}", "id", t);
	struct str twin = made(w, owner, "POST", C "/members", "{\"nickname\":\"安安二$mark\"}", "id", t);
	const char *from = str_z(arena, str_format(arena, "{\"from\":\"%.*s\"}", STR(twin)));
	made(w, owner, "POST", C "/members/$member/merge", from, "id", t);
	t->at[THE_MERGE] = made(w, owner, "GET", C "/members/$member/merges", NULL, "items.0.id", t);
	t->at[THE_TAG] = made(w, owner, "POST", C "/tags", "{\"name\":\"VIP$mark\"}", "id", t);
	t->at[THE_OTHER_TAG] = made(w, owner, "POST", C "/tags", "{\"name\":\"新客$mark\"}", "id", t);
	t->at[THE_SEGMENT] = made(w, owner, "POST", C "/segments",
		"{\"name\":\"全部$mark\",\"where\":[{\"depth\":0,\"what\":\"all\"}]}", "id", t);
	t->at[THE_VOUCHER] = made(w, owner, "POST", C "/members/$member/vouchers", "{\"count\":1}", "items.0.code", t);
	struct str gone = made(w, owner, "POST", C "/members", "{\"nickname\":\"走了\"}", "id", t);
	t->at[THE_RECEIPT] = made(w, owner, "POST", str_z(arena, str_format(arena, C "/members/%.*s/erase", STR(gone))),
	                          "{\"reason\":\"asked\"}", "number", t);
	t->at[THE_STAFF] = made(w, owner, "POST", C "/staff", "{\"name\":\"n$n\",\"display\":\"d\",\"role\":\"reader\"}", "id", t);
	t->at[THE_EXPORT] = made(w, owner, "POST", C "/exports", "{\"format\":\"csv\",\"columns\":[\"nickname\"]}", "id", t);
	write_export(w, t);
	t->at[THE_IMPORT] = made(w, owner, "POST", C "/imports", "{\"name\":\"表.csv\",\"size\":9}", "id", t);
	struct str url = made(w, owner, "POST", C "/invites", "{\"role\":\"reader\",\"hours\":24,\"uses\":9}", "url", t);
	t->at[THE_TOKEN] = made(w, owner, "POST", C "/tokens", TOKEN_BODY("收银系统$mark"), "id", t);
	t->at[THE_DOOR] = last_word(url);
	t->at[THE_INVITE] = made(w, owner, "GET", C "/invites", NULL, "items.0.id", t);
	t->at[THE_RESET] = last_word(made(w, owner, "POST", C "/staff/$staff/reset", "{}", "url", t));
	t->at[THE_SESSION] = S("1");
	struct blob png = sample_code(arena, "https://example.com", &QR_STYLE_PLAIN);
	struct reply r = post_multipart(owner, fill(w, C "/pictures", t),
		(struct part[]){ { "picture", { png.at, png.len }, "a.png" }, { 0 } });
	t->at[THE_PICTURE] = str_copy(arena, json_at(&r, "key"));
	assert_int_equal(t->at[THE_PICTURE].len, 22);
	r = post_multipart(owner, fill(w, C "/documents", t), (struct part[]){ { "name", str_of(fill(w, "价目$mark.pdf", t)), NULL },
		{ "file", S("%PDF-1.7\n%%EOF"), "x" }, { 0 } });
	t->at[THE_DOCUMENT] = str_copy(arena, json_at(&r, "key"));
	assert_int_equal(t->at[THE_DOCUMENT].len, 22);
	t->at[THE_USE] = made(w, owner, "POST", C "/templates/apply", "{\"key\":\"own\",\"card\":\"skip\"}", "id", t);
	t->at[THE_CHANNEL] = made(w, owner, "POST", C "/channels", "{\"kind\":\"manual\",\"name\":\"QQ$mark\",\"values\":[]}", "id", t);
	t->at[THE_MP] = made(w, owner, "POST", C "/channels", "{\"kind\":\"mp\",\"name\":\"公众号$mark\",\"values\":["
		"{\"key\":\"appid\",\"text\":\"wx1\"},{\"key\":\"secret\",\"text\":\"s\"},{\"key\":\"token\",\"text\":\"t\"}]}", "id", t);
	t->at[THE_MP_CODE] = made(w, owner, "POST", C "/channels/$mp/codes", "{\"title\":\"店$mark\",\"permanent\":false}", "id", t);
	join_ways(w, owner, t);
	t->at[THE_ROOM] = open_room(w, owner, t);
	t->at[THE_ASK] = world_asks_in(w, t);
	t->at[THE_HOOK] = S("nobodyscallbackaddress12");
	t->at[THE_AUTOMATION] = made(w, owner, "POST", C "/automations", AUTOMATION_BODY("欢迎$mark"), "id", t);
	t->at[THE_TRIAL] = made(w, owner, "POST", C "/automations/$automation/tests", "{\"days\":1}", "id", t);
	t->at[THE_SEND] = made(w, owner, "POST", C "/sends", "{\"group_id\":\"$group\",\"what\":\"text\","
	                       "\"text\":\"周五答疑$mark\",\"key\":\"k$n\"}", "id", t);
	t->at[THE_POSTER] = made(w, owner, "POST", C "/posters", POSTER_BODY("$picture", ""), "id", t);
	visit(w, owner, t);
	draw_lottery(w, owner, t);                /* the campaign's second prize is chances of it */
	take_part(w, owner, t);
	split_packets(w, owner, t);
	hold_contest(w, owner, t);
}

/* ---- People ---- */

#define THEIR_MARK "zqx7elsewhere"

struct founding { struct id here, there, accounts[ROLE_OWNER + 1], foreign; char hash[PASSWORD_HASH]; };

static int found(struct tx *tx, void *arg)
{
	static const char *const people[] = {
		[ROLE_ACCOUNT] = "nobody", [ROLE_READER] = "reader", [ROLE_HOST] = "host", [ROLE_REVIEWER] = "reviewer",
		[ROLE_OPERATOR] = "operator", [ROLE_ADMIN] = "admin",
		[ROLE_OWNER] = "owner",
	};
	struct founding *f = arg;
	int r = community_make(tx, S("驾校"), S("Asia/Shanghai"), &f->here);
	if (r >= 0)
		r = community_make(tx, S("奶茶店 " THEIR_MARK), S("Asia/Shanghai"), &f->there);
	for (enum role role = ROLE_ACCOUNT; r >= 0 && role <= ROLE_OWNER; role++) {
		r = account_make(tx, str_of(people[role]), str_of(people[role]), f->hash, &f->accounts[role]);
		if (r >= 0 && role > ROLE_ACCOUNT)
			r = account_hire(tx, f->here, f->accounts[role], role);
	}
	if (r >= 0)
		r = account_make(tx, S("foreign"), S("foreign"), f->hash, &f->foreign);
	return r < 0 ? r : account_hire(tx, f->there, f->foreign, ROLE_OWNER);
}

void world_open(struct world *w, struct house *house)
{
	*w = (struct world){ .house = house };
	struct founding f = { 0 };
	assert_int_equal(secret_start(), 0);
	assert_int_equal(password_hash(S("lantern-river-42"), f.hash), 0);
	assert_int_equal(store_write(house->store, (struct id){ 0 }, &house->arena, found, &f), 0);
	w->site = site_open(house, features, &account_identity, "trusted_proxies=127.0.0.1");
	for (enum role role = ROLE_PUBLIC; role <= ROLE_OWNER; role++) {
		w->by_role[role] = browser_open(w->site);
		if (role >= ROLE_ACCOUNT)
			browser_sign_in(w->by_role[role], f.accounts[role]);
	}
	browser_visit(w->by_role[ROLE_VISITOR], (struct id){ 4711 });
	w->foreign = browser_open(w->site);
	browser_sign_in(w->foreign, f.foreign);
	w->here.at[THE_COMMUNITY] = str_format(&house->arena, "%lld", (long long)f.here.n);
	w->there.at[THE_COMMUNITY] = str_format(&house->arena, "%lld", (long long)f.there.n);
	fill_community(w, w->by_role[ROLE_OWNER], &w->here);
	w->there.mark = THEIR_MARK;
	fill_community(w, w->foreign, &w->there);
	made(w, w->by_role[ROLE_VISITOR], "POST", "/r/$room/join", "{\"nickname\":\"安安\"}", NULL, &w->here);
	made(w, w->by_role[ROLE_VISITOR], "GET", "/g/$link", NULL, NULL, &w->here);      /* the visitor has scanned */
}

void world_close(struct world *w)
{
	for (enum role role = ROLE_PUBLIC; role <= ROLE_OWNER; role++)
		browser_close(w->by_role[role]);
	browser_close(w->foreign);
	site_close(w->site);
}

/* ---- Counting ---- */

struct census { struct str name; int64_t n; };

ROW(census,
	FIELD(census, name, "Table"),
	FIELD(census, n,    "Rows"));

/* These move by themselves. */
static bool is_the_stores_own(struct str table) { return str_is(table, "node") || str_is(table, "schema_step"); }

/* "SELECT …" over every table that a schema makes: a new one is counted from its first day. */
static const char *census_text(struct arena *arena)
{
	struct buf b;
	buf_init(&b, 64 << 10);
	buf_z(&b, "SELECT '' AS name, 0 AS n");
	for (const struct embedded_schema *s = embedded_schemas; s->path; s++)
		for (const char *at = s->sql; (at = strstr(at, "CREATE TABLE ")); at++) {
			const char *name = at + strlen("CREATE TABLE ");
			struct str table = { name, strcspn(name, " (") };
			if (!is_the_stores_own(table))
				buf_format(&b, " UNION ALL SELECT '%.*s', COUNT(*) FROM %.*s", STR(table), STR(table));
		}
	const char *text = str_z(arena, buf_view(&b));
	buf_free(&b);
	return text;
}

static int count_action(struct tx *tx, void *arg)
{
	static struct query count_all = { "count_all", NULL, READS, &row_census, TAKES_NOTHING, .scans = true };
	static struct arena for_good;
	if (!count_all.sql) {
		arena_init(&for_good, 64 << 10);
		count_all.sql = census_text(&for_good);
	}
	return tx_all_(tx, &count_all, arg, NULL, 0);
}

struct str world_count(struct world *w)
{
	struct rows rows;
	struct buf b;
	buf_init(&b, 4096);
	assert_true(store_read(w->house->store, &w->house->arena, count_action, &rows) >= 0);
	for (size_t i = 1; i < rows.count; i++) {
		const struct census *c = (const struct census *)rows.at + i;
		buf_format(&b, "%.*s %lld\n", STR(c->name), (long long)c->n);
	}
	struct str text = str_copy(&w->house->arena, buf_view(&b));
	buf_free(&b);
	return text;
}
