/* metrics_process.h: what the process says of itself is so. */
#include "support/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metrics/metrics.h"
#include "metrics/metrics_process.h"
#include "support/exposition.h"

#define STARTED 1795000000
#define MUCH ((size_t)64 * 1024 * 1024)

static double
value(struct metrics_process *process, const char *series)
{
	struct arena *arena = arena_new();
	const char *error = NULL;
	double found = -1;
	struct buf page;

	buf_init(&page, arena, METRICS_MAX_BYTES);
	metrics_process_print(process, &page);
	struct exposition *read =
	    exposition_parse(arena, buf_span(&page), &error);

	if (read == NULL)
		fail_msg("%s", error);
	if (!exposition_find(read, series, &found))
		fail_msg("%s is not there", series);
	arena_free(arena);
	return (found);
}

static void
test_process(void **state)
{
	struct metrics_process *process = metrics_process_new(STARTED, "1.2.3");
	struct rlimit files;

	(void)state;
	assert_true(
	    value(process, "mailreeve_build_info{version=\"1.2.3\"}") == 1);
	assert_true(value(process, "process_start_time_seconds") == STARTED);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	assert_true(
	    value(process, "process_max_fds") == (double)files.rlim_cur);

	double open_before = value(process, "process_open_fds");
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(open_before >= 1);
	assert_true(value(process, "process_open_fds") == open_before + 1);
	(void)close(fd);
	assert_true(value(process, "process_open_fds") == open_before);

	double memory = value(process, "process_resident_memory_bytes");
	double cpu = value(process, "process_cpu_seconds_total");
	unsigned char *bytes = malloc(MUCH);

	assert_non_null(bytes);
	for (size_t i = 0; i < MUCH; i++)
		((volatile unsigned char *)bytes)[i] = (unsigned char)i;
	assert_true(value(process, "process_resident_memory_bytes") >
		    memory + (double)MUCH / 2);
	assert_true(value(process, "process_cpu_seconds_total") > cpu);
	free(bytes);
	metrics_process_free(process);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
