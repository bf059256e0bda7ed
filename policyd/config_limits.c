#include "config_loading.h"

#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "conf/nearest.h"
#include "config_sections.h"

#define TENTHS_DIGITS 9

/* Indexes of words in the options of a section. */
enum {
	REFUNDS_NO,
	REFUNDS_YES,
	REFUNDS_OUTBOUND,
};

#define STEPS(...)                                                             \
	{                                                                      \
		(const char *const[]){ __VA_ARGS__ },                          \
		    sizeof((const char *const[]){ __VA_ARGS__ }) /             \
			sizeof(const char *)                                   \
	}

#define DEFAULT_LIMIT(name, ...)                                               \
	{                                                                      \
		.place = { .title = (name) }, .refunds = REFUNDS_OUTBOUND,     \
		__VA_ARGS__                                                    \
	}
#define USER_LIMIT(name, ...)                                                  \
	DEFAULT_LIMIT(name, .key = "${sasl_username}",                         \
	    .algorithm = COUNTER_WINDOW, .new_accounts = true, __VA_ARGS__)
#define CLIENT_LIMIT(name, ...)                                                \
	DEFAULT_LIMIT(name, .key = "${client_net}",                            \
	    .direction = LIMIT_INBOUND, .algorithm = COUNTER_GCRA,             \
	    .period = 60, .steps = STEPS("1 defer"), __VA_ARGS__)

/* Numbers that a person with an ordinary mail program never sees and a stolen
 * password soon does: those of Mox, policyd-rate-guard and the mail plans of
 * hosting companies. */
static const struct config_limit default_limits[] = {
	USER_LIMIT("user-burst", .unit = LIMIT_RECIPIENTS, .rate = 100,
	    .period = 600, .steps = STEPS("1 defer")),
	USER_LIMIT("user-hour", .unit = LIMIT_MESSAGES, .rate = 300,
	    .period = 3600, .steps = STEPS("1 defer", "2 hold")),
	USER_LIMIT("user-day", .unit = LIMIT_RECIPIENTS, .rate = 1000,
	    .period = 86400, .steps = STEPS("1 defer", "2 hold")),
	USER_LIMIT("user-first-recipients", .unit = LIMIT_FIRST_RECIPIENTS,
	    .rate = 200, .period = 86400, .steps = STEPS("1 defer", "2 hold")),
	USER_LIMIT("user-networks", .unit = LIMIT_CLIENT_NETWORKS, .rate = 5,
	    .period = 3600, .steps = STEPS("1 alarm", "3 hold")),
	USER_LIMIT("user-countries", .unit = LIMIT_COUNTRIES, .rate = 2,
	    .period = 3600, .steps = STEPS("1 alarm", "2 hold")),
	DEFAULT_LIMIT("server-day", .key = "all", .unit = LIMIT_RECIPIENTS,
	    .algorithm = COUNTER_WINDOW, .rate = 0, .period = 86400,
	    .steps = STEPS("1 defer")),
	CLIENT_LIMIT("client-messages", .unit = LIMIT_MESSAGES, .rate = 60),
	CLIENT_LIMIT(
	    "client-recipients", .unit = LIMIT_RECIPIENTS, .rate = 200),
};

#define DEFAULTS (sizeof(default_limits) / sizeof(default_limits[0]))

static bool
is_named(const struct conf_sections *sections, const char *name)
{
	const struct config_limit *items = sections->items;

	for (size_t i = 0; i < sections->count; i++)
		if (strcmp(items[i].place.title, name) == 0)
			return (true);
	return (false);
}

static bool
is_default(const struct config_limit *section)
{
	for (size_t i = 0; i < DEFAULTS; i++)
		if (strcmp(default_limits[i].place.title,
			section->place.title) == 0)
			return (true);
	return (false);
}

/* Default limits go before the file's own, where no section replaces them. */
static void
add_defaults(struct config *config)
{
	struct conf_sections *sections = &config->settings.limits;
	struct config_limit *all = arena_array(
	    config->arena, sections->count + DEFAULTS, sizeof(*all));
	size_t count = 0;

	if (!config->settings.default_limits)
		return;
	for (size_t i = 0; i < DEFAULTS; i++)
		if (!is_named(sections, default_limits[i].place.title))
			all[count++] = default_limits[i];
	if (sections->count > 0)
		memcpy(&all[count], sections->items,
		    sections->count * sizeof(*all));
	*sections = (struct conf_sections){ all, sections->count + count };
}

