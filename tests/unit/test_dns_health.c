/* When the operator hears that the DNS is dead. */
#include "dns/dns_health.h"

#include <string.h>

#include "support/unit.h"

static void
count_warning(void *cookie, enum log_level level, const char *line)
{
	if (level == LOG_LEVEL_WARNING && strstr(line, "dns_trouble") != NULL)
		++*(int *)cookie;
}

static const struct {
	int failures; /* in a row */
	bool answer;  /* then one */
	int64_t pass; /* then milliseconds */
	int warnings; /* by now */
} steps[] = {
	{ DNS_HEALTH_FAILURES - 1, true, 0, 0 },
	{ DNS_HEALTH_FAILURES - 1, false, 0, 0 },
	{ 1, false, 0, 1 },
	{ 100, false, DNS_HEALTH_AGAIN_MS, 1 },
	{ 1, false, 0, 2 },
	{ 0, true, 0, 2 },
	{ DNS_HEALTH_FAILURES - 1, false, 0, 2 },
	{ 1, false, 0, 3 },
};

static void
test_note(void **state)
{
	struct log *log = log_new("test");
	struct dns_health health = { 0 };
	int64_t now = 1000;
	int warnings = 0;

	(void)state;
	log_set_writer(log, count_warning, &warnings);
	for (size_t i = 0; i < UNIT_COUNT(steps); i++) {
		for (int n = 0; n < steps[i].failures; n++)
			dns_health_note(&health, true, now, log);
		if (steps[i].answer)
			dns_health_note(&health, false, now, log);
		now += steps[i].pass;
		assert_int_equal(warnings, steps[i].warnings);
	}
	log_free(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_note) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
