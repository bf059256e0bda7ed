#include "dns/dns_unbound.h"

#include <arpa/inet.h>
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
#include "base/clock.h"
#include "base/list.h"
#include "dns/dns_context.h"
#include "dns/dns_health.h"
#include "dns/name.h"

#define CLASS_IN 1
#define RCODE_NOERROR 0

/* Each byte of a name as \DDD. */
#define ESCAPED_MAX ((size_t)NAME_MAX_BYTES * 4)

/* After libunbound broke down we begin anew after this long, and then after
 * twice as long each time. */
#define FIRST_RETRY_MS 1000
#define LAST_RETRY_MS 60000

struct unbound {
	struct dns_backend base;
	struct arena *arena; /* of the options' strings */
	struct dns_unbound_options options;
	int stop; /* an eventfd that ends the dispatcher */
	bool has_thread;
	pthread_t dispatcher;
	pthread_mutex_t lock;   /* guards what follows */
	struct ub_ctx *context; /* NULL: broken.  Only the dispatcher sets it */
	struct list questions;  /* under way, the oldest first */
	struct dns_health health; /* the dispatcher's own */
};

struct question {
	struct list link;
	struct unbound *unbound;
	dns_done *done;
	void *cookie;
	int id;       /* libunbound's */
	int64_t ends; /* clock_monotonic_ms() at which we give up */
};

static struct unbound *
unbound_of(struct dns_backend *backend)
{
	/* UNSAFE: base is the first member. */
	return ((struct unbound *)(void *)backend);
}

