/* What outlives the process, and who is listed by hand. */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "engine_impl.h"
#include "store/store.h"

#define SINCE_DIGITS 18
#define LISTED_KEY_BYTES ((size_t)400)

static void
print_since(const void *record, struct buf *text)
{
	buf_printf(text, "%" PRId64, *(const int64_t *)record);
}

static bool
parse_since(struct span text, void *record)
{
	uint64_t since;

	if (!span_to_u64(text, SINCE_DIGITS, &since))
		return (false);
	*(int64_t *)record = (int64_t)since;
	return (true);
}

struct table *
engine_listed_new(struct behind *behind)
{
	static const struct table_codec codec = { print_since, parse_since };
	const struct table_options options = { .kind = "listed",
		.record_size = sizeof(int64_t),
		.max_records = ENGINE_MAX_LISTED,
		.codec = &codec };

	return (table_new(&options, behind));
}

static bool
has(struct engine *engine, const char *kind, struct span who)
{
	unsigned char bytes[LISTED_KEY_BYTES];
	size_t len = strlen(kind);

	if (who.len == 0 || len + 1 + who.len > sizeof(bytes))
		return (false);
	/* UNSAFE: the sum was compared with the room. */
	memcpy(bytes, kind, len);
	bytes[len++] = ' ';
	for (size_t i = 0; i < who.len; i++)
		bytes[len++] = span_lower(who.data[i]);
	return (table_get(engine->listed, span_new(bytes, len)) != NULL);
}

/* A domain and those above it. */
static bool
has_domain(struct engine *engine, const char *kind, struct span domain)
{
	while (domain.len > 0) {
		struct span label;

		if (has(engine, kind, domain))
			return (true);
		if (!span_take_until(&domain, '.', &label))
			break;
	}
	return (false);
}

/* Networks of any size stand in the table as text: ask for each that has the
 * client. */
static bool
has_network(struct engine *engine, const char *kind, const struct facts *facts)
{
	struct network_address address = facts->request->client;
	unsigned int bits = address.family == AF_INET    ? 32
	                    : address.family == AF_INET6 ? 128
	                                                 : 0;

	for (unsigned int prefix = bits; prefix > 0; prefix--) {
		const char *text =
		    network_address_print(facts->arena, &address);

		if ((prefix == bits && has(engine, kind, span_str(text))) ||
		    has(engine, kind,
			span_str(
			    arena_printf(facts->arena, "%s/%u", text, prefix))))
			return (true);
		address.bytes[(prefix - 1) / 8] &=
		    (unsigned char)~(0x80U >> (prefix - 1) % 8);
	}
	return (false);
}

bool
engine_is_listed(struct engine *engine, const char *kind, struct facts *facts)
{
	const struct span *attributes = facts->request->attributes;
	struct span login = attributes[REQUEST_SASL_USERNAME];
	/* Who logs in writes what he likes there: that must not free him from
	 * his limits. */
	bool by_sender = login.len == 0 || strcmp(kind, "allow") != 0;

	return (
	    has_network(engine, kind, facts) || has(engine, kind, login) ||
	    (by_sender && (has(engine, kind, attributes[REQUEST_SENDER]) ||
			      has_domain(engine, kind,
				  facts_get(facts, FACTS_SENDER_DOMAIN)))) ||
	    has_domain(engine, kind, attributes[REQUEST_CLIENT_NAME]) ||
	    has(engine, kind, attributes[REQUEST_RECIPIENT]));
}

struct table *
engine_table(struct engine *engine, const char *kind)
{
	static const char limit[] = "limit ";
	struct table *tables[] = {
		greylist_table(engine->greylist, kind),
		known_table(engine->known, kind),
		reputation_table(engine->reputation, kind),
		watch_table(engine->watch, kind),
	};

	if (span_starts(span_str(kind), limit))
		return (
		    accounting_table(engine->accounting, kind + strlen(limit)));
	if (strcmp(kind, table_kind(engine->listed)) == 0)
		return (engine->listed);
	if (strcmp(kind, "override") == 0)
		return (accounting_overrides(engine->accounting));
	if (strcmp(kind, "wired") == 0)
		return (accounting_wired(engine->accounting));
	if (strcmp(kind, "account") == 0)
		return (accounting_accounts(engine->accounting));
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i] != NULL)
			return (tables[i]);
	return (NULL);
}

struct loading {
	struct table *table;
	uint64_t malformed;
};

static void
take(void *cookie, const struct store_record *record)
{
	struct loading *loading = cookie;

	if (!table_load(
		loading->table, record->key, record->value, record->expires))
		loading->malformed++;
}

static const char *
load_kind(struct engine *engine, struct store *store, const char *kind,
    int64_t now, struct arena *arena)
{
	struct loading loading = { .table = engine_table(engine, kind) };

	if (loading.table == NULL)
		return (NULL);
	if (store_each(store, table_kind(loading.table), now, take, &loading) !=
	    0)
		return (arena_printf(
		    arena, "state: cannot read: %s", store_error(store)));
	if (loading.malformed > 0)
		log_warning(engine->log, "state_malformed",
		    LOG_TEXT("kind", kind),
		    LOG_NUMBER("records", loading.malformed));
	return (NULL);
}

const char *
engine_load(struct engine *engine, struct store *store, int64_t now,
    struct arena *arena)
{
	static const char *const kinds[] = { "listed", "override", "account",
		"wired", "greylist", "greyclient", "known", "network", "domain",
		"history", "bounces", "notice", "locked" };
	const struct accounting_rules *rules = &engine->config->accounting;
	const char *error = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (error == NULL)
			error = load_kind(engine, store, kinds[i], now, arena);
	for (size_t i = 0; i < rules->limit_count; i++)
		if (error == NULL)
			error = load_kind(engine, store,
			    arena_printf(
				arena, "limit %s", rules->limits[i].name),
			    now, arena);
	return (error);
}
