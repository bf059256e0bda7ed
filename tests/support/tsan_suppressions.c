/*
 * tsan_suppressions.c: races of others that ThreadSanitizer shall not report;
 * linked into the milter of the preset tsan only.
 */

const char *__tsan_default_suppressions(void);

/* libmilter makes a lock in the thread that runs it, and the C library's exit
 * handlers look at it without knowing of that thread. */
const char *
__tsan_default_suppressions(void)
{
	return ("race:mi_control_startup\n");
}
