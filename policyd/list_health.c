#include "list_health.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/hash.h"
#include "base/list.h"

/* RFC 5782 2.1: values are IPv4 addresses. */
#define ADDRESS_BYTES ((size_t)4)

/* One zone. */
struct entry {
	struct hash_node node;
	struct entry *next;
	struct list_figures figures;
	unsigned int failures; /* tests in a row */
	unsigned int silences; /* questions in a row */
	char zone[];
};

struct list_health {
	pthread_mutex_t lock;
	const struct log *log;
	struct hash *zones;
	struct entry *entries;
};

/* What a test, or a question, shows. */
struct verdict {
	enum list_state state;
	const char *meaning; /* for the operator */
};

static const struct verdict well = { LIST_WELL, NULL };
static const struct verdict dead = { LIST_DEAD,
	"its test address is not listed (RFC 5782 5): the list is gone; remove "
	"it if it stays so" };
static const struct verdict all = { LIST_ALL,
	"it lists an address that no list may list (RFC 5782 5), and would "
	"have everybody refused: the list is gone; remove it if it stays so" };
static const struct verdict refused = { LIST_REFUSED,
	"it refuses to answer us: ask it through your own resolver, not "
	"through a public one, and not more often than it allows" };
static const struct verdict astray = { LIST_DEAD,
	"it answers with addresses outside 127.0.0.0/8 (RFC 5782 2.1): the "
	"zone has another owner, or the resolver does not tell the truth" };
static const struct verdict silent = { LIST_SILENT,
	"it does not answer in time: it is tested until it does" };

struct list_health *
list_health_new(const struct log *log)
{
	struct list_health *health = arena_impl_malloc(sizeof(*health));

	*health = (struct list_health){ .log = log, .zones = hash_new() };
	(void)pthread_mutex_init(&health->lock, NULL);
	return (health);
}

void
list_health_free(struct list_health *health)
{
	struct entry *next;

	if (health == NULL)
		return;
	for (struct entry *entry = health->entries; entry != NULL;
	     entry = next) {
		next = entry->next;
		free(entry);
	}
	hash_free(health->zones);
	(void)pthread_mutex_destroy(&health->lock);
	free(health);
}

/* Return what is known of ${list}.  Under the lock. */
static struct entry *
find(struct list_health *health, const struct dns_list *list)
{
	struct span zone = span_str(list->zone);
	struct hash_node *node = hash_get(health->zones, zone);

	if (node != NULL)
		return (LIST_VALUE(node, struct entry, node));
	struct entry *entry = arena_impl_malloc(sizeof(*entry) + zone.len + 1);

	*entry = (struct entry){ .next = health->entries };
	memcpy(entry->zone, list->zone, zone.len + 1);
	entry->node.key = span_str(entry->zone);
	entry->figures.zone = entry->zone;
	hash_add(health->zones, &entry->node);
	health->entries = entry;
	return (entry);
}

static bool
is_out(enum list_state state)
{
	switch (state) {
	case LIST_UNTESTED:
	case LIST_WELL:
		return (false);
	case LIST_DEAD:
	case LIST_ALL:
	case LIST_REFUSED:
	case LIST_SILENT:
		break;
	}
	return (true);
}

/* The state of ${entry} is now that of ${verdict}: say so when it changes. */
static void
become(struct list_health *health, struct entry *entry,
    const struct verdict *verdict)
{
	enum list_state before = entry->figures.state;

	entry->figures.state = verdict->state;
	if (before == verdict->state)
		return;
	if (is_out(verdict->state))
		log_warning(health->log, "list_out",
		    LOG_TEXT("list", entry->zone),
		    LOG_TEXT("state", list_state_name(verdict->state)),
		    LOG_TEXT("meaning", verdict->meaning));
	else if (is_out(before))
		log_info(health->log, "list_back",
		    LOG_TEXT("list", entry->zone),
		    LOG_TEXT("was", list_state_name(before)));
}

