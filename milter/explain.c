/*
 * mailreeve-explain: what the milter makes of a saved message, and why.  It
 * goes exactly the milter's path: mail.c, check.c or sign.c, verdict.c.
 */
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "explain_compare.h"
#include "explain_compare_print.h"
#include "explain_json.h"
#include "explain_print.h"
#include "mail.h"
#include "mail/message.h"
#include "receiver/opendkim.h"
#include "receiver/spf2.h"
#include "service.h"

#define PROGRAM "mailreeve-explain"
#define MESSAGE_MAX_BYTES ((size_t)512 * 1024 * 1024)
/* One more than rules look at: what comes of too many can be shown as well. */
#define MAX_RCPTS (MAIL_MAX_RCPTS + 1)

struct arguments {
	const char *config; /* NULL: CONFIG_FILE if there is one */
	const char *zone;
	const char *client_ip;
	const char *helo;
	const char *mail_from;
	const char *rcpts[MAX_RCPTS];
	size_t rcpt_count;
	const char *auth;
	const char *message;
	int64_t now; /* negative: the system's clock */
	bool json;
	bool compare;
};

static void
print_usage(FILE *stream)
{
	(void)fputs(
	    "usage: " PROGRAM " [OPTION]... [MESSAGE|-]\n"
	    "Show what mailreeve-milter makes of a saved message.\n"
	    "  --client-ip IP     address of the SMTP client\n"
	    "  --helo NAME        its HELO or EHLO name\n"
	    "  --mail-from ADDR   envelope sender, <> for none\n"
	    "  --rcpt ADDR        envelope recipient (may be repeated)\n"
	    "  --auth USER        login of the sender: the message is outbound\n"
	    "  --zone FILE        take DNS answers from this zone file\n"
	    "  --time SECONDS     pretend that it is this time (since 1970)\n"
	    "  --compare          what libopendkim and libspf2 say of it\n"
	    "  --json             print JSON\n"
	    "  -c, --config FILE  configuration, else " CONFIG_FILE "\n"
	    "  -V, --version; -h, --help\n",
	    stream);
}

static void
usage_error(const char *text, const char *what)
{
	(void)fprintf(stderr, PROGRAM ": %s: %s\n", text, what);
	print_usage(stderr);
	exit(EX_USAGE);
}

static void
add_rcpt(struct arguments *arguments, const char *rcpt)
{
	if (arguments->rcpt_count == MAX_RCPTS)
		usage_error("too many recipients", rcpt);
	arguments->rcpts[arguments->rcpt_count++] = rcpt;
}

static int64_t
read_time(const char *text)
{
	uint64_t seconds;

	if (!span_to_u64(span_str(text), 12, &seconds))
		usage_error("no time in seconds since 1970", text);
	return ((int64_t)seconds);
}

