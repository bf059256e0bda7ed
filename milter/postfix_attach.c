#include "postfix_attach.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "base/span.h"

#define UNIX_PREFIX "unix:"
#define COMMAND_MAX_BYTES 65536

/* The part of ${path} that follows the folder ${folder}, or NULL. */
static const char *
below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	if (len == 0 || strncmp(path, folder, len) != 0 || path[len] != '/')
		return (NULL);
	return (&path[len + 1]);
}

static const char *
tcp_name(const struct endpoint *endpoint, struct arena *arena)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;

	if (endpoint->address.ss_family == AF_INET) {
		memcpy(&inet, &endpoint->address, sizeof(inet));
		(void)inet_ntop(AF_INET, &inet.sin_addr, text, sizeof(text));
		return (arena_printf(arena, "inet:%s:%u", text,
		    (unsigned int)ntohs(inet.sin_port)));
	}
	memcpy(&inet6, &endpoint->address, sizeof(inet6));
	(void)inet_ntop(AF_INET6, &inet6.sin6_addr, text, sizeof(text));
	return (arena_printf(
	    arena, "inet:[%s]:%u", text, (unsigned int)ntohs(inet6.sin6_port)));
}

const char *
postfix_attach_name(const struct endpoint *endpoint,
    const char *queue_directory, struct arena *arena)
{
	if (endpoint->path == NULL)
		return (tcp_name(endpoint, arena));
	const char *rest = below(endpoint->path, queue_directory);

	return (arena_printf(
	    arena, UNIX_PREFIX "%s", rest != NULL ? rest : endpoint->path));
}

/* milter(5) of Postfix: the list's commas, blanks, and braces around a milter
 * with options. */
static bool
is_within_item(unsigned char byte)
{
	return (
	    byte != ',' && byte != '{' && byte != '}' && !span_is_space(byte));
}

/* Whether ${item} of a list of milters is ours, which Postfix calls ${name}. */
static bool
is_ours(struct span item, const char *name, const struct endpoint *endpoint,
    const char *localhost)
{
	if (span_is(item, name) || span_is(item, localhost))
		return (true);
	if (endpoint->path == NULL || !span_starts(item, UNIX_PREFIX))
		return (false);
	span_skip(&item, strlen(UNIX_PREFIX));
	return (span_is(item, endpoint->path));
}

static bool
names_us(const char *list, const struct postfix *postfix,
    const struct endpoint *endpoint, struct arena *arena)
{
	const char *name =
	    postfix_attach_name(endpoint, postfix->queue_directory, arena);
	const char *port = strrchr(name, ':');
	const char *localhost =
	    endpoint->path == NULL && endpoint->loopback
		? arena_printf(arena, "inet:localhost%s", port)
		: name;
	struct span rest = span_str(list);

	while (rest.len > 0) {
		struct span item = span_take_while(&rest, is_within_item);

		if (is_ours(item, name, endpoint, localhost))
			return (true);
		span_skip(&rest, 1);
	}
	return (false);
}

/* Append ${parameter} = ${list} and, after a comma, ${name} in quotes. */
static void
add_setting(
    struct buf *out, const char *parameter, const char *list, const char *name)
{
	bool empty = strspn(list, " \t,") == strlen(list);
	const char *setting = arena_printf(out->arena, "%s = %s%s%s", parameter,
	    empty ? "" : list, empty ? "" : ", ", name);

	buf_printf(out, " %s", shell_word(out->arena, setting));
}

const char *
postfix_attach_command(const struct postfix *postfix,
    const struct endpoint *endpoint, struct arena *arena)
{
	const char *name =
	    postfix_attach_name(endpoint, postfix->queue_directory, arena);
	bool smtpd =
	    names_us(postfix->smtpd_milters.means, postfix, endpoint, arena);
	bool local = names_us(
	    postfix->non_smtpd_milters.means, postfix, endpoint, arena);
	const char *written = postfix->non_smtpd_milters.written;
	struct buf out;

	/* What follows smtpd_milters will have us with it. */
	if (strstr(written, "$smtpd_milters") != NULL ||
	    strstr(written, "${smtpd_milters}") != NULL)
		local = true;
	if (smtpd && local)
		return (NULL);
	buf_init(&out, arena, COMMAND_MAX_BYTES);
	buf_add_str(&out, "postconf");
	if (!smtpd)
		add_setting(&out, "smtpd_milters",
		    postfix->smtpd_milters.written, name);
	/* Mail that programs of this host hand over takes the same way. */
	if (!local)
		add_setting(&out, "non_smtpd_milters", written,
		    written[0] == '\0' ? "$smtpd_milters" : name);
	buf_add_str(&out, " && postfix reload");
	return (out.overflow ? NULL : buf_str(&out));
}