/* "1", "2", "1.5": tenths. */
static bool
read_tenths(struct span text, uint64_t *out)
{
	struct span whole;
	uint64_t tenth = 0;
	bool has_point = span_take_until(&text, '.', &whole);

	if (!span_to_u64(whole, TENTHS_DIGITS, out) ||
	    (has_point && !span_to_u64(text, 1, &tenth)))
		return (false);
	*out = *out * 10 + tenth;
	return (true);
}

static bool
read_action(struct span text, enum limit_action *out)
{
	static const enum limit_action actions[] = { LIMIT_ALARM, LIMIT_DEFER,
		LIMIT_HOLD, LIMIT_LOCK, LIMIT_REJECT };

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (span_is_nocase(text, limit_action_name(actions[i]))) {
			*out = actions[i];
			return (true);
		}
	return (false);
}

static void
read_step(struct config_loading *loading, const struct config_limit *section,
    const char *text, struct limit *limit)
{
	struct arena *arena = loading->config->arena;
	struct span action = span_trim(span_str(text), span_is_wsp);
	struct span multiple;
	struct limit_step *step = &limit->steps[limit->step_count];

	(void)span_take_until(&action, ' ', &multiple);
	if (!read_tenths(multiple, &step->tenths) ||
	    !read_action(span_trim(action, span_is_wsp), &step->action)) {
		config_error(loading, &section->place,
		    arena_printf(arena,
			"steps: \"%s\" is no multiple and action such as \"1 "
			"defer\" or \"1.5 hold\"",
			text));
		return;
	}
	if (limit->step_count == 0 ? step->tenths != 10
				   : step->tenths <= step[-1].tenths)
		config_error(loading, &section->place,
		    "steps: the first is at 1, and each later one higher");
	limit->step_count++;
}

static void
read_steps(struct config_loading *loading, const struct config_limit *section,
    struct limit *limit)
{
	size_t count = section->steps.count;

	if (count == 0 || count > LIMIT_MAX_STEPS) {
		config_error(loading, &section->place,
		    arena_printf(loading->config->arena,
			"steps: one to %zu of them", LIMIT_MAX_STEPS));
		return;
	}
	for (size_t i = 0; i < count; i++)
		read_step(loading, section, section->steps.items[i], limit);
	if (limit->step_count > 0)
		limit->rule.most_tenths =
		    limit->steps[limit->step_count - 1].tenths;
}

static bool
is_distinct(enum limit_unit unit)
{
	switch (unit) {
	case LIMIT_CLIENT_NETWORKS:
	case LIMIT_COUNTRIES:
		return (true);
	case LIMIT_MESSAGES:
	case LIMIT_RECIPIENTS:
	case LIMIT_BYTES:
	case LIMIT_FIRST_RECIPIENTS:
		break;
	}
	return (false);
}

static bool
has_step(const struct limit *limit, enum limit_action action)
{
	for (size_t i = 0; i < limit->step_count; i++)
		if (limit->steps[i].action == action)
			return (true);
	return (false);
}

/* What cannot be meant. */
static const char *
odd_limit(const struct config *config, const struct config_limit *section,
    const struct limit *limit)
{
	if (is_distinct(limit->unit) && limit->rule.rate != COUNTER_UNLIMITED &&
	    limit->rule.rate * limit->rule.most_tenths / 10 >=
		COUNTER_MAX_DISTINCT)
		return (arena_printf(config->arena,
		    "no more than %d different values are told apart, and the "
		    "last step is past that",
		    COUNTER_MAX_DISTINCT));
	if (section->burst != 0 && limit->rule.algorithm != COUNTER_GCRA)
		return ("burst is for algorithm = gcra");
	return (NULL);
}

/* Whether ${section} is stricter for new accounts: not where they share the
 * counter with others, and not in how many networks a person may be: five by a
 * fifth would be an alarm when a telephone leaves the house. */
static bool
is_for_new_accounts(const struct config_limit *section)
{
	enum limit_unit unit = (enum limit_unit)section->unit;

	return (section->new_accounts &&
		strstr(section->key, "${sasl_username}") != NULL &&
		unit != LIMIT_CLIENT_NETWORKS && unit != LIMIT_COUNTRIES);
}

static void
read_limit(struct config_loading *loading, const struct config_limit *section,
    struct limit *limit)
{
	struct arena *arena = loading->config->arena;
	const char *error = NULL;

