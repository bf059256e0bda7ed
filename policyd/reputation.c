#include "reputation.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena_impl.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS (24 * HOUR_MS)

/* After so long half of the evidence is left. */
#define NETWORK_HALF_LIFE_MS (7 * DAY_MS)
#define DOMAIN_HALF_LIFE_MS (30 * DAY_MS)
#define RECIPIENTS_HALF_LIFE_MS (HOUR_MS / 3)

/* So much evidence on both sides is assumed beforehand. */
#define PRIOR 2.0
/* So many events make up 63 per cent of full confidence. */
#define CONFIDENT 20.0
/* Log-odds at which 76 per cent are reached. */
#define STEEPNESS 1.5
/* What somebody did long ago gives way to what he does now, however much it
 * was: nobody buys a thousand spams with a million good messages. */
#define MAX_EVIDENCE 200.0
/* Less evidence than this is none. */
#define WORTHLESS 0.25

/* Most of at least so many recipients; some faded meanwhile. */
#define MIN_RECIPIENTS 9.5

/* Places looked at and records written in a tenth of a second. */
#define SWEEP 256
#define FLUSH 2000

/* Two amounts that fade alike. */
struct pair {
	double good;
	double bad;
	int64_t when; /* they were so much; milliseconds since 1970 */
};

struct record {
	struct pair evidence;
	struct pair recipients; /* known ones, and those who are nobody */
};

struct reputation {
	struct table *networks;
	struct table *domains;
};

static void
record_print(const void *record, struct buf *text)
{
	const struct record *it = record;

	buf_printf(text,
	    "good=%.4f bad=%.4f when=%lld known=%.4f "
	    "unknown=%.4f when=%lld",
	    it->evidence.good, it->evidence.bad, (long long)it->evidence.when,
	    it->recipients.good, it->recipients.bad,
	    (long long)it->recipients.when);
}

/* Drop "${name}=" and return its value up to the next blank; empty: none. */
static struct span
take_value(struct span *text, const char *name)
{
	struct span word;
	struct span label;

	(void)span_take_until(text, ' ', &word);
	if (!span_take_until(&word, '=', &label) || !span_is(label, name))
		return (span_new(NULL, 0));
	return (word);
}

/* Read "12.3456", as it was printed: at most what evidence can be. */
static bool
take_amount(struct span *text, const char *name, double *out)
{
	struct span fraction = take_value(text, name);
	struct span whole;
	uint64_t units;
	uint64_t parts;

	if (!span_take_until(&fraction, '.', &whole) || fraction.len != 4 ||
	    !span_to_u64(whole, 6, &units) || !span_to_u64(fraction, 4, &parts))
		return (false);
	*out = (double)units + (double)parts / 10000;
	return (*out <= MAX_EVIDENCE);
}

static bool
take_time(struct span *text, int64_t *out)
{
	uint64_t number;

	if (!span_to_u64(take_value(text, "when"), 15, &number))
		return (false);
	*out = (int64_t)number;
	return (true);
}

static bool
record_parse(struct span text, void *record)
{
	struct record *it = record;

	return (take_amount(&text, "good", &it->evidence.good) &&
		take_amount(&text, "bad", &it->evidence.bad) &&
		take_time(&text, &it->evidence.when) &&
		take_amount(&text, "known", &it->recipients.good) &&
		take_amount(&text, "unknown", &it->recipients.bad) &&
		take_time(&text, &it->recipients.when) && text.len == 0);
}

static const struct table_codec codec = { record_print, record_parse };

struct reputation *
reputation_new(struct behind *behind, size_t max_records)
{
	struct reputation *reputation = arena_impl_malloc(sizeof(*reputation));
	struct table_options options = { .kind = "network",
		.record_size = sizeof(struct record),
		.max_records = max_records,
		.codec = &codec };

	reputation->networks = table_new(&options, behind);
	options.kind = "domain";
	reputation->domains = table_new(&options, behind);
	return (reputation);
}

void
reputation_free(struct reputation *reputation)
{
	if (reputation == NULL)
		return;
	table_free(reputation->networks);
	table_free(reputation->domains);
	free(reputation);
}

/* Let ${pair} fade until ${now}; time that goes back changes nothing. */
static void
fade(struct pair *pair, int64_t half_life, int64_t now)
{
	if (now <= pair->when)
		return;
	double left = exp2(-(double)(now - pair->when) / (double)half_life);

	pair->good *= left;
	pair->bad *= left;
	pair->when = now;
}

