#include "postfix_attach.h"

#include <string.h>

#include "base/buf.h"
#include "base/shell.h"
#include "base/span.h"
#include "daemon/postconf.h"

#define UNIX_PREFIX "unix:"
#define COMMAND_MAX_BYTES 65536

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

/* A host as it is compared: each of the loopback ones is "". */
static struct span
plain_host(struct span host)
{
	if (span_take_byte(&host, '['))
		host = span_head(host, span_find(host, ']'));
	if (span_is_nocase(host, "localhost") || span_is(host, "127.0.0.1") ||
	    span_is(host, "::1"))
		return (span_str(""));
	return (host);
}

static bool
take_prefix(struct span *text, const char *prefix)
{
	if (!span_starts(*text, prefix))
		return (false);
	span_skip(text, strlen(prefix));
	return (true);
}

/* A path as it is compared: /var/run is /run. */
static const char *
plain_path(struct span path, const char *folder, struct arena *arena)
{
	if (take_prefix(&path, "/var/run/"))
		return (arena_printf(arena, "/run/%s", arena_str(arena, path)));
	if (span_starts(path, "/"))
		return (arena_str(arena, path));
	return (arena_printf(arena, "%s/%s", folder, arena_str(arena, path)));
}

/* Whether ${item} of a list is ${opendkim}, as opendkim.conf(5) writes its
 * Socket. */
static bool
is_theirs(struct span item, const char *opendkim, const char *queue_directory,
    struct arena *arena)
{
	struct span theirs = span_str(opendkim);
	struct span port;

	if (take_prefix(&theirs, "inet:") || take_prefix(&theirs, "inet6:")) {
		const char *colon;

		if (!take_prefix(&item, "inet:"))
			return (false);
		(void)span_take_until(&theirs, '@', &port);
		const char *name = arena_str(arena, item);

		colon = strrchr(name, ':');
		return (
		    colon != NULL && span_is(port, colon + 1) &&
		    span_eq(plain_host(theirs),
			plain_host(span_new(name, (size_t)(colon - name)))));
	}
	if (!take_prefix(&theirs, "local:"))
		(void)take_prefix(&theirs, "unix:");
	if (theirs.len == 0 ||
	    (!take_prefix(&item, "unix:") && !take_prefix(&item, "local:")))
		return (false);
	return (strcmp(plain_path(item, queue_directory, arena),
		    plain_path(theirs, queue_directory, arena)) == 0);
}

/* Who is looked for in Postfix's lists. */
struct search {
	const char *queue_directory;
	const struct endpoint *endpoint;
	const char *name;      /* Postfix's, of ours */
	const char *localhost; /* the same with that host, or the same */
	const char *opendkim;  /* NULL: there is none */
	struct arena *arena;
};

static bool
is_opendkim(const struct search *search, struct span item)
{
	return (search->opendkim != NULL &&
		is_theirs(item, search->opendkim, search->queue_directory,
		    search->arena));
}

struct found {
	bool ours;
	bool theirs;
};

static struct found
look(const struct search *search, const char *list)
{
	struct found found = { false, false };
	struct span rest = span_str(list);

	while (rest.len > 0) {
		struct span item = span_take_while(&rest, is_within_item);

		found.ours |= is_ours(
		    item, search->name, search->endpoint, search->localhost);
		found.theirs |= is_opendkim(search, item);
		if (rest.len > 0)
			span_skip(&rest, 1);
	}
	return (found);
}

static bool
is_empty(const char *list)
{
	return (strspn(list, " \t,") == strlen(list));
}

/* ${list} with us in OpenDKIM's place. */
static void
add_replaced(struct buf *out, const struct search *search, const char *list)
{
	struct span rest = span_str(list);

	while (rest.len > 0) {
		struct span item = span_take_while(&rest, is_within_item);

		if (is_opendkim(search, item))
			item = span_str(search->name);
		buf_add(out, item);
		if (rest.len > 0) {
			buf_add(out, span_head(rest, 1));
			span_skip(&rest, 1);
		}
	}
}

/* Append the setting ${parameter} = ${list} with ${name} in it; false when
 * OpenDKIM's place there is not known. */
static bool
add_setting(struct buf *out, const struct search *search, const char *parameter,
    const char *list, const char *name)
{
	bool empty = is_empty(list);
	bool replaced = look(search, list).theirs;
	struct buf setting;

	buf_init(&setting, search->arena, COMMAND_MAX_BYTES);
	buf_printf(&setting, "%s = ", parameter);
	if (replaced)
		add_replaced(&setting, search, list);
	else
		buf_printf(&setting, "%s%s%s", empty ? "" : list,
		    empty ? "" : ", ", name);
	buf_printf(out, " %s", shell_word(search->arena, buf_str(&setting)));
	return (replaced || empty || search->opendkim == NULL);
}

static struct search
search_for(const struct postfix *postfix, const struct endpoint *endpoint,
    const char *opendkim, struct arena *arena)
{
	struct search search = { .queue_directory = postfix->queue_directory,
		.endpoint = endpoint,
		.opendkim = opendkim,
		.arena = arena };

	search.name =
	    postconf_endpoint(endpoint, postfix->queue_directory, arena);
	search.localhost = endpoint->path == NULL && endpoint->loopback
	                       ? arena_printf(arena, "inet:localhost%s",
				     strrchr(search.name, ':'))
	                       : search.name;
	return (search);
}

enum postfix_attach
postfix_attach_find(const struct postfix *postfix,
    const struct endpoint *endpoint, const char *opendkim, struct arena *arena,
    const char **command)
{
	const struct search search =
	    search_for(postfix, endpoint, opendkim, arena);
	const char *written = postfix->non_smtpd_milters.written;
	struct found smtpd = look(&search, postfix->smtpd_milters.means);
	struct found local = look(&search, postfix->non_smtpd_milters.means);
	bool known = true;
	struct buf out;

	*command = NULL;
	if ((smtpd.ours && smtpd.theirs) || (local.ours && local.theirs))
		return (POSTFIX_ATTACH_TWICE);
	/* What follows smtpd_milters will have us with it. */
	if (strstr(written, "$smtpd_milters") != NULL ||
	    strstr(written, "${smtpd_milters}") != NULL)
		local.ours = true;
	if (smtpd.ours && local.ours)
		return (POSTFIX_ATTACH_DONE);
	buf_init(&out, arena, COMMAND_MAX_BYTES);
	buf_add_str(&out, "postconf");
	if (!smtpd.ours)
		known &= add_setting(&out, &search, "smtpd_milters",
		    postfix->smtpd_milters.written, search.name);
	/* Mail that programs of this host hand over takes the same way. */
	if (!local.ours)
		known &=
		    add_setting(&out, &search, "non_smtpd_milters", written,
			is_empty(written) ? "$smtpd_milters" : search.name);
	buf_add_str(&out, " && postfix reload");
	if (!known || out.overflow)
		return (POSTFIX_ATTACH_BY_HAND);
	*command = buf_str(&out);
	return (POSTFIX_ATTACH_COMMAND);
}
