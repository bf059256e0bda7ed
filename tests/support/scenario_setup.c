/*
 * scenario_setup.c: the world around the milter: DNS, keys, configuration, and
 * the milter's own life.
 */
#include <errno.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/files.h"
#include "support/scenario.h"

/* A character-string of a TXT record holds 255 bytes (RFC 1035 3.3). */
#define TXT_PIECE 200

int
scenario_write(struct scenario *scenario)
{
	const char *path = daemon_path(scenario->daemon, "zone");

	if (files_write(path, buf_span(&scenario->zone), 0644) == 0)
		return (0);
	return (scenario_fail(scenario, "%s: %s", path, strerror(errno)));
}

int
scenario_start(struct scenario *scenario)
{
	if (scenario->started)
		return (0);
	if (scenario->ended)
		return (scenario_fail(scenario, "the milter has ended"));
	if (scenario_write(scenario) != 0)
		return (-1);
	if (daemon_start(scenario->daemon) != 0)
		return (scenario_fail(
		    scenario, "%s", daemon_error(scenario->daemon)));
	scenario->started = true;
	return (0);
}

/* A name in the zone is absolute, with or without its final dot. */
static void
add_name(struct scenario *scenario, struct span name)
{
	buf_add(&scenario->zone, name);
	if (span_at(name, name.len - 1) != '.')
		buf_add_byte(&scenario->zone, '.');
}

/* zone NAME TYPE DATA... */
static int
run_zone(struct scenario *scenario, struct span rest)
{
	struct span name = scenario_word(&rest);
	struct span type = scenario_word(&rest);

	if (type.len == 0)
		return (scenario_fail(scenario, "zone NAME TYPE DATA"));
	add_name(scenario, name);
	buf_add_str(&scenario->zone, " 300 IN ");
	buf_add(&scenario->zone, type);
	buf_add_byte(&scenario->zone, ' ');
	buf_add(&scenario->zone, rest);
	buf_add_byte(&scenario->zone, '\n');
	return (0);
}

static int
add_failure(struct scenario *scenario, const char *mark, struct span rest)
{
	struct span name = scenario_word(&rest);

	if (name.len == 0)
		return (scenario_fail(scenario, "the name is missing"));
	buf_printf(&scenario->zone, "; %s ", mark);
	add_name(scenario, name);
	buf_add_byte(&scenario->zone, ' ');
	buf_add(&scenario->zone, rest);
	buf_add_byte(&scenario->zone, '\n');
	return (0);
}

/* servfail NAME [TYPE] */
static int
run_servfail(struct scenario *scenario, struct span rest)
{
	return (add_failure(scenario, "@servfail", rest));
}

/* timeout NAME [TYPE] */
static int
run_timeout(struct scenario *scenario, struct span rest)
{
	return (add_failure(scenario, "@timeout", rest));
}

static int
read_file(struct scenario *scenario, struct span name, struct span *out)
{
	char *path = arena_printf(scenario->arena, "%s/%s", scenario->folder,
	    scenario_string(scenario, name));

	if (files_read(scenario->arena, path, out) == 0)
		return (0);
	return (scenario_fail(scenario, "%s: %s", path, strerror(errno)));
}

/* zonefile FILE */
static int
run_zonefile(struct scenario *scenario, struct span rest)
{
	struct span text;

	if (read_file(scenario, scenario_word(&rest), &text) != 0)
		return (-1);
	buf_add(&scenario->zone, text);
	return (0);
}

static void
add_txt(struct scenario *scenario, struct span text)
{
	buf_add_str(&scenario->zone, " 300 IN TXT");
	while (text.len > 0) {
		buf_add_str(&scenario->zone, " \"");
		buf_add(&scenario->zone, span_head(text, TXT_PIECE));
		buf_add_byte(&scenario->zone, '"');
		span_skip(&text, TXT_PIECE);
	}
	buf_add_byte(&scenario->zone, '\n');
}

/* key DOMAIN SELECTOR rsa|rsaBITS|ed25519 [STATE] */
static int
run_key(struct scenario *scenario, struct span rest)
{
	char *domain = scenario_string(scenario, scenario_word(&rest));
	char *selector = scenario_string(scenario, scenario_word(&rest));
	char *type = scenario_string(scenario, scenario_word(&rest));
	struct span state = scenario_word(&rest);
	const char *record = keyfolder_add(scenario->keys, domain, selector,
	    type, state.len > 0 ? scenario_string(scenario, state) : "active");

	if (record == NULL)
		return (scenario_fail(scenario, "cannot make the key: %s",
		    keyfolder_error(scenario->keys)));
	add_name(scenario, span_str(arena_printf(scenario->arena,
			       "%s._domainkey.%s", selector, domain)));
	add_txt(scenario, span_str(record));
	return (0);
}

