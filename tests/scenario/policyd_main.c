/*
 * policyd_main.c: one scenario against mailreeve-policyd.
 *
 *	policyd POLICYD CASE [sanitized]
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "policyd.h"
#include "support/files.h"

#define LOG_SHOWN 65536

static const struct {
	const char *name;
	policyd_case *run;
} cases[] = {
	{ "states", policyd_states },
	{ "score", policyd_score },
	{ "garbage", policyd_garbage },
	{ "halves", policyd_halves },
	{ "idle", policyd_idle },
	{ "deaf", policyd_deaf },
	{ "crowd", policyd_crowd },
	{ "drain", policyd_drain },
	{ "hung", policyd_hung },
	{ "parting", policyd_parting },
	{ "twice", policyd_twice },
	{ "recipients", policyd_recipients },
	{ "resent", policyd_resent },
	{ "abort", policyd_abort },
	{ "late", policyd_late },
	{ "lists", policyd_lists },
	{ "committed", policyd_committed },
	{ "unwired", policyd_unwired },
	{ "killed", policyd_killed },
	{ "underway", policyd_underway },
	{ "corrupt", policyd_corrupt },
	{ "readonly", policyd_readonly },
	{ "full", policyd_full },
	{ "reload", policyd_reload },
	{ "activation", policyd_activation },
	{ "shared", policyd_shared },
	{ "redis", policyd_redis },
};

static policyd_case *
find_case(const char *name)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(cases[i].name, name) == 0)
			return (cases[i].run);
	return (NULL);
}

static void
show_log(struct policyd *policyd)
{
	struct span log = daemon_log(policyd->daemon, policyd->arena);

	fprintf(stderr, "--- the end of the daemon's log\n");
	if (log.len > LOG_SHOWN)
		log = span_tail(log, log.len - LOG_SHOWN);
	if (log.len > 0)
		(void)fwrite(log.data, 1, log.len, stderr);
}

static void
run(struct policyd *policyd, policyd_case *run_case)
{
	policyd->socket =
	    policy_daemon_address(policyd->daemon, policyd->arena);
	policy_daemon_options(policyd->daemon);
	if (files_write(daemon_path(policyd->daemon, "zone"), span_str(""),
		0644) != 0) {
		(void)policyd_fail(policyd, "zone: %s", strerror(errno));
		return;
	}
	if (run_case(policyd) != 0)
		policyd->failed = true;
	if (daemon_is_running(policyd->daemon) &&
	    daemon_stop(policyd->daemon) != 0)
		(void)policyd_fail(
		    policyd, "%s", daemon_error(policyd->daemon));
	if (policyd->failed)
		show_log(policyd);
}

int
main(int argc, char **argv)
{
	struct policyd policyd = { .failed = false };
	policyd_case *run_case = argc >= 3 ? find_case(argv[2]) : NULL;

	if (run_case == NULL) {
		fprintf(stderr, "usage: policyd POLICYD CASE [sanitized]\n");
		return (EX_USAGE);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	policyd.arena = arena_new();
	policyd.program = argv[1];
	policyd.name = argv[2];
	policyd.sanitized = argc > 3;
	policyd.daemon = daemon_new(argv[1], "policyd");
	if (policyd.daemon == NULL)
		(void)policyd_fail(&policyd, "%s", strerror(errno));
	else
		run(&policyd, run_case);
	daemon_free(policyd.daemon);
	arena_free(policyd.arena);
	return (policyd.failed ? 1 : 0);
}
