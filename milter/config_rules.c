#include "config_rules.h"

#include <string.h>

#include "base/span.h"
#include "conf/nearest.h"
#include "config_sections.h"

/* A word of `results': the bit of which check it stands for. */
struct result_word {
	const char *word;
	size_t member; /* of struct rule */
	unsigned int result;
};

#define HELO_WORD(word, result)                                                \
	{                                                                      \
		"helo=" word, offsetof(struct rule, helo), (result)            \
	}
#define SPF_WORD(word, result)                                                 \
	{                                                                      \
		"spf=" word, offsetof(struct rule, spf), (result)              \
	}
#define DKIM_WORD(word, result)                                                \
	{                                                                      \
		"dkim=" word, offsetof(struct rule, dkim), (result)            \
	}
#define DMARC_WORD(word, result)                                               \
	{                                                                      \
		"dmarc=" word, offsetof(struct rule, dmarc), (result)          \
	}

static const struct result_word result_words[] = {
	HELO_WORD("none", SPF_NONE),
	HELO_WORD("neutral", SPF_NEUTRAL),
	HELO_WORD("pass", SPF_PASS),
	HELO_WORD("fail", SPF_FAIL),
	HELO_WORD("softfail", SPF_SOFTFAIL),
	HELO_WORD("temperror", SPF_TEMPERROR),
	HELO_WORD("permerror", SPF_PERMERROR),
	SPF_WORD("none", SPF_NONE),
	SPF_WORD("neutral", SPF_NEUTRAL),
	SPF_WORD("pass", SPF_PASS),
	SPF_WORD("fail", SPF_FAIL),
	SPF_WORD("softfail", SPF_SOFTFAIL),
	SPF_WORD("temperror", SPF_TEMPERROR),
	SPF_WORD("permerror", SPF_PERMERROR),
	DKIM_WORD("none", DKIM_NONE),
	DKIM_WORD("pass", DKIM_PASS),
	DKIM_WORD("fail", DKIM_FAIL),
	DKIM_WORD("policy", DKIM_POLICY),
	DKIM_WORD("neutral", DKIM_NEUTRAL),
	DKIM_WORD("temperror", DKIM_TEMPERROR),
	DKIM_WORD("permerror", DKIM_PERMERROR),
	DMARC_WORD("none", DMARC_NONE),
	DMARC_WORD("pass", DMARC_PASS),
	DMARC_WORD("fail", DMARC_FAIL),
	DMARC_WORD("temperror", DMARC_TEMPERROR),
	DMARC_WORD("permerror", DMARC_PERMERROR),
};
#define RESULT_WORDS (sizeof(result_words) / sizeof(result_words[0]))

static const char *
explain_result(struct arena *arena, const char *text)
{
	struct conf_option words[RESULT_WORDS + 1] = { { .name = NULL } };

	for (size_t i = 0; i < RESULT_WORDS; i++)
		words[i].name = result_words[i].word;
	const char *nearest = nearest_name(words, text);

	if (nearest != NULL)
		return (arena_printf(arena,
		    "results: \"%s\" is no result; the nearest is \"%s\"", text,
		    nearest));
	return (arena_printf(arena,
	    "results: \"%s\" is no result such as dmarc=fail, dkim=pass or "
	    "spf=softfail",
	    text));
}

static const struct result_word *
find_result(const char *text)
{
	for (size_t i = 0; i < RESULT_WORDS; i++)
		if (span_is_nocase(span_str(text), result_words[i].word))
			return (&result_words[i]);
	return (NULL);
}

static void
read_results(struct config_loading *loading, const struct config_rule *section,
    struct rule *rule)
{
	for (size_t i = 0; i < section->results.count; i++) {
		const char *text = section->results.items[i];
		const struct result_word *found = find_result(text);

		if (found == NULL) {
			config_error(loading, &section->place,
			    explain_result(loading->config->arena, text));
			continue;
		}
		/* UNSAFE: the table has the offsets of its members. */
		*(unsigned int *)(void *)((char *)rule + found->member) |=
		    1U << found->result;
	}
}