/* Answer ${question}, which is in no list, with ${status}. */
static void
give_up(struct question *question, enum dns_status status)
{
	const struct dns_answer answer = { .status = status };

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
		give_up(question, DNS_SERVFAIL);
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
	if (unbound->options.trust_anchor == NULL)
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
		log_debug(question->unbound->options.log, "dns_bogus",
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
note(struct unbound *unbound, enum dns_status status)
{
	dns_health_note(&unbound->health,
	    status == DNS_SERVFAIL || status == DNS_TIMEOUT,
	    clock_monotonic_ms(), unbound->options.log);
}

static void
take_result(void *cookie, int error, struct ub_result *result)
{
	struct question *question = cookie;
	struct unbound *unbound = question->unbound;

	(void)pthread_mutex_lock(&unbound->lock);
	list_take(&question->link);
	(void)pthread_mutex_unlock(&unbound->lock);
	if (error != 0 || result == NULL) {
		log_debug(unbound->options.log, "dns_failed",
		    LOG_TEXT("reason", ub_strerror(error)));
		note(unbound, DNS_SERVFAIL);
		give_up(question, DNS_SERVFAIL);
	} else {
		note(unbound, status_of(result));
		deliver(question, result);
		free(question);
	}
	ub_resolve_free(result);
}

/* Take the oldest question if its time is over, else return NULL. */
static struct question *
take_late(struct unbound *unbound, int64_t now)
{
	struct question *question = NULL;

	(void)pthread_mutex_lock(&unbound->lock);
	if (!list_is_empty(&unbound->questions))
		question =
		    LIST_VALUE(unbound->questions.next, struct question, link);
	if (question != NULL && question->ends > now)
		question = NULL;
	if (question != NULL) {
		list_take(&question->link);
		/* Answers come through this thread: it is not on its way. */
		(void)ub_cancel(unbound->context, question->id);
	}
	(void)pthread_mutex_unlock(&unbound->lock);
	return (question);
}

/* Give up the questions whose time is over.  Return the milliseconds until it
 * is for the next one, those not yet asked included. */
static int
end_late(struct unbound *unbound)
{
	int64_t now = clock_monotonic_ms();
	int64_t left = unbound->options.patience_ms;
	struct question *late;

	while ((late = take_late(unbound, now)) != NULL) {
		note(unbound, DNS_TIMEOUT);
		give_up(late, DNS_TIMEOUT);
	}
	(void)pthread_mutex_lock(&unbound->lock);
	if (!list_is_empty(&unbound->questions))
		left =
		    LIST_VALUE(unbound->questions.next, struct question, link)
			->ends -
		    now;
	(void)pthread_mutex_unlock(&unbound->lock);
	return ((int)left);
}

/* Deliver answers until we shall stop: then return NULL, or until libunbound
 * fails: then return why.  ub_wait() is of no use here: it returns when nothing
 * at all is under way. */
static const char *
serve(struct unbound *unbound)
{
	struct pollfd fds[] = {
		{ .fd = ub_fd(unbound->context), .events = POLLIN },
		{ .fd = unbound->stop, .events = POLLIN },
	};

	for (;;) {
		int ready = poll(fds, 2, end_late(unbound));

		if (ready < 0 && errno != EINTR)
			return (strerror(errno));
		if (ready <= 0)
			continue;
		if (fds[1].revents != 0)
			return (NULL);
		int error = ub_process(unbound->context);

		if (error != UB_NOERROR)
			return (ub_strerror(error));
	}
}

/* Wait ${ms} milliseconds.  Return false when we shall stop. */
static bool
rest(struct unbound *unbound, int ms)
{
	struct pollfd fd = { .fd = unbound->stop, .events = POLLIN };

	return (poll(&fd, 1, ms) <= 0);
}

static void
set_context(struct unbound *unbound, struct ub_ctx *context)
{
	(void)pthread_mutex_lock(&unbound->lock);
	unbound->context = context;
	(void)pthread_mutex_unlock(&unbound->lock);
}

/* libunbound's worker is lost: everything fails until there is a new one. */
static void
break_down(struct unbound *unbound, const char *reason)
{
	struct ub_ctx *lost = unbound->context;

	log_error(
	    unbound->options.log, "dns_broken", LOG_TEXT("reason", reason));
	set_context(unbound, NULL);
	fail_all(unbound);
	ub_ctx_delete(lost);
}

/* Return a new context, or NULL after saying why not. */
static struct ub_ctx *
try_anew(struct unbound *unbound)
{
	struct arena *arena = arena_new();
	const char *error = NULL;
	struct ub_ctx *context =
	    dns_context_new(&unbound->options, arena, &error);

	if (context == NULL)
		log_error(unbound->options.log, "dns_broken",
		    LOG_TEXT("reason", error));
	arena_free(arena);
	return (context);
}

/* Make a new context.  Return false when we shall stop. */
static bool
begin_anew(struct unbound *unbound)
{
	struct ub_ctx *context = NULL;
	int ms = FIRST_RETRY_MS;

	while (context == NULL) {
		if (!rest(unbound, ms))
			return (false);
		context = try_anew(unbound);
		ms = ms < LAST_RETRY_MS / 2 ? 2 * ms : LAST_RETRY_MS;
	}
	set_context(unbound, context);
	log_info(unbound->options.log, "dns_restored",
	    LOG_TEXT("reason", "libunbound was started anew"));
	return (true);
}

static void *
dispatch(void *cookie)
{
	struct unbound *unbound = cookie;
	const char *reason;

	while ((reason = serve(unbound)) != NULL) {
		break_down(unbound, reason);
		if (!begin_anew(unbound))
			break;
	}
	return (NULL);
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

/* Hand ${question} to libunbound.  Return false when that fails. */
static bool
ask(struct unbound *unbound, const char *name, enum dns_type type,
    struct question *question)
{
	if (unbound->context == NULL)
		return (false);
	question->ends = clock_monotonic_ms() + unbound->options.patience_ms;
	list_add_last(&unbound->questions, &question->link);
	if (ub_resolve_async(unbound->context, name, (int)type, CLASS_IN,
		question, take_result, &question->id) == UB_NOERROR)
		return (true);
	list_take(&question->link);
	return (false);
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
	/* The lock is held so that the context stays, and the question until
	 * libunbound has written its number there. */
	(void)pthread_mutex_lock(&unbound->lock);
	bool asked = ask(unbound, escape(escaped, name), type, question);

	(void)pthread_mutex_unlock(&unbound->lock);
	if (!asked)
		give_up(question, DNS_SERVFAIL);
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
	arena_free(unbound->arena);
	free(unbound);
}

/* libunbound itself reads any PORT. */
bool
dns_unbound_is_resolver(const char *text)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
		.ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	struct in_addr ipv4;
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
	/* Of IPv4 the library takes short forms such as 1.2.3, too. */
	if (strchr(host, ':') == NULL)
		return (inet_pton(AF_INET, host, &ipv4) == 1);
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return (false);
	freeaddrinfo(list);
	return (true);
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

/* Keep a copy of ${options}: a context may be made again much later. */
static void
copy_options(struct unbound *unbound, const struct dns_unbound_options *options)
{
	struct arena *arena = unbound->arena;
	const char **resolvers =
	    arena_array(arena, options->resolver_count, sizeof(resolvers[0]));

	for (size_t i = 0; i < options->resolver_count; i++)
		resolvers[i] = arena_strdup(arena, options->resolvers[i]);
	unbound->options = *options;
	unbound->options.resolvers = resolvers;
	if (options->root_hints != NULL)
		unbound->options.root_hints =
		    arena_strdup(arena, options->root_hints);
	if (options->trust_anchor != NULL)
		unbound->options.trust_anchor =
		    arena_strdup(arena, options->trust_anchor);
	if (options->patience_ms == 0)
		unbound->options.patience_ms = DNS_UNBOUND_PATIENCE_MS;
}

struct dns_backend *
dns_unbound_new(const struct dns_unbound_options *options, struct arena *arena,
    const char **error)
{
	struct ub_ctx *context = dns_context_new(options, arena, error);
	struct unbound *unbound;

	if (context == NULL)
		return (NULL);
	unbound = arena_impl_malloc(sizeof(*unbound));
	*unbound = (struct unbound){
		.base = { .start = start, .free = free_unbound },
		.arena = arena_new(),
		.context = context,
		.stop = -1,
	};
	copy_options(unbound, options);
	(void)pthread_mutex_init(&unbound->lock, NULL);
	list_init(&unbound->questions);
	*error = start_dispatcher(unbound, arena);
	if (*error != NULL) {
		free_unbound(&unbound->base);
		return (NULL);
	}
	return (&unbound->base);
}