static void
tested(struct list_health *health, struct entry *entry,
    const struct verdict *verdict)
{
	switch (verdict->state) {
	case LIST_WELL:
		entry->failures = 0;
		entry->silences = 0;
		become(health, entry, verdict);
		return;
	case LIST_ALL:
	case LIST_REFUSED:
		/* What such a list says is worth nothing from now on. */
		entry->failures = LIST_HEALTH_FAILURES;
		break;
	case LIST_UNTESTED:
	case LIST_DEAD:
	case LIST_SILENT:
		entry->failures++;
		break;
	}
	if (entry->failures >= LIST_HEALTH_FAILURES)
		become(health, entry, verdict);
}

/* What the answer to one question of the test is worth. */
enum answer {
	ANSWER_NONE,
	ANSWER_LISTED,
	ANSWER_NOT_LISTED,
	ANSWER_REFUSED,
	ANSWER_ASTRAY,
};

static enum answer
read_address(struct span rdata)
{
	if (rdata.len != ADDRESS_BYTES)
		return (ANSWER_ASTRAY);
	switch (list_refusal(rdata.data)) {
	case LIST_ANSWERS:
		break;
	case LIST_REFUSES:
		return (ANSWER_REFUSED);
	case LIST_ASTRAY:
		return (ANSWER_ASTRAY);
	}
	return (ANSWER_LISTED);
}

static enum answer
read_answer(const struct dns_answer *answer)
{
	enum answer worst = ANSWER_LISTED;

	switch (answer->status) {
	case DNS_OK:
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return (ANSWER_NOT_LISTED);
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		return (ANSWER_NONE);
	}
	for (size_t i = 0; i < answer->count; i++) {
		enum answer one = read_address(answer->rdata[i]);

		if (one > worst)
			worst = one;
	}
	return (worst);
}

/* What the list says of what it must list, and of what it must not. */
static const struct verdict *
judge(enum answer listed, enum answer unlisted)
{
	if (listed == ANSWER_REFUSED || unlisted == ANSWER_REFUSED)
		return (&refused);
	if (listed == ANSWER_ASTRAY || unlisted == ANSWER_ASTRAY)
		return (&astray);
	if (unlisted == ANSWER_LISTED)
		return (&all);
	if (listed == ANSWER_NONE || unlisted == ANSWER_NONE)
		return (&silent);
	return (listed == ANSWER_LISTED ? &well : &dead);
}

/* The questions of one list's test. */
enum test {
	TEST_LISTED,
	TEST_NOT_LISTED,
	TEST_LISTED_6,
	TEST_NOT_LISTED_6,
	TESTS,
};

/* RFC 5782 5: what a list of IPv6 addresses MUST and MUST NOT list,
 * ::FFFF:7F00:2 and ::FFFF:7F00:1. */
static const struct network_address listed_6 = { .family = AF_INET6,
	.bytes = { [10] = 0xff, 0xff, 0x7f, 0, 0, 2 } };
static const struct network_address not_listed_6 = { .family = AF_INET6,
	.bytes = { [10] = 0xff, 0xff, 0x7f, 0, 0, 1 } };

/* Ask for ${name} below the zone; what is not to be tested is a name that does
 * not exist. */
static struct dns_question
ask(struct arena *arena, const struct dns_list *list, const char *name)
{
	return (
	    (struct dns_question){ .name = arena_printf(arena, "%s.%s",
				       name == NULL ? "" : name, list->zone),
		.type = DNS_TYPE_A });
}

static struct dns_question
ask_6(struct arena *arena, const struct dns_list *list,
    const struct network_address *address)
{
	const char *name = NULL;

	if ((list->subjects & LIST_CLIENT) != 0)
		name = list_name(arena, list, address);
	return ((struct dns_question){
	    .name = name == NULL ? "" : name, .type = DNS_TYPE_A });
}

/* A list may have the addresses of both families, or of one: one test entry is
 * enough, but neither may list what none may. */
static const struct verdict *
read_test(const struct dns_list *list, const struct dns_answer *answers)
{
	enum answer listed = read_answer(&answers[TEST_LISTED]);
	enum answer unlisted = read_answer(&answers[TEST_NOT_LISTED]);
	enum answer unlisted_6 = read_answer(&answers[TEST_NOT_LISTED_6]);

	/* Not told what to test: what it is not asked it passes. */
	if (list->must_be_listed == NULL)
		listed = ANSWER_LISTED;
	if (list->must_not_be_listed == NULL)
		unlisted = ANSWER_NOT_LISTED;
	if (listed == ANSWER_NOT_LISTED &&
	    read_answer(&answers[TEST_LISTED_6]) == ANSWER_LISTED)
		listed = ANSWER_LISTED;
	if (unlisted == ANSWER_NOT_LISTED && unlisted_6 != ANSWER_NONE)
		unlisted = unlisted_6;
	return (judge(listed, unlisted));
}

