/*
 * soak_meter.c: time, memory, threads and files, and the report at the end.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "soak.h"

#define SAMPLES_MAX 100000
/* Allocator, caches and thread pool have found their size after this part of
 * the messages.  Memory is then the mean of the samples during WINDOW, because
 * it swings with the messages in hand. */
#define WARM_UP_PERCENT 20
#define WINDOW_PERCENT 10
/* A leak of so many bytes in each message is found: of 100,000 messages, 80,000
 * come after the warm-up. */
#define LEAK_BYTES 25
/* A question that was dropped is asked again soon: 999 of a thousand inbound
 * messages take no longer than this. */
#define PATIENCE_MS 2000
/* Results of temperror, of a hundred questions that were dropped. */
#define TEMPERRORS_PERCENT 1
#define SETTLE_ROUNDS 150
#define SETTLE_MS 100
/* libunbound keeps connections over TCP for a while. */
#define SPARE_FILES 8
#define SPARE_THREADS 4

void
soak_meter_new(struct soak *soak)
{
	/* One message in three is verified after it was signed; at most all. */
	size_t room = 2 * (size_t)soak->messages + SOAK_DOMAINS;

	for (size_t i = 0; i < 2; i++)
		soak->latencies[i] =
		    arena_array(soak->arena, room, sizeof(uint32_t));
	soak->samples =
	    arena_array(soak->arena, SAMPLES_MAX, sizeof(soak->samples[0]));
}

static struct soak_sample
look(struct soak *soak)
{
	return ((struct soak_sample){
	    .messages = soak->done,
	    .rss = daemon_rss(soak->daemon),
	    .threads = daemon_threads(soak->daemon),
	    .files = daemon_files(soak->daemon),
	});
}

void
soak_meter_sample(struct soak *soak)
{
	if (soak->sample_count < SAMPLES_MAX)
		soak->samples[soak->sample_count++] = look(soak);
}

struct soak_sample
soak_meter_idle(struct soak *soak, const struct soak_sample *limit)
{
	struct soak_sample now = look(soak);

	for (int i = 0; i < SETTLE_ROUNDS; i++) {
		struct soak_sample before = now;

		(void)poll(NULL, 0, SETTLE_MS);
		now = look(soak);
		if (limit == NULL ? now.files == before.files &&
					now.threads == before.threads
				  : now.files <= limit->files &&
					now.threads <= limit->threads)
			break;
	}
	return (now);
}

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a;
	const uint32_t *y = b;

	return ((*x > *y) - (*x < *y));
}

/* Return the milliseconds that ${permille} of a thousand messages took at most,
 * of ${count} sorted ${times}. */
static double
percentile(const uint32_t *times, size_t count, size_t permille)
{
	size_t index = (count - 1) * permille / 1000;

	return ((double)times[index] / 1000);
}

static int
report_latency(struct soak *soak, const char *what, size_t which)
{
	uint32_t *times = soak->latencies[which];
	size_t count = soak->latency_counts[which];

	if (count == 0)
		return (0);
	qsort(times, count, sizeof(times[0]), compare);
	printf("%s: %s messages took %.1f ms (half of them), %.1f ms (99 %%), "
	       "%.1f ms (99.9 %%), %.1f ms (all)\n",
	    soak->name, what, percentile(times, count, 500),
	    percentile(times, count, 990), percentile(times, count, 999),
	    percentile(times, count, 1000));
	if (soak->full && !soak->sanitized &&
	    percentile(times, count, 999) > PATIENCE_MS)
		return (soak_fail(soak, "%s messages wait too long", what));
	return (0);
}

/* Return the mean memory while from ${from} to ${to} percent of the messages
 * were done, in kB. */
static long
mean_rss(const struct soak *soak, uint64_t from, uint64_t to)
{
	long sum = 0;
	long count = 0;

	for (size_t i = 0; i < soak->sample_count; i++) {
		uint64_t done = (uint64_t)soak->samples[i].messages * 100;

		if (done < from * soak->messages || done > to * soak->messages)
			continue;
		sum += soak->samples[i].rss;
		count++;
	}
	return (count == 0 ? 0 : sum / count);
}

/* Return the most threads and files of a sample. */
static struct soak_sample
most(const struct soak *soak)
{
	struct soak_sample most = { 0 };

	for (size_t i = 0; i < soak->sample_count; i++) {
		const struct soak_sample *sample = &soak->samples[i];

		if (sample->threads > most.threads)
			most.threads = sample->threads;
		if (sample->files > most.files)
			most.files = sample->files;
	}
	return (most);
}

