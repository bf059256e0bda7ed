#include <stddef.h>

#include "config.h"
#include "config_sections.h"

/* In the order of enum limit_unit, limit_direction, counter_algorithm. */
static const char *const units[] = { "messages", "recipients", "bytes",
	"client_networks", "countries", "first_recipients", NULL };
static const char *const directions[] = { "outbound", "inbound", "both", NULL };
static const char *const algorithms[] = { "gcra", "window", NULL };
static const char *const refunds[] = { "no", "yes", "outbound", NULL };
static const char *const modes[] = { "enforce", "shadow", NULL };

/* clang-format off */
#define OPTION(section, option_name, option_type, member, ...)                 \
	{                                                                      \
		.name = (option_name), .type = (option_type),                  \
		.offset = offsetof(struct section, member), __VA_ARGS__        \
	}
/* clang-format on */
#define LIMIT(...) OPTION(config_limit, __VA_ARGS__)
#define LIST(...) OPTION(config_list, __VA_ARGS__)

const struct conf_option config_limit_options[] = {
	LIMIT("key", CONF_STRING, key, .value = "${sasl_username}",
	    .help =
		"What is counted together: text with ${NAME} for an "
		"attribute of Postfix's policy protocol or for "
		"sender_domain, sender_mailbox, sender_org, "
		"recipient_domain, recipient_mailbox, sasl_domain, "
		"client_net, client_pool, asn, country; where one of them is empty, the "
		"limit does not apply."),
	LIMIT("of", CONF_WORD, unit, .value = "recipients", .words = units,
	    .help = "What is counted; the last three are different values."),
	LIMIT("direction", CONF_WORD, direction, .value = "outbound",
	    .words = directions,
	    .help = "Mail from our users and trusted networks, or from "
		    "others."),
	LIMIT("algorithm", CONF_WORD, algorithm, .value = "window",
	    .words = algorithms,
	    .help = "window: never more than the rate in any period; gcra: "
		    "the burst at once, then as the rate allows."),
	LIMIT("rate", CONF_INTEGER, rate, .value = "0",
	    .max = (int64_t)COUNTER_MAX_RATE,
	    .help = "How much may pass in a period; 0: as much as may be, it "
		    "is only counted."),
	LIMIT("period", CONF_DURATION, period, .value = "1h", .min = 1,
	    .max = (int64_t)31 * 86400, .help = "The time of the rate."),
	LIMIT("burst", CONF_INTEGER, burst, .value = "0",
	    .max = (int64_t)COUNTER_MAX_RATE,
	    .help = "With gcra, how much may pass at once; 0: the rate."),
	LIMIT("steps", CONF_LIST, steps, .value = "{\"1 defer\"}",
	    .help = "What happens at multiples of the rate, attempts that were "
		    "refused included: alarm, defer, hold, lock, reject."),
	LIMIT("refunds", CONF_WORD, refunds, .value = "outbound",
	    .words = refunds,
	    .help = "Whether what is refused or aborted later is given back; "
		    "outbound: only where that is the direction. Gcra keeps "
		    "what drained meanwhile."),
	LIMIT("new_accounts", CONF_BOOL, new_accounts, .value = "yes",
	    .help = "Divide the rate for new accounts, where key has "
		    "${sasl_username}; never of networks and countries."),
	LIMIT("contexts", CONF_LIST, contexts, .value = "{}",
	    .help = "Values of policy_context (main.cf) that it is for; any "
		    "when empty."),
	LIMIT("text", CONF_STRING, text,
	    .help = "What is told to whom it stops; the limit's name and when "
		    "to come again when not set."),
	LIMIT("mode", CONF_WORD, mode, .value = "enforce", .words = modes,
	    .help = "shadow: only count and log what would have happened."),
	{ .name = NULL },
};

const struct conf_option config_override_options[] = {
	OPTION(config_override, "limits", CONF_LIST, limits, .value = "{}",
	    .help = "NAME=NUMBER or NAME=unlimited, for each limit that is "
		    "another one here."),
	{ .name = NULL },
};

const struct conf_option config_group_options[] = {
	OPTION(config_group, "members", CONF_LIST, members, .value = "{}",
	    .help = "Logins and domains of logins."),
	{ .name = NULL },
};

const struct conf_option config_pool_options[] = {
	OPTION(config_pool, "networks", CONF_LIST, networks, .value = "{}",
	    .help = "Networks of its hosts."),
	{ .name = NULL },
};

const struct conf_option config_list_options[] = {
	LIST("of", CONF_LIST, of, .value = "{client}",
	    .help = "What is looked up: client, client_name, helo, sender."),
	LIST("answers", CONF_LIST, answers, .value = "{\"127.0.0.2=4\"}",
	    .help = "Points for each answer, as ADDRESS=POINTS; a byte of the "
		    "address may be a range or *; points below 0 vouch for the "
		    "client. 127.255.255.x is never an answer."),
	LIST("group", CONF_STRING, group,
	    .help = "Lists of one group count as one source, up to group_cap; "
		    "each is its own when not set."),
	LIST("listed", CONF_STRING, listed,
	    .help = "For the self-test, a name below the zone that must be "
		    "listed; that of RFC 5782 5 when not set."),
	LIST("not_listed", CONF_STRING, not_listed,
	    .help = "One that must not be listed."),
	LIST("mode", CONF_WORD, mode, .value = "enforce", .words = modes,
	    .help = "shadow: ask and log, but give no points."),
	{ .name = NULL },
};
