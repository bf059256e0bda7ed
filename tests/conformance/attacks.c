/*
 * attacks.c: mail that is made to look like another's, sent to the real milter,
 * by an attacker whose own SPF and DKIM are in order.  Prints what the milter
 * did as one JSON object a line; attacks.py judges.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/authres.h"
#include "support/dkim.h"
#include "support/files.h"
#include "support/keyfolder.h"
#include "support/milter_client.h"
#include "support/milter_daemon.h"

#define ZONE_MAX ((size_t)1024 * 1024)
#define MESSAGE_MAX ((size_t)1024 * 1024)
#define ATTACKER "203.0.113.66"
#define PORT 40000

/* Where the attacker's public key stands: for his own domain, and where
 * software that cuts or splits a name would look. */
static const char *const attacker_keys[] = { "selector._domainkey.attack.com",
	"selector._domainkey.33.attack.com",
	"selector._domainkey.legitimate.com'a.attack.com",
	"selector._domainkey.legitimate.com\\(a.attack.com",
	"x._domainkey.attack.com" };
#define ATTACKER_KEY "rsa2048.pem"
#define VICTIM_KEYS "s1._domainkey.legitimate.com"
#define VICTIM_KEY "ed25519.pem"

struct world {
	struct arena *arena;
	struct daemon *daemon;
	const char *mode; /* of this run, for the output */
};

static int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int
fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	(void)fputc('\n', stderr);
	return (-1);
}

static void
add_key(
    struct arena *arena, struct buf *zone, const char *name, const char *file)
{
	struct dkim_private *key = support_key(arena, file);

	buf_add_str(zone,
	    support_txt(arena, name, support_record(arena, key, "v=DKIM1; ")));
	dkim_private_free(key);
}

/* The zone, and the key store of example.com, whose users log in. */
static int
make_world(struct world *world)
{
	struct arena *arena = world->arena;
	struct span zone;
	struct buf text;
	struct keyfolder *keys =
	    keyfolder_new(arena, daemon_path(world->daemon, "keys"));

	if (keys == NULL || keyfolder_add(keys, "example.com", "e1", "ed25519",
				"active") == NULL)
		return (fail("cannot make a key"));
	if (files_read(arena, "conformance/attacks.zone", &zone) != 0)
		return (fail("attacks.zone: %s", strerror(errno)));
	buf_init(&text, arena, ZONE_MAX);
	buf_add(&text, zone);
	for (size_t i = 0; i < sizeof(attacker_keys) / sizeof(attacker_keys[0]);
	     i++)
		add_key(arena, &text, attacker_keys[i], ATTACKER_KEY);
	add_key(arena, &text, VICTIM_KEYS, VICTIM_KEY);
	if (files_write(
		daemon_path(world->daemon, "zone"), buf_span(&text), 0644) != 0)
		return (fail("zone: %s", strerror(errno)));
	return (0);
}

/* The string ${key} of ${object}, NULs included; empty when there is none. */
static struct span
text_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return (span_new(
	    json_string_value(value) == NULL ? "" : json_string_value(value),
	    json_string_length(value)));
}

/* The same as a C string: what a command of SMTP can hold. */
static const char *
word_of(struct arena *arena, const json_t *object, const char *key,
    const char *otherwise)
{
	struct span value = text_of(object, key);

	return (json_object_get(object, key) == NULL ? otherwise
						     : arena_str(arena, value));
}

/* Add a DKIM-Signature over ${text} to the top of ${out}. */
static void
sign(struct arena *arena, const json_t *how, struct span text, struct buf *out)
{
	const char *key = word_of(arena, how, "key", ATTACKER_KEY);
	const char *names = word_of(arena, how, "h", "from");
	const char *more = word_of(arena, how, "more", "");
	const char *algorithm =
	    strcmp(key, ATTACKER_KEY) == 0 ? "rsa-sha256" : "ed25519-sha256";
	const char *like = arena_printf(arena,
	    "v=1; a=%s; c=relaxed/relaxed; d=like.example; s=x; h=%s; %s",
	    algorithm, names, more);
	struct buf tags;

	buf_init(&tags, arena, MESSAGE_MAX);
	buf_printf(&tags, "v=1; a=%s; c=relaxed/relaxed; d=", algorithm);
	buf_add(&tags, text_of(how, "d"));
	buf_add_str(&tags, "; s=");
	buf_add(&tags, text_of(how, "s"));
	buf_printf(&tags, "; h=%s; %s", names, more);
	buf_add(&tags, text_of(how, "identity"));
	buf_add_str(out, "DKIM-Signature:");
	buf_add(
	    out, support_sign_bytes(arena, buf_span(&tags), like, key, text));
	buf_add_str(out, "\r\n");
}

