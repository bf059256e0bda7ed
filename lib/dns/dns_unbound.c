#include "dns/dns_unbound.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include "base/arena_impl.h"
#include "base/buf.h"
#include "base/list.h"
#include "dns/dns_anchor.h"
#include "dns/name.h"

#define CLASS_IN 1
#define RCODE_NOERROR 0

/* Each byte of a name as \DDD. */
#define ESCAPED_MAX ((size_t)NAME_MAX_BYTES * 4)

struct unbound {
	struct dns_backend base;
	const struct log *log;
	struct ub_ctx *context;
	bool validates;
	int stop; /* an eventfd that ends the dispatcher */
	bool has_thread;
	pthread_t dispatcher;
	pthread_mutex_t lock;  /* guards what follows */
	struct list questions; /* under way */
	bool broken;           /* libunbound's worker is lost */
};

struct question {
	struct list link;
	struct unbound *unbound;
	dns_done *done;
	void *cookie;
};

struct option {
	const char *name;
	const char *value;
};

/* A small client: our cache stands in front, so that libunbound's need not be
 * large, and its complaints about other people's servers are not our log. */
static const struct option common_options[] = {
	{ "use-syslog:", "no" },
	{ "verbosity:", "0" },
	{ "msg-cache-size:", "4m" },
	{ "rrset-cache-size:", "8m" },
	{ "key-cache-size:", "1m" },
	{ "neg-cache-size:", "256k" },
	{ "outgoing-range:", "256" },
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

/* A resolver of the site's own may stand on this host and know private names;
 * when it was down it is asked again soon. */
static const struct option forward_options[] = {
	{ "do-not-query-localhost:", "no" },
	{ "unblock-lan-zones:", "yes" },
	{ "insecure-lan-zones:", "yes" },
	{ "infra-host-ttl:", "60" },
	{ "infra-keep-probing:", "yes" },
	{ NULL, NULL },
};

static struct unbound *
unbound_of(struct dns_backend *backend)
{
	/* UNSAFE: base is the first member. */
	return ((struct unbound *)(void *)backend);
}

static void
answer_failed(struct question *question)
{
	const struct dns_answer answer = { .status = DNS_SERVFAIL };

	question->done(question->cookie, &answer);
	free(question);
}

/* Answer all that is under way with DNS_SERVFAIL. */
static void
fail_all(struct unbound *unbound)
{
	(void)pthread_mutex_lock(&unbound->lock);
	while (!list_is_empty(&unbound->questions)) {
		struct question *question =
		    LIST_VALUE(unbound->questions.next, struct question, link);

		list_take(&question->link);
		(void)pthread_mutex_unlock(&unbound->lock);
		answer_failed(question);
		(void)pthread_mutex_lock(&unbound->lock);
	}
	(void)pthread_mutex_unlock(&unbound->lock);
}

/* RFC 2308 5: the lesser of the SOA's TTL and its minimum; 0 without an SOA. */
static uint32_t
soa_ttl(const ldns_rr_list *authority)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(authority); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(authority, i);
		const ldns_rdf *least = ldns_rr_rdf(rr, 6);

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA || least == NULL)
			continue;
		uint32_t minimum = ldns_rdf2native_int32(least);

		return (minimum < ldns_rr_ttl(rr) ? minimum : ldns_rr_ttl(rr));
	}
	return (0);
}

static uint32_t
negative_ttl(const struct ub_result *result)
{
	ldns_pkt *packet = NULL;
	uint32_t ttl = 0;

	if (result->answer_packet == NULL || result->answer_len <= 0)
		return (0);
	if (ldns_wire2pkt(&packet, result->answer_packet,
		(size_t)result->answer_len) == LDNS_STATUS_OK)
		ttl = soa_ttl(ldns_pkt_authority(packet));
	ldns_pkt_free(packet);
	return (ttl);
}

/* RFC 4035 4.3; without a trust anchor nothing was validated. */
static enum dns_security
security_of(const struct unbound *unbound, const struct ub_result *result)
{
	if (!unbound->validates)
		return (DNS_INDETERMINATE);
	if (result->bogus)
		return (DNS_BOGUS);
	return (result->secure ? DNS_SECURE : DNS_INSECURE);
}

static enum dns_status
status_of(const struct ub_result *result)
{
	/* RFC 4035 5.5: data that failed validation is a server failure. */
	if (result->bogus)
		return (DNS_SERVFAIL);
	if (result->nxdomain)
		return (DNS_NXDOMAIN);
	if (result->rcode != RCODE_NOERROR)
		return (DNS_SERVFAIL);
	return (result->havedata ? DNS_OK : DNS_NODATA);
}