void
list_health_test(struct list_health *health, struct dns *dns,
    const struct dns_list *lists, size_t count, int64_t deadline,
    struct arena *arena)
{
	struct dns_question *questions =
	    arena_array(arena, TESTS * count, sizeof(*questions));
	struct dns_answer *answers =
	    arena_array(arena, TESTS * count, sizeof(*answers));

	for (size_t i = 0; i < count; i++) {
		struct dns_question *of = &questions[TESTS * i];
		const struct dns_list *list = &lists[i];

		of[TEST_LISTED] = ask(arena, list, list->must_be_listed);
		of[TEST_NOT_LISTED] =
		    ask(arena, list, list->must_not_be_listed);
		of[TEST_LISTED_6] = ask_6(arena, list, &listed_6);
		of[TEST_NOT_LISTED_6] = ask_6(arena, list, &not_listed_6);
	}
	dns_gather(dns, questions, TESTS * count, deadline, arena, answers);
	(void)pthread_mutex_lock(&health->lock);
	for (size_t i = 0; i < count; i++)
		tested(health, find(health, &lists[i]),
		    read_test(&lists[i], &answers[TESTS * i]));
	(void)pthread_mutex_unlock(&health->lock);
}

bool
list_health_is_out(struct list_health *health, const struct dns_list *list)
{
	bool out;

	(void)pthread_mutex_lock(&health->lock);
	out = is_out(find(health, list)->figures.state);
	(void)pthread_mutex_unlock(&health->lock);
	return (out);
}

void
list_health_answered(struct list_health *health, const struct dns_list *list,
    bool listed, bool late, int64_t us)
{
	(void)pthread_mutex_lock(&health->lock);
	struct entry *entry = find(health, list);

	entry->figures.asked++;
	if (late) {
		entry->figures.late++;
		entry->silences++;
	} else {
		entry->silences = 0;
		entry->figures.listed += listed ? 1 : 0;
		entry->figures.took_us += us > 0 ? (uint64_t)us : 0;
	}
	/* One that is out already keeps its reason: questions that were under
	 * way still come here. */
	if (entry->silences >= LIST_HEALTH_SILENCES &&
	    !is_out(entry->figures.state))
		become(health, entry, &silent);
	(void)pthread_mutex_unlock(&health->lock);
}

void
list_health_refused(struct list_health *health, const struct dns_list *list,
    enum list_refusal refusal)
{
	const struct verdict *verdict = NULL;

	switch (refusal) {
	case LIST_ANSWERS:
		return;
	case LIST_REFUSES:
		verdict = &refused;
		break;
	case LIST_ASTRAY:
		verdict = &astray;
		break;
	}
	(void)pthread_mutex_lock(&health->lock);
	become(health, find(health, list), verdict);
	(void)pthread_mutex_unlock(&health->lock);
}

const struct list_figures *
list_health_figures(
    struct list_health *health, struct arena *arena, size_t *count)
{
	struct list_figures *figures;
	size_t at = 0;

	(void)pthread_mutex_lock(&health->lock);
	*count = hash_count(health->zones);
	figures = arena_array(arena, *count, sizeof(*figures));
	for (const struct entry *entry = health->entries; entry != NULL;
	     entry = entry->next) {
		figures[at] = entry->figures;
		figures[at++].zone = arena_strdup(arena, entry->zone);
	}
	(void)pthread_mutex_unlock(&health->lock);
	return (figures);
}

const char *
list_state_name(enum list_state state)
{
	static const char *const names[] = {
		[LIST_UNTESTED] = "untested",
		[LIST_WELL] = "well",
		[LIST_DEAD] = "dead",
		[LIST_ALL] = "lists everything",
		[LIST_REFUSED] = "refuses",
		[LIST_SILENT] = "silent",
	};

	return (names[state]);
}