/* The message as the attacker sends it: what he puts above, his signature, and
 * what that covers, or what he had signed before he added to it. */
static struct milter_message *
compose(struct arena *arena, const json_t *attack)
{
	static const char *const parts[] = { "from_header", "to_header",
		"subject_header", "other_headers" };
	const json_t *data = json_object_get(attack, "data");
	const json_t *how = json_object_get(attack, "dkim_para");
	struct milter_message *message = milter_message_new(arena);
	bool with_end = json_object_get(data, "other_headers") != NULL;
	struct buf header;
	struct buf text;
	struct buf whole;

	buf_init(&header, arena, MESSAGE_MAX);
	buf_init(&text, arena, MESSAGE_MAX);
	buf_init(&whole, arena, MESSAGE_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		buf_add(&header, text_of(data, parts[i]));
	buf_add(&text, buf_span(&header));
	buf_add_str(&text, with_end ? "" : "\r\n");
	buf_add(&text, text_of(data, "body"));
	buf_add(&whole, text_of(attack, "above"));
	if (how != NULL)
		sign(arena, how, buf_span(&text), &whole);
	buf_add(&whole, buf_span(&header));
	buf_add(&whole, text_of(attack, "below"));
	buf_add_str(&whole, with_end ? "" : "\r\n");
	buf_add(&whole, text_of(data, "body"));
	buf_add(&whole, text_of(attack, "added"));
	milter_message_parse(message, buf_span(&whole));
	return (message);
}

/* What our own parser reads in ${text}; null when it reads nothing. */
static json_t *
read_results(struct arena *arena, const char *text)
{
	struct authres authres;
	json_t *results;

	if (authres_parse(arena, span_str(text), &authres) != 0)
		return (json_null());
	results = json_array();
	for (size_t i = 0; i < authres.count; i++) {
		const struct authres_result *result = &authres.results[i];
		json_t *properties = json_object();

		for (size_t j = 0; j < result->property_count; j++)
			(void)json_object_set_new(properties,
			    arena_printf(arena, "%s.%s",
				result->properties[j].ptype,
				result->properties[j].property),
			    json_string_nocheck(result->properties[j].value));
		(void)json_array_append_new(results,
		    json_pack("{s:s, s:s, s:o}", "method", result->method,
			"result", result->result, "properties", properties));
	}
	return (results);
}

/* All Received-SPF fields that arrive. */
static json_t *
received_spf(struct arena *arena, const struct milter_message *message)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < message->count; i++)
		if (milter_message_is_called(
			&message->fields[i], "Received-SPF"))
			(void)json_array_append_new(
			    fields, json_string(milter_message_unfold(
					arena, &message->fields[i])));
	return (fields);
}

static void
tell(struct world *world, const char *name, const json_t *attack,
    const char *reply, const struct milter_message *message)
{
	json_t *fields = json_array();
	json_t *out = json_pack("{s:s, s:s, s:s, s:O, s:i, s:b, s:b}", "name",
	    name, "mode", world->mode, "reply", reply, "attack", attack,
	    "signatures", (int)milter_message_count(message, "DKIM-Signature"),
	    "warned", (int)daemon_logged(world->daemon, "outgoing", name, 0),
	    "tagged",
	    (int)(milter_message_count(message, "X-Mailreeve-Verdict") == 1));

	for (size_t i = 0; i < message->count; i++) {
		const struct milter_field *field = &message->fields[i];

		if (!milter_message_is_called(field, "Authentication-Results"))
			continue;
		const char *text = milter_message_unfold(world->arena, field);

		(void)json_array_append_new(
		    fields, json_pack("{s:s, s:o}", "text", text, "results",
				read_results(world->arena, text)));
	}
	(void)json_object_set_new(out, "fields", fields);
	(void)json_object_set_new(
	    out, "received_spf", received_spf(world->arena, message));
	char *line = json_dumps(out, JSON_COMPACT | JSON_ENSURE_ASCII);

	(void)puts(line);
	free(line);
	json_decref(out);
}

