/*
 * soak_main.c: many messages, reloads all along, a DNS server that loses a
 * tenth of the questions: every message gets its one right reply, and the
 * milter is as small at the end as at the start, whatever was reloaded.
 *
 *	soak MILTER MESSAGES MESSAGES-OF-A-SOAK [sanitized]
 *
 * MAILREEVE_SOAK in the environment chooses the second number.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "soak.h"

#define SKIPPED 77
/* The number of a message has eight digits; memory for what is known of it. */
#define MESSAGES_MAX 10000000
#define TICK_MS 100
#define RELOAD_MS 50
#define RELOAD_FULL_MS 3000
#define PROGRESS_MS 5000
#define SCRAPE_MS 500
#define LOG_SHOWN 8192

int
soak_fail(struct soak *soak, const char *format, ...)
{
	struct arena *arena = arena_new();
	va_list ap;

	soak->failed = true;
	va_start(ap, format);
	(void)fprintf(
	    stderr, "%s: %s\n", soak->name, arena_vprintf(arena, format, ap));
	va_end(ap);
	arena_free(arena);
	return (-1);
}

uint32_t
soak_random(uint32_t number, uint32_t salt, uint32_t bound)
{
	/* splitmix64's output function. */
	uint64_t x = ((uint64_t)salt << 32 | number) + 1;

	x *= UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return ((uint32_t)((x ^ x >> 31) >> 32) % bound);
}

void
soak_add(struct soak *soak, enum soak_count what, size_t count)
{
	atomic_fetch_add(&soak->counts[what], (unsigned int)count);
}

static void
show_progress(const struct soak *soak, int64_t ms)
{
	const struct soak_sample *last = &soak->samples[soak->sample_count - 1];

	printf("%s: %.0f s: %u of %u messages, %u reloads, %u temperrors, "
	       "%ld kB, %ld threads, %ld files\n",
	    soak->name, (double)ms / 1000, last->messages, soak->messages,
	    soak->counts[SOAK_RELOADS] + soak->counts[SOAK_BROKEN],
	    soak->counts[SOAK_TEMPERROR], last->rss, last->threads,
	    last->files);
	(void)fflush(stdout);
}

/* Reload, read the metrics and look while the senders run. */
static void
watch(struct soak *soak, int64_t start)
{
	int64_t pause = soak->full ? RELOAD_FULL_MS : RELOAD_MS;
	int64_t reload = start + pause;
	int64_t progress = start + PROGRESS_MS;
	int64_t scrape = start;

	while (soak->running > 0) {
		int64_t now = clock_monotonic_ms();

		soak_meter_sample(soak);
		if (now >= reload && !soak->failed) {
			reload = now + pause;
			soak_reload(soak);
		}
		if (now >= scrape) {
			scrape = now + SCRAPE_MS;
			soak_scrape(soak);
		}
		if (now >= progress) {
			progress = now + PROGRESS_MS;
			show_progress(soak, now - start);
		}
		(void)poll(NULL, 0, TICK_MS);
	}
}

/* Run the load to its end and report. */
static int
run_load(struct soak *soak)
{
	pthread_t threads[SOAK_SENDERS];
	int64_t start = clock_monotonic_ms();
	size_t count = 0;

	soak->running = SOAK_SENDERS;
	for (; count < SOAK_SENDERS; count++)
		if (pthread_create(&threads[count], NULL, soak_sender, soak) !=
		    0) {
			(void)soak_fail(soak, "no thread");
			soak->running -= SOAK_SENDERS - (unsigned)count;
			break;
		}
	watch(soak, start);
	while (count > 0)
		(void)pthread_join(threads[--count], NULL);
	if (soak->failed)
		return (-1);
	return (soak_meter_report(soak, clock_monotonic_ms() - start));
}

static void
show_log(struct soak *soak)
{
	struct span log = daemon_log(soak->daemon, soak->arena);

	(void)fprintf(stderr, "--- the end of the milter's log\n");
	if (log.len > LOG_SHOWN)
		log = span_tail(log, log.len - LOG_SHOWN);
	if (log.len > 0)
		(void)fwrite(log.data, 1, log.len, stderr);
}

/* Return 0 when every message was told of and nothing is left behind. */
static int
run(struct soak *soak)
{
	if (soak_world_new(soak) != 0)
		return (-1);
	if (daemon_start(soak->daemon) != 0)
		return (soak_fail(soak, "%s", daemon_error(soak->daemon)));
	if (soak_world_templates(soak) != 0)
		return (-1);
	soak->idle = soak_meter_idle(soak, NULL);
	if (run_load(soak) != 0)
		return (-1);
	if (soak->done != soak->messages)
		return (soak_fail(
		    soak, "%u of %u messages", soak->done, soak->messages));
	if (soak_leak_check(soak) != 0 || soak_scrape_check(soak) != 0)
		return (-1);
	if (daemon_stop(soak->daemon) != 0)
		return (soak_fail(soak, "%s", daemon_error(soak->daemon)));
	return (soak_log_check(soak));
}

static bool
read_number(const char *text, uint32_t *number)
{
	uint64_t value;

	if (!span_to_u64(span_str(text), 8, &value) || value == 0 ||
	    value > MESSAGES_MAX)
		return (false);
	*number = (uint32_t)value;
	return (true);
}

int
main(int argc, char **argv)
{
	struct soak soak = { .name = "soak" };
	int status;

	soak.full = getenv("MAILREEVE_SOAK") != NULL;
	soak.sanitized = argc > 4;
	if (argc < 4 || !read_number(argv[soak.full ? 3 : 2], &soak.messages)) {
		(void)fprintf(stderr, "usage: soak MILTER MESSAGES "
				      "MESSAGES-OF-A-SOAK [sanitized]\n");
		return (EX_USAGE);
	}
	if (!dnsserver_has(DNSSERVER_KNOT) && !dnsserver_has(DNSSERVER_NSD)) {
		printf("no DNS server is installed\n");
		return (SKIPPED);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	soak.arena = arena_new();
	soak.daemon = daemon_new(argv[1], "soak");
	soak_meter_new(&soak);
	if (soak.daemon == NULL)
		status = soak_fail(&soak, "%s", strerror(errno));
	else
		status = run(&soak);
	if (status != 0 && soak.daemon != NULL)
		show_log(&soak);
	daemon_free(soak.daemon);
	soak_world_free(&soak);
	arena_free(soak.arena);
	return (status == 0 ? 0 : 1);
}