/* Let ${rdata}, with room for one more than DNS_MAX_RECORDS, show the records
 * of
 * ${result}; more than that are as bad as one too many. */
static size_t
list_records(const struct ub_result *result, struct span *rdata)
{
	size_t count = 0;

	while (count <= DNS_MAX_RECORDS && result->data[count] != NULL) {
		rdata[count] =
		    span_new(result->data[count], (size_t)result->len[count]);
		count++;
	}
	return (count);
}

static void
deliver(struct question *question, const struct ub_result *result)
{
	struct span rdata[DNS_MAX_RECORDS + 1];
	struct dns_answer answer = {
		.status = status_of(result),
		.security = security_of(question->unbound, result),
	};

	if (result->bogus)
		log_debug(question->unbound->log, "dns-bogus",
		    LOG_TEXT("name", result->qname),
		    LOG_NUMBER("type", result->qtype),
		    LOG_TEXT("reason", result->why_bogus));
	if (answer.status == DNS_OK) {
		answer.ttl = result->ttl > 0 ? (uint32_t)result->ttl : 0;
		answer.rdata = rdata;
		answer.count = list_records(result, rdata);
	} else if (answer.status != DNS_SERVFAIL) {
		answer.ttl = negative_ttl(result);
	}
	question->done(question->cookie, &answer);
}

/* libunbound's answer, in the dispatcher's thread. */
static void
take_result(void *cookie, int error, struct ub_result *result)
{
	struct question *question = cookie;
	struct unbound *unbound = question->unbound;

	(void)pthread_mutex_lock(&unbound->lock);
	list_take(&question->link);
	(void)pthread_mutex_unlock(&unbound->lock);
	if (error != 0 || result == NULL) {
		log_debug(unbound->log, "dns-failed",
		    LOG_TEXT("reason", ub_strerror(error)));
		answer_failed(question);
	} else {
		deliver(question, result);
		free(question);
	}
	ub_resolve_free(result);
}

/* The worker is lost: say so once, and from now on everything fails. */
static void
break_down(struct unbound *unbound, const char *reason)
{
	log_error(unbound->log, "dns-broken", LOG_TEXT("reason", reason));
	(void)pthread_mutex_lock(&unbound->lock);
	unbound->broken = true;
	(void)pthread_mutex_unlock(&unbound->lock);
	fail_all(unbound);
}

/* ub_wait() is of no use here: it returns when nothing at all is under way. */
static void *
dispatch(void *cookie)
{
	struct unbound *unbound = cookie;
	struct pollfd fds[] = {
		{ .fd = ub_fd(unbound->context), .events = POLLIN },
		{ .fd = unbound->stop, .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			break_down(unbound, strerror(errno));
			return (NULL);
		}
		if (fds[1].revents != 0)
			return (NULL);
		int error = fds[0].revents == 0 ? UB_NOERROR
		                                : ub_process(unbound->context);

		if (error != UB_NOERROR) {
			break_down(unbound, ub_strerror(error));
			return (NULL);
		}
	}
}

/* Write ${name} so that libunbound reads each byte as itself. */
static const char *
escape(char *escaped, const char *name)
{
	static const char digits[] = "0123456789";
	size_t len = 0;

	for (struct span rest = span_str(name); rest.len > 0;
	     span_skip(&rest, 1)) {
		unsigned char byte = rest.data[0];

		if (span_is_alnum(byte) || byte == '-' || byte == '_' ||
		    byte == '.') {
			escaped[len++] = (char)byte;
			continue;
		}
		escaped[len++] = '\\';
		escaped[len++] = digits[byte / 100];
		escaped[len++] = digits[byte / 10 % 10];
		escaped[len++] = digits[byte % 10];
	}
	escaped[len] = '\0';
	return (escaped);
}

/* Take ${question} back unless somebody has answered it. */
static bool
take_back(struct unbound *unbound, struct question *question)
{
	(void)pthread_mutex_lock(&unbound->lock);
	bool ours = !unbound->broken;

	if (ours)
		list_take(&question->link);
	(void)pthread_mutex_unlock(&unbound->lock);
	return (ours);
}

