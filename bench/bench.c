/* bench.c: printing, clocks, memory, and the children that are measured. */
#include "bench/benches.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define START_PATIENCE 30.0                       /* seconds until a server that does not answer is given up */

/* ---- Figures ---------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double bench_median(double *values, size_t count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof *values, by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double ratio(const struct measure *m, double other)
{
	double better = m->less_is_better ? other : m->ours, worse = m->less_is_better ? m->ours : other;
	return worse > 0 ? better / worse : 0;
}

static bool has_value(const struct figure *f) { return f->name && !f->why; }

static const struct figure *best_peer(const struct measure *m)
{
	const struct figure *best = NULL;
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (has_value(&m->peers[i]) && (!best || (m->peers[i].value > best->value) != m->less_is_better))
			best = &m->peers[i];
	return best;
}

static void json_figure(struct buf *out, const struct figure *f)
{
	buf_z(out, "{\"name\":");
	buf_json(out, str_of(f->name));
	if (f->why) {
		buf_z(out, ",\"value\":null,\"why\":");
		buf_json(out, str_of(f->why));
	} else {
		buf_format(out, ",\"value\":%.6g", f->value);
	}
	buf_byte(out, '}');
}

static void json_ratio(struct buf *out, const char *name, const struct measure *m, const struct figure *f)
{
	if (f && has_value(f))
		buf_format(out, ",\"%s\":%.3g", name, ratio(m, f->value));
	else
		buf_format(out, ",\"%s\":null", name);
}

static void write_json(struct buf *out, const struct measure *m)
{
	buf_format(out, "{\"bench\":\"%s\",\"metric\":\"%s\",\"unit\":\"%s\",\"ours\":%.6g,\"floor\":", m->bench, m->metric,
	           m->unit, m->ours);
	if (m->floor.name)
		json_figure(out, &m->floor);
	else
		buf_z(out, "null");
	buf_z(out, ",\"peers\":[");
	for (size_t i = 0; i < PEERS_MAX && m->peers[i].name; i++) {
		buf_z(out, i ? "," : "");
		json_figure(out, &m->peers[i]);
	}
	buf_byte(out, ']');
	json_ratio(out, "ratio_to_floor", m, &m->floor);
	json_ratio(out, "ratio_to_best_peer", m, best_peer(m));
	buf_format(out, ",\"n\":%lld,\"note\":", (long long)m->n);
	buf_json(out, str_of(m->note));
	buf_z(out, "}\n");
}

static void write_line(struct buf *out, const struct measure *m)
{
	buf_format(out, "%-8s n=%-7lld %-16s %12.6g %-5s", m->bench, (long long)m->n, m->metric, m->ours, m->unit);
	if (has_value(&m->floor))
		buf_format(out, "  %s %.6g: %.3g×", m->floor.name, m->floor.value, ratio(m, m->floor.value));
	else if (m->floor.name)
		buf_format(out, "  %s: %s", m->floor.name, m->floor.why);
	buf_byte(out, '\n');
}

void bench_print(const struct bench_run *run, const struct measure *m)
{
	BUF_SCOPED out;
	buf_init(&out, 64 * 1024);
	if (run->json)
		write_json(&out, m);
	else
		write_line(&out, m);
	printf("%.*s", STR(buf_view(&out)));
	fflush(stdout);
}

double bench_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool bench_memory(pid_t pid, struct memory *ret)
{
	char path[64], line[200];
	long long kib, pss = -1, rss = -1;
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	while (fgets(line, sizeof line, file)) {
		if (sscanf(line, "Pss: %lld kB", &kib) == 1)
			pss = kib;
		else if (sscanf(line, "Rss: %lld kB", &kib) == 1)
			rss = kib;
	}
	fclose(file);
	if (pss < 0 || rss < 0)
		return false;
	*ret = (struct memory){ .pss = (double)pss / 1024, .rss = (double)rss / 1024 };
	return true;
}

bool bench_cpu(pid_t pid, double *ret)
{
	char path[64], line[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	const char *name_end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
	fclose(file);
	unsigned long user, system_;
	static const char wanted[] = " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu";     /* see proc(5) */
	if (!name_end || sscanf(name_end + 1, wanted, &user, &system_) != 2)
		return false;
	*ret = (double)(user + system_) / (double)sysconf(_SC_CLK_TCK);
	return true;
}

bool bench_written(pid_t pid, double *ret)
{
	char path[64], line[200];
	long long bytes = -1;
	snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && bytes < 0 && fgets(line, sizeof line, file))
		sscanf(line, "wchar: %lld", &bytes);
	if (file)
		fclose(file);
	if (bytes < 0)
		return false;
	*ret = (double)bytes / 1024;
	return true;
}

/* ---- Ports and answers ---------------------------------------------------------------------------- */

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) },
	};
}

int bench_free_port(void)
{
	struct sockaddr_in at = loopback(0);
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), port = 0;
	if (fd < 0)
		return 0;
	if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0)
		port = ntohs(at.sin_port);
	close(fd);
	return port;
}

/* Does anything speak HTTP there? */
static bool answers(int port)
{
	static const char ask[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	struct sockaddr_in at = loopback(port);
	struct timeval patience = { .tv_sec = 2 };
	char said[8];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	bool good = connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
	            send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) == (ssize_t)sizeof ask - 1 &&
	            recv(fd, said, sizeof said, MSG_WAITALL) == (ssize_t)sizeof said && memcmp(said, "HTTP/1.", 7) == 0;
	close(fd);
	return good;
}

