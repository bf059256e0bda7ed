#include <stddef.h>

#include "config.h"

#define DAY ((int64_t)86400)
#define TB ((int64_t)1 << 40)

/* clang-format off */
#define ROW(type_name, option_name, option_type, member, ...)                  \
	{                                                                      \
		.name = (option_name), .type = (option_type),                  \
		.offset = offsetof(struct type_name, member), __VA_ARGS__      \
	}
/* clang-format on */
#define OPTION(...) ROW(config_settings, __VA_ARGS__)
#define LIMIT(...) ROW(config_limit, __VA_ARGS__)

static const char *const log_levels[] = { "error", "warning", "info", "debug",
	NULL };
static const char *const log_formats[] = { "text", "json", NULL };
static const char *const log_sinks[] = { "auto", "stderr", "syslog", "journald",
	NULL };

static const struct conf_option limit_options[] = {
	LIMIT("storage", CONF_SIZE, storage, .value = "0",
	    .max = (int64_t)1024 * TB,
	    .help = "Bytes of mail, as IMAP counts them; 0: not said here."),
	LIMIT("messages", CONF_INTEGER, messages, .value = "0",
	    .max = INT64_MAX / 2, .help = "Messages; 0: not said here."),
	LIMIT("soft_storage", CONF_SIZE, soft_storage, .value = "0",
	    .max = (int64_t)1024 * TB,
	    .help = "Bytes that may be passed for the period."),
	LIMIT("soft_messages", CONF_INTEGER, soft_messages, .value = "0",
	    .max = INT64_MAX / 2,
	    .help = "Messages that may be passed for the period."),
	LIMIT("period", CONF_DURATION, period, .value = "7d", .min = 1,
	    .max = 3650 * DAY,
	    .help = "How long an account may be over a soft limit."),
	LIMIT("unlimited", CONF_BOOL, unlimited, .value = "no",
	    .help = "No limit of this file, whatever it says of the kind."),
	{ .name = NULL },
};

const struct conf_option config_options[] = {
	OPTION("socket", CONF_STRING, socket,
	    .value = "/run/mailreeve/quotad.sock",
	    .help = "UNIX socket of Dovecot's plugin, mailreeve-policyd and "
		    "mailreeve-quotactl; one that systemd passes comes before "
		    "it."),
	OPTION("user", CONF_STRING, user, .value = "mailreeve-quotad",
	    .help = "User to become when started as root."),
	OPTION("store", CONF_STRING, store,
	    .value = "/var/lib/mailreeve/quotad/ledger.sqlite",
	    .help = "Where the ledger is kept: a file of SQLite, or "
		    "redis:inet:PORT@ADDRESS or redis:unix:PATH for several "
		    "machines."),
	OPTION("store_password_file", CONF_STRING, store_password_file,
	    .help = "File with the password of that server."),
	OPTION("store_timeout", CONF_MILLISECONDS, store_timeout, .value = "2s",
	    .min = 10, .max = 60000,
	    .help = "Longest wait for an answer of that server."),
	OPTION("trusted_users", CONF_LIST, trusted_users,
	    .value = "{\"vmail\"}",
	    .help = "Users, besides root and dovecot, whose processes may book "
		    "for everybody: those that mailboxes belong to."),
	OPTION("asking_users", CONF_LIST, asking_users,
	    .value = "{\"mailreeve-policyd\"}",
	    .help = "Users who may ask whether a message would fit, and "
		    "nothing else."),
	OPTION("system_users", CONF_BOOL, system_users, .value = "no",
	    .help = "Whether a user of the system may book for the mailboxes "
		    "of his own name."),
	OPTION("max_connections", CONF_INTEGER, max_connections,
	    .value = "20000", .min = 10, .max = 100000,
	    .help = "Connections at once: each mail process has one."),
	OPTION("max_user_connections", CONF_INTEGER, max_user_connections,
	    .value = "50", .min = 1, .max = 100000,
	    .help = "Connections at once of a user who is not trusted."),
	OPTION("lease_ttl", CONF_DURATION, lease_ttl, .value = "60s", .min = 5,
	    .max = DAY,
	    .help = "After so long, room that a process held which nobody "
		    "knows any more counts as left behind: its mailboxes are "
		    "counted anew."),
	OPTION("warn_at", CONF_LIST, warn_at, .value = "{\"80\", \"95\"}",
	    .help = "Percentages of a limit from which on people are told."),
	OPTION("warn_period", CONF_DURATION, warn_period, .value = "1d",
	    .min = 60, .max = 365 * DAY,
	    .help = "How long nobody is told of the same level again."),
	OPTION("warn_command", CONF_STRING, warn_command,
	    .help = "Program that is run for a warning, with the account and "
		    "the percentage as arguments."),
	OPTION("warn_mail", CONF_BOOL, warn_mail, .value = "no",
	    .help = "Whether the user, or the domain's owner, gets mail."),
	OPTION("warn_from", CONF_STRING, warn_from, .value = "postmaster",
	    .help = "Author of that mail."),
	OPTION("domain_owner", CONF_STRING, domain_owner,
	    .value = "postmaster@%d",
	    .help = "Who is told of a domain; %d is the domain."),
	OPTION("metrics", CONF_STRING, metrics,
	    .help = "Loopback address of the page for Prometheus, such as "
		    "inet:8896@127.0.0.1."),
	OPTION("log_level", CONF_WORD, log_level, .value = "info",
	    .words = log_levels, .help = "What is logged."),
	OPTION("log_format", CONF_WORD, log_format, .value = "text",
	    .words = log_formats, .help = "How lines are written."),
	OPTION("log_to", CONF_WORD, log_to, .value = "auto", .words = log_sinks,
	    .help = "Where lines go; auto: the journal under systemd, else "
		    "standard error."),
	OPTION("limit", CONF_SECTION, limits, .section = limit_options,
	    .section_size = sizeof(struct config_limit),
	    .help = "Limits of a kind of account (\"user\", \"domain\") or of "
		    "one (\"domain/a.example\"), where Dovecot has none."),
	{ .name = NULL },
};
