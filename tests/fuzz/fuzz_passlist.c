/* passlist.h: any file is read or refused with words; then any client and
 * recipient is looked up.  The text of whitelist_clients, NUL, that of
 * whitelist_recipients, NUL, and lines that are a client's name, its address
 * and a recipient. */
#include "passlist.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

static void
on_complaint(void *cookie, const char *text)
{
	unsigned int *told = cookie;

	FUZZ_CHECK(strncmp(text, "/proc/", 6) == 0);
	FUZZ_CHECK(strchr(text, '\n') == NULL);
	(*told)++;
}

/* Put ${text} into a file and return its name; it is closed with ${fd}. */
static const char *
put(struct span text, struct arena *arena, int *fd)
{
	*fd = memfd_create("passlist", MFD_CLOEXEC);
	FUZZ_CHECK(*fd >= 0);
	FUZZ_CHECK(write(*fd, text.data, text.len) == (ssize_t)text.len);
	return (arena_printf(arena, "/proc/self/fd/%d", *fd));
}

static struct passlist *
load(struct span clients, struct span recipients, struct arena *arena)
{
	unsigned int told = 0;
	int fds[2];
	const char *client_file = put(clients, arena, &fds[0]);
	const char *recipient_file = put(recipients, arena, &fds[1]);
	struct conf_list client_list = { &client_file, 1 };
	struct conf_list recipient_list = { &recipient_file, 1 };
	struct passlist *list = passlist_new(
	    &client_list, &recipient_list, arena, on_complaint, &told);

	FUZZ_CHECK((list == NULL) == (told > 0));
	(void)close(fds[0]);
	(void)close(fds[1]);
	return (list);
}

static void
look_up(const struct passlist *list, struct span *rest, struct arena *arena)
{
	struct request request = { .state = REQUEST_STATE_RCPT };
	struct span address;
	const char *line;

	(void)span_take_until(
	    rest, '\n', &request.attributes[REQUEST_CLIENT_NAME]);
	(void)span_take_until(rest, '\n', &address);
	(void)span_take_until(
	    rest, '\n', &request.attributes[REQUEST_RECIPIENT]);
	(void)network_address_parse(arena_str(arena, address), &request.client);
	line = passlist_match(list, &request);
	FUZZ_CHECK(line == NULL || line[0] != '\0');
	FUZZ_CHECK(line == NULL || passlist_count(list) > 0);
	/* It is read only. */
	FUZZ_CHECK(line == passlist_match(list, &request));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span rest = span_new(data, size);
	struct span clients;
	struct span recipients;
	struct passlist *list;

	(void)span_take_until(&rest, '\0', &clients);
	(void)span_take_until(&rest, '\0', &recipients);
	list = load(clients, recipients, arena);
	for (int i = 0; list != NULL && i < 20 && rest.len > 0; i++)
		look_up(list, &rest, arena);
	passlist_free(list);
	arena_free(arena);
	return (0);
}