static void
add(struct pair *pair, double good, double bad, int64_t half_life, int64_t now)
{
	fade(pair, half_life, now);
	pair->good += good;
	pair->bad += bad;
	double excess = (pair->good + pair->bad) / MAX_EVIDENCE;

	if (excess <= 1)
		return;
	pair->good /= excess;
	pair->bad /= excess;
}

/* When ${pair} will be worth nothing. */
static int64_t
end_of(const struct pair *pair, int64_t half_life)
{
	double amount = pair->good + pair->bad;

	if (amount <= WORTHLESS)
		return (pair->when);
	return (pair->when +
		(int64_t)(log2(amount / WORTHLESS) * (double)half_life));
}

/* How much ${event} says for and against who did it. */
struct evidence {
	double good;
	double bad;
	bool recipient; /* says so of its recipients only */
};

static struct evidence
evidence_of(enum reputation_event event)
{
	switch (event) {
	case REPUTATION_ACCEPTED:
		return ((struct evidence){ .good = 1 });
	case REPUTATION_SPAM:
		return ((struct evidence){ .bad = 1 });
	case REPUTATION_UNKNOWN_RECIPIENT:
		return ((struct evidence){ .bad = 1, .recipient = true });
	case REPUTATION_KNOWN_RECIPIENT:
		return ((struct evidence){ .good = 1, .recipient = true });
	case REPUTATION_NEVER_RETRIED:
		return ((struct evidence){ .bad = 0.5 });
	case REPUTATION_RETRIED:
		return ((struct evidence){ .good = 0.5 });
	}
	return ((struct evidence){ .good = 0 });
}

static void
learn(struct table *table, struct span key, int64_t half_life,
    enum reputation_event event, int64_t now)
{
	struct evidence evidence = evidence_of(event);
	struct record *record = table_add(table, key, now);

	if (evidence.recipient)
		add(&record->recipients, evidence.good, evidence.bad,
		    RECIPIENTS_HALF_LIFE_MS, now);
	else
		add(&record->evidence, evidence.good, evidence.bad, half_life,
		    now);
	int64_t lasting = end_of(&record->evidence, half_life);
	int64_t lately = end_of(&record->recipients, RECIPIENTS_HALF_LIFE_MS);

	table_changed(table, record, lasting > lately ? lasting : lately);
}

void
reputation_learn(struct reputation *reputation, struct span network,
    struct span domain, enum reputation_event event, int64_t now)
{
	if (network.len > 0)
		learn(reputation->networks, network, NETWORK_HALF_LIFE_MS,
		    event, now);
	/* Whoever guesses recipients is a host, whatever its mail claims. */
	if (domain.len > 0 && !evidence_of(event).recipient)
		learn(reputation->domains, domain, DOMAIN_HALF_LIFE_MS, event,
		    now);
}

/* Smoothed log-odds, the less the fewer events there were. */
static int
judge(struct table *table, struct span key, int64_t half_life, int64_t now)
{
	const struct record *record = table_get(table, key);

	if (record == NULL)
		return (0);
	struct pair pair = record->evidence;

	fade(&pair, half_life, now);
	double odds = log((pair.bad + PRIOR) / (pair.good + PRIOR));
	double confidence = 1 - exp(-(pair.good + pair.bad) / CONFIDENT);

	return ((int)lround(100 * tanh(odds / STEEPNESS) * confidence));
}

int
reputation_network(
    struct reputation *reputation, struct span network, int64_t now)
{
	return (
	    judge(reputation->networks, network, NETWORK_HALF_LIFE_MS, now));
}

int
reputation_domain(
    struct reputation *reputation, struct span domain, int64_t now)
{
	return (judge(reputation->domains, domain, DOMAIN_HALF_LIFE_MS, now));
}

bool
reputation_guesses_recipients(
    struct reputation *reputation, struct span network, int64_t now)
{
	const struct record *record = table_get(reputation->networks, network);

	if (record == NULL)
		return (false);
	struct pair pair = record->recipients;

	fade(&pair, RECIPIENTS_HALF_LIFE_MS, now);
	return (pair.bad > pair.good && pair.good + pair.bad >= MIN_RECIPIENTS);
}

void
reputation_tick(struct reputation *reputation, int64_t now)
{
	table_sweep(reputation->networks, now, SWEEP);
	table_sweep(reputation->domains, now, SWEEP);
	(void)table_flush(reputation->networks, FLUSH);
	(void)table_flush(reputation->domains, FLUSH);
}

struct table *
reputation_table(struct reputation *reputation, const char *kind)
{
	if (span_is(span_str(kind), "network"))
		return (reputation->networks);
	if (span_is(span_str(kind), "domain"))
		return (reputation->domains);
	return (NULL);
}
