/* passlist.h: postgrey's white lists mean what they mean to postgrey. */
#include "passlist.h"

#include "support/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/files.h"

#define CLIENTS                                                                \
	"# a comment\n"                                                        \
	"\n"                                                                   \
	"example.org   # and what is below it\r\n"                             \
	"  Mail.Example.NET\n"                                                 \
	"192.0.2.7\n"                                                          \
	"198.51.100.9/25\n"                                                    \
	"203.0.113\n"                                                          \
	"10.1\n"                                                               \
	"2001:db8:1::/48\n"                                                    \
	"2001:db8:2::7\n"                                                      \
	"/^mx\\d+\\.example\\.com$/\n"                                         \
	"/^(?:a|b).*?\\.regex\\.example$/\n"                                   \
	"tld"

#define RECIPIENTS                                                             \
	"postmaster@\n"                                                        \
	"abuse@example.net\n"                                                  \
	"sales+eu@example.net\n"                                               \
	"Open.example\n"                                                       \
	"/^list-.*@/\n"                                                        \
	"x@y@z.example\n"

struct files {
	struct arena *arena;
	char *folder;
	char told[4096];
	const char *clients[2];
	const char *recipients[2];
};

static void
on_complaint(void *cookie, const char *text)
{
	struct files *files = cookie;
	size_t len = strlen(files->told);
	size_t folder = strlen(files->folder);

	/* Only the file's own name, without its folder. */
	if (strncmp(text, files->folder, folder) == 0)
		text = &text[folder + 1];
	(void)snprintf(
	    &files->told[len], sizeof(files->told) - len, "%s\n", text);
}

static const char *
put(struct files *files, const char *name, const char *text, size_t len)
{
	const char *path =
	    arena_printf(files->arena, "%s/%s", files->folder, name);

	assert_int_equal(files_write(path, span_new(text, len), 0600), 0);
	return (path);
}

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct files *files = arena_alloc(arena, sizeof(*files));

	files->arena = arena;
	files->folder = files_folder(arena, "passlist");
	assert_non_null(files->folder);
	*state = files;
	return (0);
}

static int
tear_down(void **state)
{
	struct files *files = *state;

	files_remove(files->folder);
	arena_free(files->arena);
	return (0);
}

static struct passlist *
load(struct files *files, const char *clients, const char *recipients)
{
	struct conf_list client_list = { files->clients, 1 };
	struct conf_list recipient_list = { files->recipients, 1 };

	files->told[0] = '\0';
	files->clients[0] =
	    put(files, "whitelist_clients", clients, strlen(clients));
	files->recipients[0] =
	    put(files, "whitelist_recipients", recipients, strlen(recipients));
	return (passlist_new(
	    &client_list, &recipient_list, files->arena, on_complaint, files));
}

static const char *
match(const struct passlist *list, const char *name, const char *address,
    const char *recipient)
{
	struct request request = { .state = REQUEST_STATE_RCPT };

	request.attributes[REQUEST_CLIENT_NAME] = span_str(name);
	request.attributes[REQUEST_CLIENT_ADDRESS] = span_str(address);
	request.attributes[REQUEST_RECIPIENT] = span_str(recipient);
	(void)network_address_parse(address, &request.client);
	return (passlist_match(list, &request));
}

