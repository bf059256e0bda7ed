#include "passlist.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "conf/text.h"
#include "passlist_impl.h"

/* Postgrey reads files of this name if they are there. */
#define OPTIONAL ".local"

typedef const char *add_line(
    struct passlist *list, struct span line, struct arena *arena);

struct reading {
	struct passlist *list;
	struct arena *arena;
	conf_complain *complain;
	void *cookie;
	add_line *add;
	bool failed;
};

static void
tell(struct reading *reading, const char *path, int line, const char *why)
{
	const char *where =
	    line == 0 ? path
		      : arena_printf(reading->arena, "%s:%d", path, line);

	reading->failed = true;
	reading->complain(reading->cookie,
	    arena_printf(reading->arena, "%s: %s", where, why));
}

static void
read_line(
    struct reading *reading, const char *path, int number, struct span line)
{
	struct passlist *list = reading->list;
	struct span entry;
	const char *why;

	(void)span_take_until(&line, '#', &entry);
	entry = span_trim(entry, span_is_space);
	if (entry.len == 0)
		return;
	if (list->count >= PASSLIST_MAX_LINES) {
		if (list->count++ == PASSLIST_MAX_LINES)
			tell(reading, path, number,
			    arena_printf(reading->arena,
				"more than %zu entries", PASSLIST_MAX_LINES));
		return;
	}
	list->count++;
	why = reading->add(list, entry, reading->arena);
	if (why != NULL)
		tell(reading, path, number, why);
}

static void
read_file(struct reading *reading, const char *path)
{
	struct text_error error;
	struct span text;
	struct span line;
	int number = 0;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		if (!span_ends_nocase(span_str(path), span_str(OPTIONAL)))
			tell(reading, path, 0, "there is no such file");
		return;
	}
	if (text_read(reading->arena, path, &text, &error) != 0) {
		tell(reading, path, 0, error.text);
		return;
	}
	while (span_take_line(&text, &line))
		read_line(reading, path, ++number, line);
}

static void
read_files(
    struct reading *reading, const struct conf_list *files, add_line *add)
{
	reading->add = add;
	for (size_t i = 0; i < files->count; i++)
		read_file(reading, files->items[i]);
}

struct passlist *
passlist_new(const struct conf_list *client_files,
    const struct conf_list *recipient_files, struct arena *arena,
    conf_complain *complain, void *cookie)
{
	struct passlist *list = arena_alloc(arena, sizeof(*list));
	struct reading reading = { .list = list,
		.arena = arena,
		.complain = complain,
		.cookie = cookie };

	list->names = hash_new();
	list->networks = hash_new();
	list->domains = hash_new();
	list->mailboxes = hash_new();
	list->users = hash_new();
	read_files(&reading, client_files, passlist_line_client);
	read_files(&reading, recipient_files, passlist_line_recipient);
	if (!reading.failed)
		return (list);
	passlist_free(list);
	return (NULL);
}

static void
free_expressions(struct passlist_expressions *list)
{
	for (size_t i = 0; i < list->count; i++)
		expression_free(list->items[i].expression);
}

void
passlist_free(struct passlist *list)
{
	if (list == NULL)
		return;
	hash_free(list->names);
	hash_free(list->networks);
	hash_free(list->domains);
	hash_free(list->mailboxes);
	hash_free(list->users);
	free_expressions(&list->clients);
	free_expressions(&list->recipients);
}

static const char *
find(const struct hash *hash, struct span key)
{
	struct hash_node *node = hash_get(hash, key);

	return (node == NULL
		    ? NULL
		    : LIST_VALUE(node, struct passlist_entry, node)->line);
}

static const char *
find_expression(const struct passlist_expressions *list, struct span subject)
{
	struct expression_match *match;
	const char *line = NULL;

	if (list->count == 0)
		return (NULL);
	match = expression_match_new();
	for (size_t i = 0; i < list->count && line == NULL; i++)
		if (expression_meets(list->items[i].expression, match, subject))
			line = list->items[i].line;
	expression_match_free(match);
	return (line);
}

/* The first of ${name} and its parts after a dot that is in ${hash}. */
static const char *
find_domain(const struct hash *hash, struct span name)
{
	const char *line;
	struct span label;

	do {
		line = find(hash, name);
		if (line != NULL)
			return (line);
	} while (span_take_until(&name, '.', &label));
	return (NULL);
}

static const char *
find_network(const struct passlist *list, const struct network_address *address)
{
	const bool *prefixes =
	    address->family == AF_INET ? list->ipv4 : list->ipv6;
	unsigned char key[PASSLIST_NETWORK_KEY];
	const char *line;

	if (address->family == AF_UNSPEC)
		return (NULL);
	for (unsigned int prefix = PASSLIST_PREFIXES; prefix-- > 0;) {
		if (!prefixes[prefix])
			continue;
		passlist_line_network(address, prefix, key);
		line = find(list->networks, span_new(key, sizeof(key)));
		if (line != NULL)
			return (line);
	}
	return (NULL);
}

/* Postgrey's user+EXTENSION@: the user with each of the extensions that he may
 * have been given, which is a + and something. */
static const char *
find_user(const struct passlist *list, struct span address, size_t at)
{
	unsigned char room[EXPRESSION_MAX_SUBJECT];
	struct span domain = span_tail(address, at);
	const char *line;

	for (size_t end = at; end > 0; end--) {
		struct span user = span_head(address, end);

		if (end < at && (address.data[end] != '+' || end + 1 == at))
			continue;
		line = find(list->users, user);
		if (line != NULL)
			return (line);
		memcpy(room, user.data, user.len);
		memcpy(&room[user.len], domain.data, domain.len);
		line = find(
		    list->mailboxes, span_new(room, user.len + domain.len));
		if (line != NULL)
			return (line);
	}
	return (NULL);
}

/* Domains of a recipient stand after an @ or a dot. */
static const char *
find_recipient(const struct passlist *list, struct span address)
{
	size_t at = span_find(address, '@');
	struct span domain = address;
	struct span before;
	const char *line;

	if (at < address.len) {
		line = find_user(list, address, at);
		if (line != NULL)
			return (line);
		while (span_take_until(&domain, '@', &before))
			address = domain;
	} else if (!span_take_until(&address, '.', &before)) {
		return (NULL);
	}
	return (find_domain(list->domains, address));
}

static struct span
lower(unsigned char room[EXPRESSION_MAX_SUBJECT], struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		room[i] = span_lower(text.data[i]);
	return (span_new(room, text.len));
}

const char *
passlist_match(const struct passlist *list, const struct request *request)
{
	struct span name = request->attributes[REQUEST_CLIENT_NAME];
	struct span recipient = request->attributes[REQUEST_RECIPIENT];
	unsigned char room[EXPRESSION_MAX_SUBJECT];
	const char *line = NULL;

	if (name.len <= sizeof(room)) {
		line = find_domain(list->names, lower(room, name));
		if (line == NULL)
			line = find_expression(&list->clients, name);
	}
	if (line == NULL)
		line = find_network(list, &request->client);
	if (line == NULL && recipient.len <= sizeof(room)) {
		line = find_recipient(list, lower(room, recipient));
		if (line == NULL)
			line = find_expression(&list->recipients, recipient);
	}
	return (line);
}

size_t
passlist_count(const struct passlist *list)
{
	return (list->count);
}