static bool wait_for(struct child *child, int port)
{
	double end = bench_seconds() + START_PATIENCE;
	while (!answers(port)) {
		if (!child_runs(child) || bench_seconds() > end)
			return false;
		usleep(500);
	}
	return true;
}

/* ---- The children -------------------------------------------------------------------------------------- */

static const char *path_in(const struct bench_run *run, const char *name)
{
	const char *path = str_z(run->arena, str_format(run->arena, "%s/%s", run->folder, name));
	return path ? path : "";
}

static int write_file(const char *path, const struct buf *text)
{
	FILE *file = buf_failed(text) ? NULL : fopen(path, "w");
	if (!file)
		return E_STORE;
	bool good = fwrite(text->at, 1, text->len, file) == text->len;
	return fclose(file) == 0 && good ? 0 : E_STORE;
}

int bench_serve(const struct bench_run *run, const char *name, int port, struct child *ret, double *ret_start)
{
	const char *data = path_in(run, name), *log = path_in(run, "serve.log");
	const char *number = str_z(run->arena, str_format(run->arena, "%d", port));
	const char *const argv[] = {
		run->program, "serve", "--data", data, "--port", number, "--listen", "127.0.0.1", NULL,
	};
	double began = bench_seconds();
	int r = child_start(argv, log, run->arena, ret);
	if (r == 0 && !wait_for(ret, port))
		r = E_STORE;
	if (r < 0) {
		fprintf(stderr, "bench: the server did not start; see %s\n", log);
		child_stop(ret);
		return r;
	}
	*ret_start = bench_seconds() - began;
	return 0;
}

int bench_nginx(const struct bench_run *run, int port, struct child *ret)
{
	const char *conf = path_in(run, "nginx.conf"), *log = path_in(run, "nginx.log");
	BUF_SCOPED text;
	buf_init(&text, 4096);
	buf_format(&text, "daemon off;\nworker_processes 1;\npid %s/nginx.pid;\nerror_log %s;\n"
	           "events { worker_connections 8192; }\nhttp {\n\taccess_log off;\n\tkeepalive_requests 100000000;\n",
	           run->folder, log);
	const char *const kinds[] = { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		buf_format(&text, "\t%s_temp_path %s/nginx-%s;\n", kinds[i], run->folder, kinds[i]);
	buf_format(&text, "\tserver {\n\t\tlisten 127.0.0.1:%d;\n"
	           "\t\tlocation / { return 302 /m/landing; }\n\t}\n}\n", port);
	int r = write_file(conf, &text);
	const char *const argv[] = { "nginx", "-p", run->folder, "-e", log, "-c", conf, NULL };
	if (r == 0)
		r = child_start(argv, log, run->arena, ret);
	if (r == 0 && !wait_for(ret, port)) {
		child_stop(ret);
		r = E_STORE;
	}
	return r;
}

/* The requests are put together once, so that wrk's own cost does not depend on how many there are. */
static void write_script(struct buf *out, const struct str *paths, size_t count)
{
	buf_z(out, "local paths = {\n");
	for (size_t i = 0; i < count; i++) {
		buf_json(out, paths[i]);
		buf_z(out, ",\n");
	}
	buf_z(out, "}\nlocal ready, n = {}, #paths\n"
	      "function init(args)\n\tmath.randomseed(20261121)\n"
	      "\tfor i = 1, n do ready[i] = wrk.format('GET', paths[i]) end\nend\n"
	      "function request() return ready[math.random(n)] end\n"
	      "function done(summary, latency)\n\tlocal e = summary.errors\n"
	      "\tio.write(string.format('\\nLOAD %d %d %d %d %d %d\\n', summary.requests, summary.duration,\n"
	      "\t\tlatency:percentile(50), latency:percentile(90), latency:percentile(99),\n"
	      "\t\te.connect + e.read + e.write + e.status + e.timeout))\nend\n");
}

int bench_load(const struct bench_run *run, int port, int phones, const struct str *paths, size_t count, struct load *ret)
{
	const char *script = path_in(run, "load.lua");
	BUF_SCOPED text, said;
	buf_init(&text, 64 << 20);
	buf_init(&said, 64 * 1024);
	write_script(&text, paths, count);
	int r = write_file(script, &text);
	if (r < 0)
		return r;
	const char *url = str_z(run->arena, str_format(run->arena, "http://127.0.0.1:%d", port));
	const char *time = str_z(run->arena, str_format(run->arena, "%ds", run->seconds));
	const char *many = str_z(run->arena, str_format(run->arena, "-c%d", phones));
	const char *const argv[] = { "wrk", "-t1", many, "-d", time, "-s", script, url, NULL };
	r = child_run(argv, &said, run->arena);
	buf_byte(&said, '\0');
	if (r != 0 || buf_failed(&said))
		return r < 0 ? r : E_STORE;
	long long requests, us, p50, p90, p99, errors;
	const char *line = strstr(said.at, "\nLOAD ");
	if (!line || sscanf(line, "\nLOAD %lld %lld %lld %lld %lld %lld", &requests, &us, &p50, &p90, &p99, &errors) != 6 ||
	    us <= 0)
		return E_STORE;
	*ret = (struct load){
		.requests_per_s = (double)requests * 1e6 / (double)us, .requests = requests, .errors = errors,
		.p50_ms = (double)p50 / 1000, .p90_ms = (double)p90 / 1000, .p99_ms = (double)p99 / 1000,
	};
	return 0;
}

const struct bench *const benches[] = {
	&bench_empty, &bench_scan, &bench_poster, &bench_people, &bench_campaign, &bench_channel, &bench_room, NULL,
};