static const struct option long_options[] = {
	{ "client-ip", required_argument, NULL, 'i' },
	{ "helo", required_argument, NULL, 'e' },
	{ "mail-from", required_argument, NULL, 'm' },
	{ "rcpt", required_argument, NULL, 'r' },
	{ "auth", required_argument, NULL, 'a' },
	{ "zone", required_argument, NULL, 'z' },
	{ "time", required_argument, NULL, 't' },
	{ "compare", no_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'j' },
	{ "config", required_argument, NULL, 'c' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void
read_option(struct arguments *arguments, int option, const char *value)
{
	switch (option) {
	case 'i':
		arguments->client_ip = value;
		break;
	case 'e':
		arguments->helo = value;
		break;
	case 'm':
		arguments->mail_from = value;
		break;
	case 'r':
		add_rcpt(arguments, value);
		break;
	case 'a':
		arguments->auth = value;
		break;
	case 'z':
		arguments->zone = value;
		break;
	case 't':
		arguments->now = read_time(value);
		break;
	case 'j':
		arguments->json = true;
		break;
	case 'o':
		arguments->compare = true;
		break;
	case 'c':
		arguments->config = value;
		break;
	case 'V':
		(void)puts(PROGRAM " " MAILREEVE_VERSION);
		exit(EX_OK);
	case 'h':
		print_usage(stdout);
		exit(EX_OK);
	default:
		print_usage(stderr);
		exit(EX_USAGE);
	}
}

static struct arguments
read_arguments(int argc, char *argv[])
{
	struct arguments arguments = { .mail_from = "<>", .now = -1 };

	for (int option; (option = getopt_long(
			      argc, argv, "c:Vh", long_options, NULL)) != -1;)
		read_option(&arguments, option, optarg);
	arguments.message = optind < argc ? argv[optind] : "-";
	if (optind + 1 < argc)
		usage_error("more than one message", argv[optind + 1]);
	if (arguments.config == NULL && access(CONFIG_FILE, R_OK) == 0)
		arguments.config = CONFIG_FILE;
	return (arguments);
}

static void
print_error(void *cookie, const char *text)
{
	(void)cookie;
	(void)fprintf(stderr, PROGRAM ": %s\n", text);
}

static void
ignore(void *cookie, const char *text)
{
	(void)cookie;
	(void)text;
}

static struct mail_session
session_of(const struct arguments *arguments)
{
	struct mail_session session = { .helo = arguments->helo };

	if (arguments->client_ip != NULL &&
	    network_address_parse(arguments->client_ip, &session.client) != 0)
		usage_error("no IP address", arguments->client_ip);
	return (session);
}

/* The keys belong to the milter, whoever wants an explanation. */
static struct keyfile_owner
key_owner(const struct config *config)
{
	const struct passwd *user = getpwnam(config->settings.user);
	struct keyfile_owner owner = { geteuid(), getegid() };

	if (user != NULL)
		owner = (struct keyfile_owner){ user->pw_uid, user->pw_gid };
	return (owner);
}

/* Private keys are read only where they are needed: for outbound mail. */
static struct config *
load_config(
    const struct arguments *arguments, const struct mail_session *session)
{
	struct config_reader reader = {
		.error = print_error, .warning = ignore, .without_keys = true
	};
	struct config *config = config_load(arguments->config, &reader);

	if (config == NULL)
		return (NULL);
	bool outbound =
	    arguments->auth != NULL ||
	    config_is_trusted(config, session->client_name, &session->client);

	if (!outbound)
		return (config);
	reader.key_owner = key_owner(config);
	reader.without_keys = false;
	config_free(config);
	return (config_load(arguments->config, &reader));
}

/* --zone takes the place of the configured resolvers. */
static void
use_zone(struct config *config, const char *zone)
{
	const char **items = arena_alloc(config->arena, sizeof(*items));

	items[0] = arena_printf(config->arena, "zone:%s", zone);
	config->settings.resolvers =
	    (struct conf_list){ .items = items, .count = 1 };
}

static void
feed(struct mail *mail, const struct arguments *arguments,
    const struct message *message)
{
	for (size_t i = 0; i < arguments->rcpt_count; i++)
		mail_rcpt(mail, arguments->rcpts[i]);
	for (size_t i = 0; i < message->headers.count; i++)
		mail_header(mail, message->headers.fields[i].raw_name,
		    message->headers.fields[i].value);
	mail_end_of_headers(mail);
	mail_body(mail, message->body);
}

/* The second opinions; NULL: nobody to ask. */
struct receivers {
	struct receiver *opendkim;
	struct receiver *spf2;
};

/* What explain() works with. */
struct explanation {
	const struct arguments *arguments;
	struct service *service;
	const struct receivers *receivers;
	const struct mail_session *session;
	const struct message *message;
};

static void
compare(const struct explanation *with, struct mail *mail,
    const struct outcome *outcome, struct explain_comparison *out)
{
	const struct explain_compare_options options = {
		.opendkim = with->receivers->opendkim,
		.spf2 = with->receivers->spf2,
		.other_clock = with->arguments->now >= 0,
	};

	explain_compare(&options, mail, outcome, with->message->body, out);
}

static void
explain(const struct explanation *with)
{
	const struct arguments *arguments = with->arguments;
	struct mail *mail = mail_new(with->service, with->session,
	    arguments->mail_from, arguments->auth);
	struct explain_comparison comparison = { 0 };
	const struct explain_comparison *compared =
	    arguments->compare ? &comparison : NULL;
	struct outcome outcome;

	mail->trace = trace_new(mail->arena);
	feed(mail, arguments, with->message);
	mail_finish(mail, NULL, &outcome);
	if (arguments->compare)
		compare(with, mail, &outcome, &comparison);
	if (arguments->json)
		explain_json(stdout, mail, &outcome, compared);
	else
		explain_print_text(stdout, mail, &outcome);
	if (!arguments->json && compared != NULL)
		explain_compare_text(stdout, compared);
	mail_free(mail);
}

static int
run_with(const struct arguments *arguments, const struct receivers *receivers,
    struct arena *arena)
{
	struct mail_session session = session_of(arguments);
	struct config *config = load_config(arguments, &session);
	struct clock clock = { .fixed = arguments->now };
	struct message message;
	const char *error;

	if (config == NULL)
		return (EX_CONFIG);
	if (arguments->zone != NULL)
		use_zone(config, arguments->zone);
	struct log *log = log_new(PROGRAM);

	log_set(log, LOG_SINK_STDERR, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	struct service *service =
	    service_new(config, log, &clock, arena, &error);
	bool ready =
	    service != NULL && message_read(arena, arguments->message,
				   MESSAGE_MAX_BYTES, &message, &error) == 0;
	const struct explanation with = { arguments, service, receivers,
		&session, &message };

	if (ready)
		explain(&with);
	else
		print_error(NULL, error);
	service_free(service);
	log_free(log);
	return (ready ? EX_OK : EX_NOINPUT);
}

static struct receiver *
ask(const struct receiver_library *library)
{
	const char *error;
	struct receiver *receiver = receiver_new(library, &error);

	if (receiver == NULL)
		(void)fprintf(stderr, PROGRAM ": %s cannot be asked: %s\n",
		    library->name, error);
	return (receiver);
}

/* The processes of the second opinions are made before this one has threads, or
 * private keys in its memory. */
static int
run(const struct arguments *arguments, struct arena *arena)
{
	if (!arguments->compare)
		return (run_with(arguments, NULL, arena));
	(void)signal(SIGPIPE, SIG_IGN);
	const struct receivers receivers = { ask(&opendkim_library),
		ask(&spf2_library) };
	int status = run_with(arguments, &receivers, arena);

	receiver_free(receivers.opendkim);
	receiver_free(receivers.spf2);
	return (status);
}

int
main(int argc, char *argv[])
{
	struct arguments arguments = read_arguments(argc, argv);
	struct arena *arena = arena_new();
	int status = run(&arguments, arena);

	arena_free(arena);
	return (status);
}