	*limit = (struct limit){
		.name = section->place.title,
		.key = key_parse(section->key, arena, &error),
		.unit = (enum limit_unit)section->unit,
		.direction = (enum limit_direction)section->direction,
		.rule = { .algorithm =
			      (enum counter_algorithm)section->algorithm,
		    .rate = section->rate == 0 ? COUNTER_UNLIMITED
		                               : (uint64_t)section->rate,
		    .period_ms = section->period * 1000,
		    .burst = (uint64_t)section->burst },
		.refunds = section->refunds == REFUNDS_OUTBOUND
		               ? section->direction == LIMIT_OUTBOUND
		               : section->refunds == REFUNDS_YES,
		.shadow = section->mode == CONFIG_SHADOW,
		.new_accounts = is_for_new_accounts(section),
		.contexts = section->contexts,
		.text = section->text,
	};
	if (is_distinct(limit->unit))
		limit->rule.algorithm = COUNTER_DISTINCT;
	if (limit->key == NULL)
		config_error(loading, &section->place,
		    arena_printf(arena, "key: %s", error));
	read_steps(loading, section, limit);
	if (limit->unit == LIMIT_COUNTRIES && loading->config->geo == NULL &&
	    !is_default(section))
		config_warning_in(loading, "limit", 0,
		    arena_printf(arena,
			"\"%s\" never applies: country_database is not set",
			limit->name));
	if (has_step(limit, LIMIT_LOCK) &&
	    loading->config->settings.locked_users == NULL)
		config_warning_in(loading, "limit", 0,
		    arena_printf(arena,
			"\"%s\" has a step lock, and locked_users is not set: "
			"mail is held, but Dovecot lets them log in",
			limit->name));
	error = odd_limit(loading->config, section, limit);
	if (error != NULL)
		config_error(loading, &section->place, error);
}

static bool
has_limit(const struct accounting_rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->limit_count; i++)
		if (strcmp(rules->limits[i].name, name) == 0)
			return (true);
	return (false);
}

static void
read_rates(struct config_loading *loading,
    const struct config_override *section, struct override_section *out)
{
	struct arena *arena = loading->config->arena;
	struct override_rate *rates =
	    arena_array(arena, section->limits.count, sizeof(*rates));
	const char *error = NULL;

	*out = (struct override_section){ section->place.title, rates,
		section->limits.count };
	for (size_t i = 0; i < section->limits.count; i++) {
		if (override_parse(section->limits.items[i], arena, &rates[i],
			&error) != 0)
			config_error(loading, &section->place,
			    arena_printf(arena, "limits: %s", error));
		else if (!has_limit(
			     &loading->config->accounting, rates[i].limit))
			config_error(loading, &section->place,
			    arena_printf(arena,
				"limits: there is no limit \"%s\"",
				rates[i].limit));
	}
}

static void
read_overrides(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct conf_sections *sections = &config->settings.overrides;
	const struct conf_sections *groups = &config->settings.groups;
	const struct config_override *items = sections->items;
	const struct config_group *group_items = groups->items;
	struct override_section *all =
	    arena_array(config->arena, sections->count, sizeof(*all));
	struct override_group *members =
	    arena_array(config->arena, groups->count, sizeof(*members));

	for (size_t i = 0; i < sections->count; i++)
		read_rates(loading, &items[i], &all[i]);
	for (size_t i = 0; i < groups->count; i++)
		members[i] =
		    (struct override_group){ group_items[i].place.title,
			    group_items[i].members };
	config->accounting.overrides = overrides_new(
	    all, sections->count, members, groups->count, config->arena);
}

void
config_limits_read(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct config_settings *settings = &config->settings;
	struct accounting_rules *rules = &config->accounting;

	add_defaults(config);
	const struct config_limit *items = settings->limits.items;
	struct limit *limits =
	    arena_array(config->arena, settings->limits.count, sizeof(*limits));

	if (settings->limits.count > LIMIT_MAX) {
		config_error_in(loading, "limit", 0,
		    arena_printf(
			config->arena, "no more than %zu of them", LIMIT_MAX));
		return;
	}
	for (size_t i = 0; i < settings->limits.count; i++)
		read_limit(loading, &items[i], &limits[i]);
	rules->limits = limits;
	rules->limit_count = settings->limits.count;
	rules->exempt_networks = config_networks(loading, "exempt_networks",
	    &settings->exempt_networks, &rules->exempt_network_count);
	rules->exempt_users = settings->exempt_users;
	rules->new_account_ms = settings->new_account_period * 1000;
	rules->new_account_divisor = (uint64_t)settings->new_account_divisor;
	rules->max_keys = (size_t)settings->max_keys;
	read_overrides(loading);
}
