/*
 * soak_scrape.c: somebody reads the metrics all along; in the end they say what
 * the senders have seen.
 */
#include <poll.h>
#include <stdio.h>

#include "soak.h"
#include "support/exposition.h"
#include "support/http.h"

#define HOST "127.0.0.1"
#define M "mailreeve_milter_"
#define TRIES 100
#define PAUSE_MS 50

/* Series that must be what was counted here, in the end. */
static const struct {
	const char *series;
	enum soak_count what; /* SOAK_COUNTS: nothing at all */
	bool unseen;          /* or more, by what SOAK_UNSEEN says */
} expected[] = {
	{ M "messages_total{direction=\"inbound\",action=\"none\"}",
	    SOAK_INBOUND },
	{ M "messages_total{direction=\"inbound\",action=\"tag\"}",
	    SOAK_TAGGED },
	{ M "messages_total{direction=\"inbound\",action=\"reject\"}",
	    SOAK_REFUSED },
	{ M "messages_total{direction=\"inbound\",action=\"tempfail\"}",
	    SOAK_DEFERRED },
	{ M "messages_total{direction=\"outbound\",action=\"none\"}",
	    SOAK_SIGNED },
	{ M "messages_total{direction=\"outbound\",action=\"reject\"}",
	    SOAK_COUNTS },
	{ M "messages_total{direction=\"outbound\",action=\"tempfail\"}",
	    SOAK_COUNTS },
	{ M "dkim_results_total{result=\"pass\"}", SOAK_PASS, true },
	{ M "dkim_results_total{result=\"fail\"}", SOAK_FAIL, true },
	{ M "dkim_results_total{result=\"permerror\"}", SOAK_PERMERROR, true },
	{ M "dkim_results_total{result=\"temperror\"}", SOAK_TEMPERROR, true },
	{ M "dkim_results_total{result=\"none\"}", SOAK_NONE, true },
	{ M "forged_fields_total", SOAK_FORGED },
	{ M "reloads_total{result=\"loaded\"}", SOAK_RELOADS },
	{ M "reloads_total{result=\"refused\"}", SOAK_BROKEN },
	{ M "messages_in_hand", SOAK_COUNTS },
	{ M "open_connections", SOAK_COUNTS },
};
#define EXPECTED (sizeof(expected) / sizeof(expected[0]))

static const struct exposition *
read_page(struct soak *soak, struct arena *arena)
{
	struct exposition *page;
	struct http_reply reply;
	const char *error = NULL;

	http_get(HOST, soak->metrics_port, "/metrics", arena, &reply);
	if (reply.status != 200) {
		(void)soak_fail(soak, "/metrics: status %d", reply.status);
		return (NULL);
	}
	page = exposition_parse(arena, reply.body, &error);
	if (page == NULL)
		(void)soak_fail(soak, "/metrics: %s", error);
	return (page);
}

void
soak_scrape(struct soak *soak)
{
	struct arena *arena = arena_new();

	if (read_page(soak, arena) != NULL)
		soak->scrapes++;
	arena_free(arena);
}

/* Return the index of the first series that is not what it must be, or
 * EXPECTED; store what it is in ${found}. */
static size_t
find_wrong(struct soak *soak, const struct exposition *page, double *found)
{
	for (size_t i = 0; i < EXPECTED; i++) {
		enum soak_count what = expected[i].what;
		double wanted = what == SOAK_COUNTS ? 0 : soak->counts[what];

		double most = wanted;

		if (expected[i].unseen)
			most += soak->counts[SOAK_UNSEEN];
		*found = -1;
		if (!exposition_find(page, expected[i].series, found) ||
		    *found < wanted || *found > most)
			return (i);
	}
	return (EXPECTED);
}

/* The last connections close before the milter knows. */
int
soak_scrape_check(struct soak *soak)
{
	size_t wrong = 0;
	double found = -1;

	for (int i = 0; i < TRIES; i++) {
		struct arena *arena = arena_new();
		const struct exposition *page = read_page(soak, arena);

		wrong = page == NULL ? 0 : find_wrong(soak, page, &found);
		arena_free(arena);
		if (page == NULL)
			return (-1);
		if (wrong == EXPECTED) {
			printf(
			    "%s: the metrics were read %u times, and agree\n",
			    soak->name, soak->scrapes);
			return (0);
		}
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return (soak_fail(soak, "the metrics: %s is %.0f, and should be %u",
	    expected[wrong].series, found,
	    expected[wrong].what == SOAK_COUNTS
		? 0
		: soak->counts[expected[wrong].what]));
}