/* key-state DOMAIN SELECTOR STATE */
static int
run_key_state(struct scenario *scenario, struct span rest)
{
	char *domain = scenario_string(scenario, scenario_word(&rest));
	char *selector = scenario_string(scenario, scenario_word(&rest));
	char *state = scenario_string(scenario, scenario_word(&rest));

	if (keyfolder_state(scenario->keys, domain, selector, state) == 0)
		return (0);
	return (scenario_fail(scenario, "%s", keyfolder_error(scenario->keys)));
}

/* config LINE; an option here replaces the runner's own. */
static int
run_config(struct scenario *scenario, struct span rest)
{
	char *line = scenario_string(scenario, rest);

	if (strchr(line, '{') != NULL && strchr(line, '=') != NULL &&
	    strchr(line, '{') < strchr(line, '='))
		daemon_text(scenario->daemon, line);
	else
		daemon_option(scenario->daemon, line);
	return (0);
}

/* unset NAME: the configuration is silent about that option. */
static int
run_unset(struct scenario *scenario, struct span rest)
{
	daemon_unset(
	    scenario->daemon, scenario_string(scenario, scenario_word(&rest)));
	return (0);
}

/* chmod MODE FILE: in the daemon's folder, where "keys" is. */
static int
run_chmod(struct scenario *scenario, struct span rest)
{
	char *mode = scenario_string(scenario, scenario_word(&rest));
	const char *path = daemon_path(
	    scenario->daemon, scenario_string(scenario, scenario_word(&rest)));

	if (chmod(path, (mode_t)strtoul(mode, NULL, 8)) == 0)
		return (0);
	return (scenario_fail(scenario, "%s: %s", path, strerror(errno)));
}

/* socket unix|inet */
static int
run_socket(struct scenario *scenario, struct span rest)
{
	milter_daemon_socket(
	    scenario->daemon, span_is(scenario_word(&rest), "inet"));
	return (0);
}

/* start */
static int
run_start(struct scenario *scenario, struct span rest)
{
	(void)rest;
	return (scenario_start(scenario));
}

/* reload [hup]: SIGUSR1 or SIGHUP after the files were written again. */
static int
run_reload(struct scenario *scenario, struct span rest)
{
	int number = span_is(scenario_word(&rest), "hup") ? SIGHUP : SIGUSR1;

	if (!scenario->started)
		return (scenario_fail(scenario, "the milter does not run"));
	if (scenario_write(scenario) != 0)
		return (-1);
	if (daemon_reload(scenario->daemon, number) != 0)
		return (scenario_fail(
		    scenario, "%s", daemon_error(scenario->daemon)));
	return (0);
}

/* exit STATUS [~ REGEX]: the milter must refuse to start. */
static int
run_exit(struct scenario *scenario, struct span rest)
{
	struct span number = scenario_word(&rest);
	uint64_t expected;
	char *words;
	regex_t regex;
	bool matches;

	if (!span_to_u64(number, 3, &expected))
		return (scenario_fail(scenario, "exit STATUS [~ REGEX]"));
	if (scenario_write(scenario) != 0)
		return (-1);
	scenario->ended = true;
	if (daemon_start(scenario->daemon) == 0) {
		scenario->started = true;
		return (scenario_fail(scenario,
		    "expected that the milter does not start, but it did"));
	}
	if (daemon_last_status(scenario->daemon) != (int)expected)
		return (scenario_fail(scenario,
		    "expected exit status %d, found: %s", (int)expected,
		    daemon_error(scenario->daemon)));
	if (!span_is(scenario_word(&rest), "~"))
		return (0);
	words = scenario_string(scenario, rest);
	if (regcomp(&regex, words, REG_EXTENDED | REG_NOSUB) != 0)
		return (scenario_fail(scenario, "bad expression %s", words));
	matches =
	    regexec(&regex, daemon_error(scenario->daemon), 0, NULL, 0) == 0;
	regfree(&regex);
	if (matches)
		return (0);
	return (scenario_fail(scenario, "expected ~ %s, found: %s", words,
	    daemon_error(scenario->daemon)));
}

const struct scenario_verb scenario_setup_verbs[] = {
	{ "zone", run_zone },
	{ "zonefile", run_zonefile },
	{ "servfail", run_servfail },
	{ "timeout", run_timeout },
	{ "key", run_key },
	{ "key-state", run_key_state },
	{ "config", run_config },
	{ "unset", run_unset },
	{ "chmod", run_chmod },
	{ "socket", run_socket },
	{ "start", run_start },
	{ "reload", run_reload },
	{ "exit", run_exit },
	{ NULL, NULL },
};
