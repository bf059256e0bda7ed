/*
 * locker.c: locks and unlocks accounts in a file for Dovecot as the daemon
 * does. Each line of standard input is "lock NAME" or "unlock NAME"; each is
 * answered by "ok" or "failed".
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "watch.h"

static int
obey(struct watch *watch, const struct watch_rules *rules, struct span line)
{
	struct span word;
	int64_t now = (int64_t)time(NULL) * 1000;

	(void)span_take_until(&line, ' ', &word);
	if (span_is(word, "lock"))
		return (watch_lock(watch, rules, line, "a test", now));
	return (watch_unlock(watch, rules, line, now));
}

int
main(int argc, char **argv)
{
	char line[1024];

	if (argc != 2) {
		(void)fprintf(stderr, "usage: locker FILE\n");
		return (64);
	}
	struct log *log = log_new("locker");
	struct watch_rules rules = { .locked_users = argv[1] };
	struct watch *watch = watch_new(NULL, log, NULL);
	int failed = watch_follow(watch, &rules, (int64_t)time(NULL) * 1000);

	while (failed == 0 && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		(void)puts(
		    obey(watch, &rules, span_str(line)) == 0 ? "ok" : "failed");
		(void)fflush(stdout);
	}
	watch_free(watch);
	log_free(log);
	return (failed == 0 ? 0 : 1);
}
