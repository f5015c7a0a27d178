/* tables.c: what the program is made of: its features, their settings, their queries, its commands. */
#include "main/backup.h"
#include "main/commands.h"
#include "main/settings.h"

/* ---- Features ---- */

#define FEATURE(name) extern const struct feature feature_##name;
#include "features.def"
#undef FEATURE

const struct feature *const features[] = {
#define FEATURE(name) &feature_##name,
#include "features.def"
#undef FEATURE
	NULL,
};

/* ---- Settings ---- */

static const struct setting program_settings[] = {
	{ "data", SET_TEXT, DATA_FALLBACK, "Folder of the database, quntu.conf and nothing else; give it as a flag or in the environment",
	  .zh = "数据库和 quntu.conf 所在的目录，不放别的；只能用参数或环境变量给" },
	{ "store", SET_TEXT, "", "Where the data lives: empty for the embedded database in the data folder, or postgres://user@host/name",
	  .zh = "数据放在哪里：留空用目录里自带的数据库，或 postgres://用户@主机/库名" },
	{ "readers", SET_INT, "2", "Threads that answer reads", 1, 64,
	  .zh = "处理读请求的线程数" },
	{ "lanes", SET_INT, "4", "Connections that write, with PostgreSQL (the embedded database has one)", 1, 64,
	  .zh = "同时写入的连接数，只对 PostgreSQL 有效（自带的数据库只有一个）" },
	{ "verbose", SET_BOOL, "false", "Log details too",
	  .zh = "日志里也写细节" },
	{ 0 },
};

const struct setting *const *settings_tables(void)
{
	static const struct setting *tables[sizeof features / sizeof *features + 1];
	size_t n = 0;
	tables[n++] = program_settings;
	for (size_t i = 0; features[i]; i++)
		if (features[i]->settings)
			tables[n++] = features[i]->settings;
	tables[n] = NULL;
	return tables;
}

/* ---- Queries ---- */

const struct query *const *all_queries(struct arena *arena, size_t *ret_count)
{
	size_t count = 0;
	for (size_t i = 0; features[i]; i++)
		for (size_t j = 0; features[i]->queries && features[i]->queries[j]; j++)
			count++;
	const struct query **list = arena_take_array(arena, count + 2, sizeof *list);
	if (!list)
		return NULL;
	size_t n = 0;
	for (size_t i = 0; features[i]; i++)
		for (size_t j = 0; features[i]->queries && features[i]->queries[j]; j++)
			list[n++] = features[i]->queries[j];
	list[n++] = &integrity_query;
	*ret_count = n;
	return list;
}

/* ---- Commands ---- */

const struct command *const commands[] = {
	&command_serve, &command_init, &command_check, &command_doctor, &command_backup, &command_restore, &command_bench,
	&command_user, &command_freeze, &command_verify, &command_settings, &command_version, &command_openapi, &command_docs, NULL,
};
