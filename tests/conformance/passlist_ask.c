/*
 * passlist_ask CLIENTS RECIPIENTS: for each line of the standard input, a
 * client's name, its address and a recipient with tabs between them, print the
 * line of postgrey's white lists that it meets, or nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passlist.h"

static void
on_complaint(void *cookie, const char *text)
{
	(void)cookie;
	(void)fprintf(stderr, "%s\n", text);
}

static void
ask(const struct passlist *list, struct span line)
{
	struct request request = { .state = REQUEST_STATE_RCPT };
	struct arena *arena = arena_new();
	struct span address;
	const char *met;

	(void)span_take_until(
	    &line, '\t', &request.attributes[REQUEST_CLIENT_NAME]);
	(void)span_take_until(&line, '\t', &address);
	request.attributes[REQUEST_RECIPIENT] = line;
	(void)network_address_parse(arena_str(arena, address), &request.client);
	met = passlist_match(list, &request);
	(void)puts(met == NULL ? "" : met);
	arena_free(arena);
}

int
main(int argc, char **argv)
{
	const char *clients = argc == 3 ? argv[1] : "";
	const char *recipients = argc == 3 ? argv[2] : "";
	struct conf_list client_files = { &clients, 1 };
	struct conf_list recipient_files = { &recipients, 1 };
	struct arena *arena = arena_new();
	struct passlist *list = passlist_new(
	    &client_files, &recipient_files, arena, on_complaint, NULL);
	char line[2000];

	if (list == NULL)
		return (EXIT_FAILURE);
	while (fgets(line, sizeof(line), stdin) != NULL)
		ask(list, span_head(span_str(line), strcspn(line, "\n")));
	passlist_free(list);
	arena_free(arena);
	return (EXIT_SUCCESS);
}
