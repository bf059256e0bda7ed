/* Where Postfix connects: what is meant, and what is refused. */
#include "daemon/endpoint.h"

#include <string.h>

#include "support/unit.h"

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *text;
	const char *error; /* a part of it; NULL: none */
	const char *path;
	bool loopback;
} cases[] = {
	{ "unix:/run/m.sock", NULL, "/run/m.sock", true },
	{ "local:/run/m.sock", NULL, "/run/m.sock", true },
	{ "inet:8891@127.0.0.1", NULL, NULL, true },
	{ "inet:8891@127.255.0.9", NULL, NULL, true },
	{ "inet:8891@[127.0.0.1]", NULL, NULL, true },
	{ "inet:8891@localhost", NULL, NULL, true },
	{ "inet6:8891@::1", NULL, NULL, true },
	{ "inet6:8891@[::1]", NULL, NULL, true },
	{ "inet:8891@192.0.2.1", NULL, NULL, false },
	{ "inet:8891@0.0.0.0", NULL, NULL, false },
	{ "inet6:8891@::", NULL, NULL, false },
	{ "inet6:8891@2001:db8::1", NULL, NULL, false },
	{ "inet:65535@127.0.0.1", NULL, NULL, true },
	{ "", "unix:PATH", NULL, false },
	{ "foo", "unix:PATH", NULL, false },
	{ "/run/m.sock", "write unix:/run/m.sock", NULL, false },
	{ "tcp:8891@127.0.0.1", "unix:PATH", NULL, false },
	{ "unix:", "write the whole path", NULL, false },
	{ "unix:m.sock", "such as unix:/var/spool/postfix/m.sock", NULL,
	    false },
	{ "unix:/" HUNDRED TEN, "too long", NULL, false },
	{ "inet:127.0.0.1:8891", "write inet:8891@127.0.0.1", NULL, false },
	{ "inet6:[::1]:8891", "write inet6:8891@[::1]", NULL, false },
	{ "inet::8891", "a port", NULL, false },
	{ "inet:a:", "a port", NULL, false },
	{ "inet:8891", "write inet:8891@ADDRESS", NULL, false },
	{ "inet6:8891", "write inet6:8891@ADDRESS", NULL, false },
	{ "inet:8891@", "IPv4 address", NULL, false },
	{ "inet:8891@[127.0.0.1", "IPv4 address", NULL, false },
	{ "inet:8891@[", "IPv4 address", NULL, false },
	{ "inet:8891@::1", "IPv4 address", NULL, false },
	{ "inet:8891@mail.example.org", "IPv4 address", NULL, false },
	{ "inet6:8891@localhost", "IPv6 address", NULL, false },
	{ "inet6:8891@127.0.0.1", "IPv6 address", NULL, false },
	{ "inet:@127.0.0.1", "a port", NULL, false },
	{ "inet:0@127.0.0.1", "a port", NULL, false },
	{ "inet:65536@127.0.0.1", "a port", NULL, false },
	{ "inet:milter@127.0.0.1", "a port", NULL, false },
	{ "inet:", "a port", NULL, false },
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct arena *arena = arena_new();
		struct endpoint endpoint;
		const char *error =
		    endpoint_parse(cases[i].text, arena, &endpoint);

		if ((error == NULL) != (cases[i].error == NULL) ||
		    (error != NULL && strstr(error, cases[i].error) == NULL))
			fail_msg("%s: %s", cases[i].text,
			    error == NULL ? "no error" : error);
		if (error == NULL && endpoint.loopback != cases[i].loopback)
			fail_msg("%s: loopback", cases[i].text);
		if (error == NULL && cases[i].path == NULL)
			assert_null(endpoint.path);
		else if (error == NULL)
			assert_string_equal(endpoint.path, cases[i].path);
		arena_free(arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