static void
start(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	struct unbound *unbound = unbound_of(backend);
	struct question *question = arena_impl_malloc(sizeof(*question));
	char escaped[ESCAPED_MAX + 1];

	*question = (struct question){
		.unbound = unbound, .done = done, .cookie = cookie
	};
	(void)pthread_mutex_lock(&unbound->lock);
	bool broken = unbound->broken;

	if (!broken)
		list_add_last(&unbound->questions, &question->link);
	(void)pthread_mutex_unlock(&unbound->lock);
	if (broken) {
		answer_failed(question);
		return;
	}
	int error = ub_resolve_async(unbound->context, escape(escaped, name),
	    (int)type, CLASS_IN, question, take_result, NULL);

	if (error != UB_NOERROR && take_back(unbound, question))
		answer_failed(question);
}

static void
free_unbound(struct dns_backend *backend)
{
	struct unbound *unbound = unbound_of(backend);

	if (unbound->has_thread) {
		(void)eventfd_write(unbound->stop, 1);
		(void)pthread_join(unbound->dispatcher, NULL);
	}
	/* Whatever is under way there ends without a word. */
	ub_ctx_delete(unbound->context);
	fail_all(unbound);
	if (unbound->stop >= 0)
		(void)close(unbound->stop);
	(void)pthread_mutex_destroy(&unbound->lock);
	free(unbound);
}

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

/* libunbound itself reads any PORT. */
bool
dns_unbound_is_resolver(const char *text)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	struct span rest = span_str(text);
	struct span address;
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "";
	uint64_t port = 0;

	if (span_take_until(&rest, '@', &address) &&
	    (!span_to_u64(rest, 5, &port) || port == 0 || port > UINT16_MAX))
		return (false);
	if (address.len == 0 || address.len >= sizeof(host))
		return (false);
	memcpy(host, address.data, address.len);
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return (false);
	freeaddrinfo(list);
	return (true);
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

	return (error == UB_NOERROR
		    ? NULL
		    : arena_printf(
			  arena, "/etc/resolv.conf: %s", ub_strerror(error)));
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
finalize(struct ub_ctx *context, bool forwards, struct arena *arena)
{
	static const char *const special[] = { "test.", "home.arpa." };
	int error = ub_ctx_zone_remove(context, "mailreeve.invalid.");

	for (size_t i = 0; forwards && error == UB_NOERROR &&
			   i < sizeof(special) / sizeof(special[0]);
	     i++)
		error = ub_ctx_zone_remove(context, special[i]);
	return (error == UB_NOERROR ? NULL
				    : arena_printf(arena, "libunbound: %s",
					  ub_strerror(error)));
}

static const char *
set_up(struct unbound *unbound, const struct dns_unbound_options *options,
    struct arena *arena)
{
	struct ub_ctx *context = unbound->context;
	bool forwards = options->resolver_count > 0 || options->system;

	(void)ub_ctx_debugout(context, NULL);
	const char *error = set_options(context, common_options, arena);

	if (error == NULL && forwards)
		error = set_options(context, forward_options, arena);
	if (error == NULL)
		error = set_resolvers(context, options, arena);
	if (error == NULL)
		error = set_trust_anchor(context, options->trust_anchor, arena);
	if (error == NULL && ub_ctx_async(context, true) != UB_NOERROR)
		error = "libunbound: no threads";
	if (error == NULL)
		error = finalize(context, forwards, arena);
	return (error);
}

/* The thread takes no signals: they are for those who wait for them. */
static const char *
start_dispatcher(struct unbound *unbound, struct arena *arena)
{
	sigset_t all, before;

	unbound->stop = eventfd(0, EFD_CLOEXEC);
	if (unbound->stop < 0)
		return (arena_printf(arena, "eventfd: %s", strerror(errno)));
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int error =
	    pthread_create(&unbound->dispatcher, NULL, dispatch, unbound);

	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		return (arena_printf(arena, "thread: %s", strerror(error)));
	unbound->has_thread = true;
	return (NULL);
}

struct dns_backend *
dns_unbound_new(const struct dns_unbound_options *options, struct arena *arena,
    const char **error)
{
	struct ub_ctx *context = ub_ctx_create();
	struct unbound *unbound;

	if (context == NULL) {
		*error = arena_printf(arena, "libunbound: %s", strerror(errno));
		return (NULL);
	}
	unbound = arena_impl_malloc(sizeof(*unbound));
	*unbound = (struct unbound){
		.base = { .start = start, .free = free_unbound },
		.log = options->log,
		.context = context,
		.validates = options->trust_anchor != NULL,
		.stop = -1,
	};
	(void)pthread_mutex_init(&unbound->lock, NULL);
	list_init(&unbound->questions);
	*error = set_up(unbound, options, arena);
	if (*error == NULL)
		*error = start_dispatcher(unbound, arena);
	if (*error != NULL) {
		free_unbound(&unbound->base);
		return (NULL);
	}
	return (&unbound->base);
}