static const struct pattern *
read_addresses(struct config_loading *loading, const struct conf_place *place,
    const char *option, const struct conf_list *list)
{
	struct arena *arena = loading->config->arena;
	struct pattern *patterns =
	    arena_array(arena, list->count, sizeof(*patterns));

	for (size_t i = 0; i < list->count; i++)
		if (pattern_parse(arena, list->items[i], &patterns[i]) != 0)
			config_error(loading, place,
			    arena_printf(arena,
				"%s: \"%s\" is no address, domain or pattern "
				"such as *.example.org",
				option, list->items[i]));
	return (patterns);
}

static const struct pattern *
read_domains(struct config_loading *loading, const struct conf_place *place,
    const char *option, const struct conf_list *list)
{
	struct arena *arena = loading->config->arena;
	struct pattern *patterns =
	    arena_array(arena, list->count, sizeof(*patterns));

	for (size_t i = 0; i < list->count; i++)
		if (strchr(list->items[i], '@') != NULL ||
		    pattern_parse(arena, list->items[i], &patterns[i]) != 0)
			config_error(loading, place,
			    arena_printf(arena,
				"%s: \"%s\" is no domain such as example.org "
				"or *.example.org",
				option, list->items[i]));
	return (patterns);
}

static const struct network *
read_clients(struct config_loading *loading, const struct config_rule *section)
{
	struct arena *arena = loading->config->arena;
	const struct conf_list *list = &section->client;
	struct network *networks =
	    arena_array(arena, list->count, sizeof(*networks));

	for (size_t i = 0; i < list->count; i++)
		if (network_parse(list->items[i], &networks[i]) != 0)
			config_error(loading, &section->place,
			    arena_printf(arena, "client: %s",
				network_explain(arena, list->items[i])));
	return (networks);
}

static void
read_rule(struct config_loading *loading, const struct config_rule *section,
    struct rule *rule)
{
	const struct conf_place *place = &section->place;

	/* The first word of `action' leaves it to the policy; the others are
	 * those of enum verdict_action. */
	*rule = (struct rule){
		.name = place->title,
		.from = read_addresses(loading, place, "from", &section->from),
		.from_count = section->from.count,
		.clients = read_clients(loading, section),
		.client_count = section->client.count,
		.recipients = read_addresses(
		    loading, place, "recipient", &section->recipient),
		.recipient_count = section->recipient.count,
		.signed_by = read_domains(
		    loading, place, "signed_by", &section->signed_by),
		.signed_by_count = section->signed_by.count,
		.mail_from = read_domains(
		    loading, place, "mail_from", &section->mail_from),
		.mail_from_count = section->mail_from.count,
		.action = section->action == 0 ? RULE_AS_PUBLISHED
		                               : section->action - 1,
	};
	read_results(loading, section, rule);
}

/* Whoever meets these is known by more than what he says himself.  One domain
 * for all, `*', is anybody's. */
static bool
has_proof(const struct rule *rule)
{
	for (size_t i = 0; i < rule->signed_by_count; i++)
		if (rule->signed_by[i].domain == NULL)
			return (false);
	for (size_t i = 0; i < rule->mail_from_count; i++)
		if (rule->mail_from[i].domain == NULL)
			return (false);
	return (rule->client_count > 0 || rule->signed_by_count > 0 ||
		rule->mail_from_count > 0);
}

static bool
has_conditions(const struct rule *rule)
{
	return (rule->from_count > 0 || rule->client_count > 0 ||
		rule->recipient_count > 0 || rule->signed_by_count > 0 ||
		rule->mail_from_count > 0);
}

static bool
allows(unsigned int bits, unsigned int result)
{
	return (bits == 0 || (bits & 1U << result) != 0);
}

