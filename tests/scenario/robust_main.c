/*
 * robust_main.c: one robustness case against the milter.
 *
 *	robust MILTER CASE [sanitized]
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "robust.h"

#define ZONE_MAX 65536

static const struct {
	const char *name;
	robust_case *run;
} cases[] = {
	{ "garbage", robust_garbage },
	{ "packets", robust_packets },
	{ "order", robust_order },
	{ "macros", robust_macros },
	{ "vanish", robust_vanish },
	{ "body", robust_body },
	{ "fields", robust_fields },
	{ "line", robust_line },
	{ "header", robust_header },
	{ "drain", robust_drain },
	{ "reload", robust_reload },
	{ "latency", robust_latency },
};

static robust_case *
find_case(const char *name)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(cases[i].name, name) == 0)
			return (cases[i].run);
	return (NULL);
}

static void
show_log(struct robust *robust)
{
	struct span log = daemon_log(robust->daemon, robust->arena);

	fprintf(stderr, "--- the end of the milter's log\n");
	if (log.len > ZONE_MAX)
		log = span_tail(log, log.len - ZONE_MAX);
	if (log.len > 0)
		(void)fwrite(log.data, 1, log.len, stderr);
}

static void
run(struct robust *robust, robust_case *run_case)
{
	robust->keys =
	    keyfolder_new(robust->arena, daemon_path(robust->daemon, "keys"));
	if (robust->keys == NULL) {
		(void)robust_fail(robust, "%s", strerror(errno));
		return;
	}
	milter_daemon_options(robust->daemon);
	daemon_option(robust->daemon, "log_level = \"info\"");
	if (robust_key(robust, "e1", "active") != 0 || run_case(robust) != 0)
		robust->failed = true;
	if (daemon_is_running(robust->daemon) &&
	    daemon_stop(robust->daemon) != 0)
		(void)robust_fail(robust, "%s", daemon_error(robust->daemon));
	if (robust->failed)
		show_log(robust);
}

int
main(int argc, char **argv)
{
	struct robust robust = { .random = UINT64_C(0x9e3779b97f4a7c15) };
	robust_case *run_case = argc >= 3 ? find_case(argv[2]) : NULL;

	if (run_case == NULL) {
		fprintf(stderr, "usage: robust MILTER CASE [sanitized]\n");
		return (EX_USAGE);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	robust.arena = arena_new();
	robust.name = argv[2];
	robust.sanitized = argc > 3;
	buf_init(&robust.zone, robust.arena, ZONE_MAX);
	robust.daemon = daemon_new(argv[1], "robust");
	if (robust.daemon == NULL)
		(void)robust_fail(&robust, "%s", strerror(errno));
	else
		run(&robust, run_case);
	daemon_free(robust.daemon);
	arena_free(robust.arena);
	return (robust.failed ? 1 : 0);
}