static bool
refused(const struct milter_client *client)
{
	const char *reply = milter_client_reply(client)->text;

	return (reply[0] == '4' || reply[0] == '5');
}

/* Say all of it until the milter refuses something. */
static int
say(struct arena *arena, struct milter_client *client, const json_t *attack,
    struct milter_message *message)
{
	const char *const mail[] = { word_of(arena, attack, "mailfrom", "<>"),
		NULL };
	const char *const rcpt[] = {
		word_of(arena, attack, "rcptto", "<victim@victim.com>"), NULL
	};

	if (milter_client_helo(
		client, word_of(arena, attack, "helo", "mail.attack.com")) != 0)
		return (-1);
	if (refused(client))
		return (0);
	if (milter_client_mail(client, mail) != 0)
		return (-1);
	if (refused(client))
		return (0);
	if (milter_client_rcpt(client, rcpt) != 0)
		return (-1);
	return (refused(client) ? 0 : milter_client_message(client, message));
}

static int
try_attack(struct world *world, const char *name, const json_t *attack)
{
	struct arena *arena = world->arena;
	const char *address = word_of(arena, attack, "client", ATTACKER);
	const char *login = word_of(arena, attack, "login", NULL);
	struct milter_message *message = compose(arena, attack);
	const char *error = "";
	struct milter_client *client = milter_client_open(
	    milter_daemon_address(world->daemon), 0, arena, &error);

	if (client == NULL)
		return (fail("%s: %s", name, error));
	milter_client_macro(client, "j", "mx.example");
	milter_client_macro(client, "i", name);
	milter_client_macro(client, "{daemon_name}", "mx.example");
	if (strncmp(name, "client_", 7) == 0 && login == NULL)
		login = "attacker@example.com";
	milter_client_macro(client, "{auth_authen}", login);
	if (milter_client_connect(client, "unknown", address, PORT) != 0 ||
	    say(arena, client, attack, message) != 0)
		return (fail("%s: %s", name, milter_client_error(client)));
	tell(world, name, attack, milter_client_reply(client)->text, message);
	milter_client_close(client);
	return (0);
}

static int
try_file(struct world *world, const char *path)
{
	json_error_t error;
	json_t *attacks = json_load_file(path, JSON_ALLOW_NUL, &error);
	const char *name;
	json_t *attack;
	int result = 0;

	if (attacks == NULL)
		return (fail("%s:%d: %s", path, error.line, error.text));
	json_object_foreach(attacks, name, attack)
	{
		if (try_attack(world, name, attack) != 0)
			result = -1;
	}
	json_decref(attacks);
	return (result);
}

/* Run the milter with ${option} over the files ${paths}. */
static int
run(const char *program, const char *mode, const char *option,
    char *const *paths)
{
	struct world world = { .arena = arena_new(),
		.daemon = daemon_new(program, "attacks"),
		.mode = mode };
	int result = 0;

	if (world.daemon == NULL)
		return (fail("%s: %s", program, strerror(errno)));
	milter_daemon_options(world.daemon);
	daemon_option(world.daemon, option);
	daemon_option(world.daemon, "received_spf = yes");
	if (make_world(&world) != 0)
		result = -1;
	else if (daemon_start(world.daemon) != 0)
		result = fail("%s", daemon_error(world.daemon));
	for (size_t i = 0; result == 0 && paths[i] != NULL; i++)
		result = try_file(&world, paths[i]);
	if (result == 0 && daemon_stop(world.daemon) != 0)
		result = fail("%s", daemon_error(world.daemon));
	daemon_free(world.daemon);
	arena_free(world.arena);
	return (result);
}

int
main(int argc, char **argv)
{
	if (argc < 3) {
		(void)fprintf(stderr, "usage: attacks MILTER FILE ...\n");
		return (EXIT_FAILURE);
	}
	/* UNSAFE: argv ends with NULL. */
	char *const *paths = argv + 2;

	if (run(argv[1], "enforce", "enforce = yes", paths) != 0 ||
	    run(argv[1], "trial", "enforce = no", paths) != 0)
		return (EXIT_FAILURE);
	return (EXIT_SUCCESS);
}
