#include "metrics/metrics_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "metrics/metrics.h"

#define MICROSECONDS 1000000

enum number {
	BUILD_INFO,
	START_TIME,
	CPU_SECONDS,
	RESIDENT_MEMORY,
	OPEN_FDS,
	MAX_FDS,
	FAMILIES,
};

struct metrics_process {
	const char *versions[2];
	struct metrics_family families[FAMILIES + 1];
	struct metrics *metrics;
};

static const struct metrics_family families[FAMILIES] = {
	[BUILD_INFO] = { .name = "mailreeve_build_info",
	    .help = "Always 1; the label is the version that runs.",
	    .type = METRICS_GAUGE },
	[START_TIME] = { .name = "process_start_time_seconds",
	    .help = "When the process began, in seconds since 1970.",
	    .type = METRICS_GAUGE,
	    .unit = METRICS_TIME },
	[CPU_SECONDS] = { .name = "process_cpu_seconds_total",
	    .help = "Processor time used, in user and system mode.",
	    .type = METRICS_COUNTER,
	    .unit = METRICS_TIME },
	[RESIDENT_MEMORY] = { .name = "process_resident_memory_bytes",
	    .help = "Memory in use.",
	    .type = METRICS_GAUGE },
	[OPEN_FDS] = { .name = "process_open_fds",
	    .help = "Open file descriptors.",
	    .type = METRICS_GAUGE },
	[MAX_FDS] = { .name = "process_max_fds",
	    .help = "File descriptors that may be open.",
	    .type = METRICS_GAUGE },
};

struct metrics_process *
metrics_process_new(int64_t started, const char *version)
{
	struct metrics_process *process = arena_impl_malloc(sizeof(*process));

	*process = (struct metrics_process){ .versions = { version, NULL } };
	memcpy(process->families, families, sizeof(families));
	process->families[BUILD_INFO].labels[0] =
	    (struct metrics_label){ "version", process->versions };
	process->metrics = metrics_new(process->families);
	metrics_set(process->metrics, METRICS_SERIES(BUILD_INFO, 0), 1);
	metrics_set(process->metrics, METRICS_SERIES(START_TIME, 0),
	    (uint64_t)started * MICROSECONDS);
	return (process);
}

void
metrics_process_free(struct metrics_process *process)
{
	if (process == NULL)
		return;
	metrics_free(process->metrics);
	free(process);
}

static uint64_t
cpu_time(void)
{
	struct timespec used = { 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return ((uint64_t)used.tv_sec * MICROSECONDS +
		(uint64_t)used.tv_nsec / 1000);
}

/* The second number in /proc/self/statm is in pages (proc(5)). */
static uint64_t
resident_memory(void)
{
	char text[256];
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	uint64_t pages = 0;
	struct span number;

	if (fd >= 0)
		(void)close(fd);
	if (len < 0)
		return (0);
	struct span rest = span_new(text, (size_t)len);

	(void)span_take_until(&rest, ' ', &number);
	(void)span_take_until(&rest, ' ', &number);
	if (!span_to_u64(number, 12, &pages))
		return (0);
	return (pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

static uint64_t
open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (folder == NULL)
		return (0);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		if (entry->d_name[0] != '.')
			count++;
	(void)closedir(folder);
	/* That of the folder itself is gone. */
	return (count - 1);
}

static uint64_t
most_files(void)
{
	struct rlimit files = { 0 };

	(void)getrlimit(RLIMIT_NOFILE, &files);
	return (files.rlim_cur);
}

void
metrics_process_print(struct metrics_process *process, struct buf *page)
{
	struct metrics *metrics = process->metrics;

	metrics_set(metrics, METRICS_SERIES(CPU_SECONDS, 0), cpu_time());
	metrics_set(
	    metrics, METRICS_SERIES(RESIDENT_MEMORY, 0), resident_memory());
	metrics_set(metrics, METRICS_SERIES(OPEN_FDS, 0), open_files());
	metrics_set(metrics, METRICS_SERIES(MAX_FDS, 0), most_files());
	metrics_print(metrics, page);
}
