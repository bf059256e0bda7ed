#include "dns/dns_context.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "dns/dns_anchor.h"

struct option {
	const char *name;
	const char *value;
};

/* A small client: our cache stands in front, so that libunbound's need not be
 * large, and its complaints about other people's servers are not our log.  A
 * question to a silent server keeps a socket for longer than we have patience;
 * with few sockets the questions after it would wait for one. */
static const struct option common_options[] = {
	{ "use-syslog:", "no" },
	{ "verbosity:", "0" },
	{ "msg-cache-size:", "4m" },
	{ "rrset-cache-size:", "8m" },
	{ "key-cache-size:", "1m" },
	{ "neg-cache-size:", "256k" },
	{ "outgoing-range:", "4096" },
	{ "outgoing-num-tcp:", "16" },
	{ "target-fetch-policy:", "0 0 0 0 0" },
	{ "rrset-roundrobin:", "no" },
	{ "harden-glue:", "yes" },
	{ "harden-dnssec-stripped:", "yes" },
	{ "harden-below-nxdomain:", "yes" },
	{ "harden-short-bufsize:", "yes" },
	{ "harden-large-queries:", "yes" },
	{ "qname-minimisation:", "yes" },
	{ NULL, NULL },
};

/* A resolver or a root of the site's own may stand on this host and know
 * private names; when it was down it is asked again soon. */
static const struct option private_options[] = {
	{ "do-not-query-localhost:", "no" },
	{ "unblock-lan-zones:", "yes" },
	{ "insecure-lan-zones:", "yes" },
	{ "infra-host-ttl:", "60" },
	{ "infra-keep-probing:", "yes" },
	{ NULL, NULL },
};

static const char *
set_options(
    struct ub_ctx *context, const struct option *options, struct arena *arena)
{
	for (; options->name != NULL; options++) {
		int error =
		    ub_ctx_set_option(context, options->name, options->value);

		if (error != UB_NOERROR)
			return (arena_printf(arena, "libunbound: %s %s: %s",
			    options->name, options->value, ub_strerror(error)));
	}
	return (NULL);
}

static const char *
set_resolvers(struct ub_ctx *context, const struct dns_unbound_options *options,
    struct arena *arena)
{
	for (size_t i = 0; i < options->resolver_count; i++)
		if (!dns_unbound_is_resolver(options->resolvers[i]) ||
		    ub_ctx_set_fwd(context, options->resolvers[i]) !=
			UB_NOERROR)
			return (arena_printf(arena,
			    "resolver %s: not an address, or address@port",
			    options->resolvers[i]));
	if (options->resolver_count > 0 || !options->system)
		return (NULL);
	int error = ub_ctx_resolvconf(context, NULL);

	return (
	    error == UB_NOERROR
		? NULL
		: arena_printf(arena,
		      "/etc/resolv.conf: %s; write the address of a "
		      "resolver into it, as in \"nameserver 192.0.2.53\", or "
		      "into `resolvers'",
		      ub_strerror(error)));
}

/* libunbound looks at the file only when it asks; we say at once. */
static const char *
set_root_hints(struct ub_ctx *context, const char *path, struct arena *arena)
{
	const struct option hints[] = { { "root-hints:", path },
		{ NULL, NULL } };

	if (path == NULL)
		return (NULL);
	if (access(path, R_OK) != 0)
		return (arena_printf(arena, "%s: %s", path, strerror(errno)));
	return (set_options(context, hints, arena));
}

static const char *
add_anchor(void *cookie, const char *text)
{
	int error = ub_ctx_add_ta(cookie, text);

	return (error == UB_NOERROR ? NULL : ub_strerror(error));
}

/* Without a trust anchor there is nothing to validate. */
static const char *
set_trust_anchor(struct ub_ctx *context, const char *path, struct arena *arena)
{
	static const struct option no_validator[] = {
		{ "module-config:", "iterator" },
		{ NULL, NULL },
	};
	const char *error = NULL;

	if (path == NULL)
		return (set_options(context, no_validator, arena));
	(void)dns_anchor_read(path, add_anchor, context, arena, &error);
	return (error);
}

/* libunbound answers for names of special use (RFC 6761) itself; a resolver of
 * the site's own knows better.  The context cannot change after this; where it
 * does not forward, removing a zone that is not there does no more than make
 * libunbound look at its options now. */
static const char *
finalize(struct ub_ctx *context, bool private, struct arena *arena)
{
	static const char *const special[] = { "test.", "home.arpa." };
	int error = ub_ctx_zone_remove(context, "mailreeve.invalid.");

	for (size_t i = 0; private && error == UB_NOERROR &&
			   i < sizeof(special) / sizeof(special[0]);
	     i++)
		error = ub_ctx_zone_remove(context, special[i]);
	return (error == UB_NOERROR ? NULL
				    : arena_printf(arena, "libunbound: %s",
					  ub_strerror(error)));
}

static const char *
set_up(struct ub_ctx *context, const struct dns_unbound_options *options,
    struct arena *arena)
{
	bool forwards = options->resolver_count > 0 || options->system;
	bool private = forwards || options->root_hints != NULL;

	(void)ub_ctx_debugout(context, NULL);
	const char *error = set_options(context, common_options, arena);

	if (error == NULL && private)
		error = set_options(context, private_options, arena);
	if (error == NULL)
		error = set_root_hints(context, options->root_hints, arena);
	if (error == NULL)
		error = set_resolvers(context, options, arena);
	if (error == NULL)
		error = set_trust_anchor(context, options->trust_anchor, arena);
	if (error == NULL && ub_ctx_async(context, true) != UB_NOERROR)
		error = "libunbound: no threads";
	if (error == NULL)
		error = finalize(context, private, arena);
	return (error);
}

struct ub_ctx *
dns_context_new(const struct dns_unbound_options *options, struct arena *arena,
    const char **error)
{
	struct ub_ctx *context = ub_ctx_create();

	if (context == NULL) {
		*error = arena_printf(arena, "libunbound: %s", strerror(errno));
		return (NULL);
	}
	*error = set_up(context, options, arena);
	if (*error == NULL)
		return (context);
	ub_ctx_delete(context);
	return (NULL);
}