static const struct {
	const char *name;
	const char *address;
	const char *recipient;
	const char *line; /* NULL: none */
} cases[] = {
	{ "unknown", "192.0.2.1", "ann@example.net", NULL },
	/* Names of clients. */
	{ "example.org", "192.0.2.1", "", "example.org" },
	{ "MX.Example.ORG", "192.0.2.1", "", "example.org" },
	{ "a.b.c.example.org", "192.0.2.1", "", "example.org" },
	{ "notexample.org", "192.0.2.1", "", NULL },
	{ "example.org.evil.example", "192.0.2.1", "", NULL },
	{ "mail.example.net", "192.0.2.1", "", "Mail.Example.NET" },
	{ "example.net", "192.0.2.1", "", NULL },
	{ "any.TLD", "192.0.2.1", "", "tld" },
	{ "mx12.example.com", "192.0.2.1", "", "/^mx\\d+\\.example\\.com$/" },
	{ "MX1.EXAMPLE.com", "192.0.2.1", "", "/^mx\\d+\\.example\\.com$/" },
	{ "mx.example.com", "192.0.2.1", "", NULL },
	{ "amx1.example.com", "192.0.2.1", "", NULL },
	{ "b7.regex.example", "192.0.2.1", "",
	    "/^(?:a|b).*?\\.regex\\.example$/" },
	/* Addresses. */
	{ "unknown", "192.0.2.7", "", "192.0.2.7" },
	{ "unknown", "::ffff:192.0.2.7", "", "192.0.2.7" },
	{ "unknown", "192.0.2.8", "", NULL },
	{ "unknown", "198.51.100.0", "", "198.51.100.9/25" },
	{ "unknown", "198.51.100.127", "", "198.51.100.9/25" },
	{ "unknown", "198.51.100.128", "", NULL },
	{ "unknown", "203.0.113.255", "", "203.0.113" },
	{ "unknown", "203.0.114.0", "", NULL },
	/* Postgrey says /16 and takes /24. */
	{ "unknown", "10.1.0.77", "", "10.1" },
	{ "unknown", "10.1.1.77", "", NULL },
	{ "unknown", "2001:db8:1:ffff::1", "", "2001:db8:1::/48" },
	{ "unknown", "2001:db8:2::7", "", "2001:db8:2::7" },
	{ "unknown", "2001:db8:2::8", "", NULL },
	{ "unknown", "", "", NULL },
	/* Recipients. */
	{ "unknown", "", "postmaster@anything.example", "postmaster@" },
	{ "unknown", "", "PostMaster@example.com", "postmaster@" },
	{ "unknown", "", "postmaster+x@example.com", "postmaster@" },
	{ "unknown", "", "postmaster+@example.com", NULL },
	{ "unknown", "", "postmaster", NULL },
	{ "unknown", "", "xpostmaster@example.com", NULL },
	{ "unknown", "", "postmaster-x@example.com", NULL },
	{ "unknown", "", "abuse@example.net", "abuse@example.net" },
	{ "unknown", "", "Abuse+a+b@example.NET", "abuse@example.net" },
	{ "unknown", "", "abuse@example.com", NULL },
	{ "unknown", "", "abuse@sub.example.net", NULL },
	{ "unknown", "", "sales+eu@example.net", "sales+eu@example.net" },
	{ "unknown", "", "sales+eu+x@example.net", "sales+eu@example.net" },
	{ "unknown", "", "sales@example.net", NULL },
	{ "unknown", "", "anybody@open.example", "Open.example" },
	{ "unknown", "", "anybody@sub.open.example", "Open.example" },
	{ "unknown", "", "anybody@notopen.example", NULL },
	{ "unknown", "", "open.example", NULL },
	{ "unknown", "", "x.open.example", "Open.example" },
	{ "unknown", "", "list-a@example.com", "/^list-.*@/" },
	{ "unknown", "", "x@y@z.example", "x@y@z.example" },
	{ "unknown", "", "\"postmaster@x\"@y.example", NULL },
	{ "unknown", "", "", NULL },
	{ "unknown", "", "@", NULL },
	{ "unknown", "", "@open.example", "Open.example" },
	{ "", "", ".", NULL },
};

static void
test_match(void **state)
{
	struct files *files = *state;
	struct passlist *list = load(files, CLIENTS, RECIPIENTS);

	assert_string_equal(files->told, "");
	assert_non_null(list);
	assert_int_equal(passlist_count(list), 17);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		const char *line = match(
		    list, cases[i].name, cases[i].address, cases[i].recipient);
		const char *wanted = cases[i].line;

		if ((line == NULL) != (wanted == NULL) ||
		    (line != NULL && strcmp(line, wanted) != 0))
			fail_msg("%zu: %s %s %s: %s", i, cases[i].name,
			    cases[i].address, cases[i].recipient,
			    line == NULL ? "none" : line);
	}
	passlist_free(list);
	passlist_free(NULL);
}

static void
test_long(void **state)
{
	struct files *files = *state;
	struct passlist *list = load(files, "/a/\nexample.org", "/a/\nb@\n");
	char *text = arena_alloc(files->arena, 9000);

	memset(text, '.', 8999);
	assert_null(match(list, text, "", text));
	memset(text, '+', 8999);
	assert_null(match(list, text, "", text));
	/* As long as may be, and all of it has to be looked at. */
	text[512] = '\0';
	text[511] = '@';
	assert_null(match(list, text, "", text));
	text[0] = 'b';
	assert_non_null(match(list, "", "", text));
	passlist_free(list);
}

static const struct {
	const char *clients;
	const char *recipients;
	const char *told; /* begins so */
} refused[] = {
	{ "a\nb c\n", "", "whitelist_clients:2: one entry" },
	{ "", "a b", "whitelist_recipients:1: one entry" },
	{ ".example.org", "", "whitelist_clients:1: a domain stands without" },
	{ "300.1.1.1", "", "whitelist_clients:1: this is no address" },
	{ "192.0.2.1/33", "",
	    "whitelist_clients:1: a number of bits up to 32" },
	{ "192.0.2.1/", "", "whitelist_clients:1: a number of bits" },
	{ "192.0.2.1/255.255.255.0", "", "whitelist_clients:1: a number of" },
	{ "192.0.2/24", "", "whitelist_clients:1: the whole address" },
	{ "010.0.0.1", "", "whitelist_clients:1: this is no address" },
	{ "192.0.2.1.5", "", "whitelist_clients:1: this is no address; a" },
	{ "10", "", "whitelist_clients:1: this is no address; a network" },
	{ "300.300.300", "", "whitelist_clients:1: this is no beginning" },
	{ "2001:db8::/129", "",
	    "whitelist_clients:1: a number of bits up to "
	    "128" },
	{ "a:b:c", "", "whitelist_clients:1: this is no address" },
	{ "mail*.example.org", "", "whitelist_clients:1: this is no name" },
	{ "/open", "", "whitelist_clients:1: this is no name" },
	{ "/(/", "", "whitelist_clients:1: this is no regular expression" },
	{ "/(?{1})/", "", "whitelist_clients:1: this is no regular" },
	{ "//", "", "whitelist_clients:1: this is no name" },
	{ "a\x01", "", "whitelist_clients:1: one entry" },
	{ "", "@example.org", "whitelist_recipients:1: nothing stands before" },
	{ "", "@", "whitelist_recipients:1: nothing stands before" },
	{ "", ".example.org", "whitelist_recipients:1: a domain stands" },
	{ "", "/[/", "whitelist_recipients:1: this is no regular" },
};