/* Whether ${other} is for no result that ${bits} are not for. */
static bool
covers(unsigned int bits, unsigned int other)
{
	return (bits == 0 || (other != 0 && (other & ~bits) == 0));
}

/* A rule above ${rule} that leaves nothing for it; or NULL. */
static const struct rule *
hidden_by(const struct rule *rules, const struct rule *rule)
{
	for (; rules < rule; rules++)
		if (!has_conditions(rules) && covers(rules->helo, rule->helo) &&
		    covers(rules->spf, rule->spf) &&
		    covers(rules->dkim, rule->dkim) &&
		    covers(rules->dmarc, rule->dmarc))
			return (rules);
	return (NULL);
}

/* A rule after ${rule}, up to ${end}, that does something to all mail and so to
 * that of whom ${rule} excuses, where it does not fail DMARC; or NULL. */
static const struct rule *
unaware(const struct rule *rule, const struct rule *end)
{
	bool passes_spf = rule->mail_from_count > 0;

	if (rule->action != VERDICT_NONE || allows(rule->dmarc, DMARC_PASS))
		return (NULL);
	for (rule++; rule < end; rule++)
		if (rule->action > VERDICT_NONE && !has_conditions(rule) &&
		    allows(rule->dmarc, DMARC_PASS) &&
		    (!passes_spf || allows(rule->spf, SPF_PASS)))
			return (rule);
	return (NULL);
}

/* What its admin would want to look at again; or NULL. */
static const char *
odd(const struct config *config, const struct rule *rule, struct arena *arena)
{
	const struct rule *rules = config->rules;
	const struct rule *below = unaware(rule, rules + config->rule_count);
	const struct rule *above = hidden_by(rules, rule);

	if (above != NULL)
		return (arena_printf(arena,
		    "never matches: the rule \"%s\" above takes all such mail",
		    above->name));
	if (rule->signed_by_count > 0 && !allows(rule->dkim, DKIM_PASS))
		return ("never matches: signed_by wants a signature that "
			"passes, and results has dkim without pass");
	if (rule->mail_from_count > 0 && !allows(rule->spf, SPF_PASS))
		return ("never matches: mail_from wants SPF to pass, and "
			"results has spf without pass");
	if (rule->action == VERDICT_NONE && !has_proof(rule) &&
	    allows(rule->dmarc, DMARC_FAIL))
		return ("lets pass what anybody can forge: add a client, "
			"mail_from or signed_by that only the right sender "
			"can have");
	if (below != NULL)
		return (arena_printf(arena,
		    "lets nothing pass but what fails DMARC: other mail meets "
		    "the rule \"%s\" below; results = {} is for any",
		    below->name));
	if (rule->action > VERDICT_NONE && !has_conditions(rule) &&
	    allows(rule->dmarc, DMARC_PASS))
		return (arena_printf(arena,
		    "it has no condition, and does this to mail that passes "
		    "DMARC, too: %s",
		    verdict_action_name((enum verdict_action)rule->action)));
	return (NULL);
}

static void
warn(struct config_loading *loading, const struct conf_place *place,
    const char *text)
{
	config_warning(loading,
	    arena_printf(loading->config->arena, "%s:%d: rule \"%s\": %s",
		place->file, place->line, place->title, text));
}

void
config_rules_read(struct config_loading *loading)
{
	struct config *config = loading->config;
	const struct conf_sections *sections = &config->settings.rules;
	const struct config_rule *items = sections->items;

	config->rules =
	    arena_array(config->arena, sections->count, sizeof(*config->rules));
	config->rule_count = sections->count;
	for (size_t i = 0; i < sections->count; i++)
		read_rule(loading, &items[i], &config->rules[i]);
	for (size_t i = 0; i < sections->count && !loading->failed; i++) {
		const char *text =
		    odd(config, &config->rules[i], config->arena);

		if (text != NULL)
			warn(loading, &items[i].place, text);
	}
}
