/*
 * What a line of postgrey's white lists means (postgrey 1.37,
 * read_clients_whitelists() and read_recipients_whitelists()).  Lines that
 * postgrey takes but that meet nobody ever are errors here: whoever wrote them
 * meant something.
 */
#include <string.h>

#include "passlist_impl.h"

/* Postgrey means a /24 by two numbers too, though it says a /16. */
#define SHORT_PREFIX 24

static struct span
lower(struct span text, struct arena *arena)
{
	unsigned char *bytes = arena_alloc(arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++)
		bytes[i] = span_lower(text.data[i]);
	return (span_new(bytes, text.len));
}

static void
add(struct hash *hash, struct span key, struct span line, struct arena *arena)
{
	struct passlist_entry *entry;

	if (hash_get(hash, key) != NULL)
		return;
	entry = arena_alloc(arena, sizeof(*entry));
	entry->node.key = key;
	entry->line = arena_str(arena, line);
	hash_add(hash, &entry->node);
}

static bool
is_expression(struct span line)
{
	return (line.len > 2 && span_at(line, 0) == '/' &&
		span_at(line, line.len - 1) == '/');
}

static const char *
add_expression(
    struct passlist_expressions *list, struct span line, struct arena *arena)
{
	struct span text = span_tail(span_head(line, line.len - 1), 1);
	const char *error;
	struct expression *expression = expression_new(text, arena, &error);

	if (expression == NULL)
		return (arena_printf(arena,
		    "this is no regular expression that can be taken, %s; "
		    "write it without what only Perl has",
		    error));
	list->items =
	    arena_room(arena, list->items, list->count, sizeof(*list->items));
	list->items[list->count++] =
	    (struct passlist_expression){ expression, arena_str(arena, line) };
	return (NULL);
}

static unsigned int
width(const struct network_address *address)
{
	return (address->family == AF_INET ? 32 : 128);
}

void
passlist_line_network(const struct network_address *address,
    unsigned int prefix, unsigned char key[PASSLIST_NETWORK_KEY])
{
	unsigned int whole = prefix / 8;

	memset(key, 0, PASSLIST_NETWORK_KEY);
	key[0] = address->family == AF_INET ? 4 : 6;
	key[1] = (unsigned char)prefix;
	memcpy(&key[2], address->bytes, whole);
	if (prefix % 8 != 0)
		key[2 + whole] = (unsigned char)(address->bytes[whole] &
						 (0xff00U >> prefix % 8));
}

static void
add_network(struct passlist *list, const struct network_address *address,
    unsigned int prefix, struct span line, struct arena *arena)
{
	unsigned char key[PASSLIST_NETWORK_KEY];

	passlist_line_network(address, prefix, key);
	if (address->family == AF_INET)
		list->ipv4[prefix] = true;
	else
		list->ipv6[prefix] = true;
	add(list->networks, arena_dup(arena, span_new(key, sizeof(key))), line,
	    arena);
}

/* An address, with the length of a prefix after it or not.  As to postgrey, it
 * may have bits set below that. */
static const char *
add_address(struct passlist *list, struct span line, struct arena *arena)
{
	struct network_address address;
	struct span bits = line;
	struct span text;
	uint64_t prefix;
	bool has_prefix = span_take_until(&bits, '/', &text);
	bool colons = span_find(text, ':') < text.len;

	if (network_address_parse_as(colons ? AF_INET6 : AF_INET,
		arena_str(arena, text), &address) != 0)
		return ("this is no address");
	prefix = width(&address);
	if (has_prefix &&
	    (!span_to_u64(bits, 3, &prefix) || prefix > width(&address)))
		return (arena_printf(arena,
		    "a number of bits up to %u should stand after the /",
		    width(&address)));
	add_network(list, &address, (unsigned int)prefix, line, arena);
	return (NULL);
}

/* How many numbers with dots between them ${line} is, 0 when it is something
 * else. */
static unsigned int
count_numbers(struct span line)
{
	unsigned int count = 0;
	struct span part;
	bool more;

	do {
		more = span_take_until(&line, '.', &part);
		if (part.len == 0 || part.len > 3)
			return (0);
		(void)span_take_while(&part, span_is_digit);
		if (part.len > 0)
			return (0);
		count++;
	} while (more && count < 5);
	return (count);
}

static bool
is_name_byte(unsigned char byte)
{
	return (span_is_alnum(byte) || byte == '-' || byte == '_' ||
		byte == '.' || span_is_8bit(byte));
}

/* NULL for the name of a host or domain, else why it meets nobody. */
static const char *
check_name(struct span name)
{
	struct span rest = name;

	if (name.len > EXPRESSION_MAX_SUBJECT)
		return ("no name is so long");
	if (span_peek(name) == '.')
		return ("a domain stands without a dot before it, and means "
			"what is below it too");
	(void)span_take_while(&rest, is_name_byte);
	if (rest.len > 0 || name.len == 0)
		return ("this is no name of a host or domain, no network and "
			"no /regular expression/");
	return (NULL);
}

static const char *
add_numbers(struct passlist *list, unsigned int count, struct span line,
    struct arena *arena)
{
	const char *rest = count == 2 ? ".0.0" : ".0";
	struct network_address address;

	if (network_address_parse_as(AF_INET,
		arena_printf(arena, "%s%s", arena_str(arena, line), rest),
		&address) != 0)
		return ("this is no beginning of an address");
	add_network(list, &address, SHORT_PREFIX, line, arena);
	return (NULL);
}

static const char *
check_line(struct span line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] <= ' ' || line.data[i] == 0x7f)
			return ("one entry stands in a line, without blanks");
	return (NULL);
}

const char *
passlist_line_client(
    struct passlist *list, struct span line, struct arena *arena)
{
	struct span rest = line;
	struct span before;
	const char *error = check_line(line);
	unsigned int numbers;

	if (error != NULL)
		return (error);
	if (is_expression(line))
		return (add_expression(&list->clients, line, arena));
	(void)span_take_until(&rest, '/', &before);
	numbers = count_numbers(before);
	if (numbers == 4 || span_find(before, ':') < before.len)
		return (add_address(list, line, arena));
	if (before.len < line.len && numbers > 0)
		return ("the whole address stands before the /, such as "
			"192.0.2.0/24");
	if (numbers == 2 || numbers == 3)
		return (add_numbers(list, numbers, line, arena));
	if (numbers > 0)
		return ("this is no address; a network is written as "
			"10.0.0.0/8");
	error = check_name(line);
	if (error == NULL)
		add(list->names, lower(line, arena), line, arena);
	return (error);
}

const char *
passlist_line_recipient(
    struct passlist *list, struct span line, struct arena *arena)
{
	const char *error = check_line(line);
	struct span domain = line;
	struct span user;

	if (error != NULL)
		return (error);
	if (is_expression(line))
		return (add_expression(&list->recipients, line, arena));
	if (line.len > EXPRESSION_MAX_SUBJECT)
		return ("no address is so long");
	if (!span_take_until(&domain, '@', &user)) {
		error = check_name(line);
		if (error == NULL)
			add(list->domains, lower(line, arena), line, arena);
		return (error);
	}
	if (user.len == 0)
		return ("nothing stands before the @; a domain is written "
			"without it");
	if (domain.len == 0)
		add(list->users, lower(user, arena), line, arena);
	else
		add(list->mailboxes, lower(line, arena), line, arena);
	return (NULL);
}