static void
test_refused(void **state)
{
	struct files *files = *state;

	for (size_t i = 0; i < UNIT_COUNT(refused); i++) {
		struct passlist *list =
		    load(files, refused[i].clients, refused[i].recipients);

		assert_null(list);
		if (strncmp(files->told, refused[i].told,
			strlen(refused[i].told)) != 0)
			fail_msg("%s: %s", refused[i].told, files->told);
	}
	/* All of them are told, not only the first. */
	assert_null(load(files, "a b\nc\n/(/\n", "@x"));
	assert_non_null(strstr(files->told, "whitelist_clients:1:"));
	assert_non_null(strstr(files->told, "whitelist_clients:3:"));
	assert_non_null(strstr(files->told, "whitelist_recipients:1:"));
}

static void
test_missing(void **state)
{
	struct files *files = *state;
	const char *names[] = {
		arena_printf(
		    files->arena, "%s/whitelist_clients.local", files->folder),
		arena_printf(files->arena, "%s/nothing", files->folder),
	};
	struct conf_list list = { names, 1 };
	struct conf_list none = { 0 };
	struct passlist *passlist;

	files->told[0] = '\0';
	passlist =
	    passlist_new(&list, &none, files->arena, on_complaint, files);
	assert_non_null(passlist);
	assert_int_equal(passlist_count(passlist), 0);
	assert_null(match(passlist, "example.org", "192.0.2.1", "a@b"));
	passlist_free(passlist);
	list.count = 2;
	assert_null(
	    passlist_new(&list, &none, files->arena, on_complaint, files));
	assert_string_equal(files->told, "nothing: there is no such file\n");
}

static void
test_many(void **state)
{
	struct files *files = *state;
	const size_t lines = PASSLIST_MAX_LINES + 10;
	char *text = arena_alloc(files->arena, lines * 7 + 1);

	for (size_t i = 0; i < lines; i++)
		(void)snprintf(&text[i * 7], 8, "%06zx\n", i);
	assert_null(load(files, text, ""));
	assert_non_null(strstr(files->told, ":100001: more than 100000"));
	assert_null(strstr(files->told, ":100002:"));
	text[PASSLIST_MAX_LINES * 7] = '\0';
	struct passlist *list = load(files, text, "");

	assert_non_null(list);
	assert_non_null(match(list, "00ffff", "", ""));
	passlist_free(list);
}

/* Debian's own files are read, where postgrey is installed. */
static void
test_debian(void **state)
{
	struct files *files = *state;
	const char *clients[] = { "/etc/postgrey/whitelist_clients",
		"/etc/postgrey/whitelist_clients.local" };
	const char *recipients[] = { "/etc/postgrey/whitelist_recipients",
		"/etc/postgrey/whitelist_recipients.local" };
	struct conf_list client_list = { clients, 2 };
	struct conf_list recipient_list = { recipients, 2 };
	struct passlist *list;

	if (access(clients[0], R_OK) != 0)
		skip();
	files->told[0] = '\0';
	list = passlist_new(
	    &client_list, &recipient_list, files->arena, on_complaint, files);
	assert_string_equal(files->told, "");
	assert_non_null(list);
	assert_true(passlist_count(list) > 150);
	assert_non_null(
	    match(list, "mail-wr1-f50.google.com", "209.85.221.50", ""));
	assert_non_null(match(list, "smtp4-g21.free.fr", "212.27.42.4", ""));
	assert_non_null(match(list, "unknown", "51.4.80.31", ""));
	assert_null(match(list, "unknown", "51.4.80.32", ""));
	assert_non_null(match(list, "unknown", "2a01:4180:4051:800::9", ""));
	assert_null(match(list, "dsl-1-2.example.org", "192.0.2.1", "a@b"));
	assert_non_null(match(list, "x", "192.0.2.1", "abuse@example.org"));
	passlist_free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_match, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_debian, set_up, tear_down),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