static int
judge_memory(struct soak *soak)
{
	long start =
	    mean_rss(soak, WARM_UP_PERCENT, WARM_UP_PERCENT + WINDOW_PERCENT);
	long end = mean_rss(soak, 100 - WINDOW_PERCENT, 100);
	long bound = (long)((uint64_t)soak->messages *
			    (100 - WARM_UP_PERCENT - WINDOW_PERCENT) / 100 *
			    LEAK_BYTES / 1024);

	printf("%s: %ld kB after %d %% of the load, %ld kB at the end\n",
	    soak->name, start, WARM_UP_PERCENT, end);
	if (!soak->sanitized && end - start > bound)
		return (
		    soak_fail(soak, "the milter grew by %ld kB, more than %ld",
			end - start, bound));
	return (0);
}

static int
report_memory(struct soak *soak)
{
	printf("%s: resident memory %ld kB before the load, %ld kB at most\n",
	    soak->name, soak->idle.rss, daemon_peak(soak->daemon));
	return (soak->full ? judge_memory(soak) : 0);
}

/* Nobody is connected any more. */
static int
report_rest(struct soak *soak)
{
	const struct soak_sample limit = {
		.files = soak->idle.files + SPARE_FILES,
		.threads = soak->idle.threads + SPARE_THREADS,
	};
	struct soak_sample top = most(soak);
	struct soak_sample now = soak_meter_idle(soak, &limit);

	printf("%s: %ld threads and %ld files before the load, %ld and %ld at "
	       "most, %ld and %ld after it\n",
	    soak->name, soak->idle.threads, soak->idle.files, top.threads,
	    top.files, now.threads, now.files);
	if (now.files > limit.files || now.threads > limit.threads)
		return (soak_fail(soak, "threads or files are left"));
	return (0);
}

/* A question that was lost is asked again, so that few keys are missing. */
static int
report_temperrors(struct soak *soak, const struct dnsrelay_counters *dns)
{
	unsigned int temperrors = soak->counts[SOAK_TEMPERROR];

	if ((uint64_t)temperrors * 100 <=
	    (uint64_t)dns->dropped * TEMPERRORS_PERCENT)
		return (0);
	return (soak_fail(soak, "%u temperrors for %u questions dropped",
	    temperrors, dns->dropped));
}

static void
report_counts(
    struct soak *soak, const struct dnsrelay_counters *dns, int64_t ms)
{
	const atomic_uint *counts = soak->counts;

	printf("%s: %u messages and %u of them again in %.1f s: %u signed; %u "
	       "inbound went their way, %u were tagged, %u refused, %u "
	       "deferred; besides %u given up and %u cut off\n",
	    soak->name, soak->done, counts[SOAK_VERIFIED], (double)ms / 1000,
	    counts[SOAK_SIGNED], counts[SOAK_INBOUND], counts[SOAK_TAGGED],
	    counts[SOAK_REFUSED], counts[SOAK_DEFERRED], counts[SOAK_ABORTED],
	    counts[SOAK_VANISHED]);
	printf("%s: results: %u pass, %u fail, %u permerror, %u temperror; %u "
	       "messages with none; %u forged fields removed\n",
	    soak->name, counts[SOAK_PASS], counts[SOAK_FAIL],
	    counts[SOAK_PERMERROR], counts[SOAK_TEMPERROR], counts[SOAK_NONE],
	    counts[SOAK_FORGED]);
	printf("%s: %u reloads, besides %u of broken configurations, the "
	       "slowest in %lld ms; %u questions to the DNS, %u dropped; %u "
	       "connections over TCP\n",
	    soak->name, counts[SOAK_RELOADS], counts[SOAK_BROKEN],
	    (long long)soak->slowest_reload_ms, dns->asked, dns->dropped,
	    dns->tcp);
}

int
soak_meter_report(struct soak *soak, int64_t ms)
{
	struct dnsrelay_counters dns;

	dnsrelay_counters(soak->relay, &dns);
	report_counts(soak, &dns, ms);
	if (report_temperrors(soak, &dns) != 0)
		return (-1);
	if (report_latency(soak, "inbound", 0) != 0 ||
	    report_latency(soak, "outbound", 1) != 0)
		return (-1);
	if (soak->counts[SOAK_RELOADS] == 0 || soak->counts[SOAK_BROKEN] == 0)
		return (soak_fail(soak, "too few reloads"));
	if (report_memory(soak) != 0)
		return (-1);
	return (report_rest(soak));
}
