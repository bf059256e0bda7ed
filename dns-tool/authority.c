#include "authority.h"

#include <pthread.h>
#include <string.h>

#include "authority_ask.h"
#include "dns/name.h"
#include "domain.h"

#define DNS_PORT 53
/* Names of name servers that are looked at. */
#define MAX_NAMES 13

struct finding_zone {
	struct dns *dns;
	int64_t deadline;
	struct arena *arena;
	struct authority *out;
};

/* The name above ${name}, or NULL for one of one label: nobody asks the root's
 * servers for mail. */
static const char *
parent(const char *name)
{
	const char *dot = strchr(name, '.');

	/* UNSAFE: the string goes on behind its dot, if only with a NUL. */
	return (dot == NULL ? NULL : dot + 1);
}

/* Find the apex: the closest name above ${name} that has NS records. */
static bool
find_apex(const struct finding_zone *work, const char *name,
    struct dns_answer *answer)
{
	for (; name != NULL; name = parent(name)) {
		dns_lookup(work->dns, name, DNS_TYPE_NS, work->deadline,
		    work->arena, answer);
		if (answer->status == DNS_OK && answer->count > 0) {
			work->out->zone = arena_strdup(work->arena, name);
			return (true);
		}
		if (answer->status == DNS_SERVFAIL ||
		    answer->status == DNS_TIMEOUT) {
			work->out->reason = arena_printf(work->arena,
			    "the resolver cannot say who the name servers of "
			    "%s are%s",
			    name,
			    answer->status == DNS_TIMEOUT
				? ": no answer in time"
				: "");
			return (false);
		}
	}
	work->out->reason = "nobody has registered this name: no zone "
			    "of it or above it has name servers";
	return (false);
}

static void
add_server(const struct finding_zone *work, const char *name, int family,
    struct span rdata)
{
	struct authority *out = work->out;
	struct authority_server *server = &out->servers[out->count];

	if (rdata.len != (family == AF_INET ? 4 : 16))
		return;
	if (out->count == AUTHORITY_MAX_SERVERS) {
		out->left_out++;
		return;
	}
	*server = (struct authority_server){ .name = name, .port = DNS_PORT };
	server->address.family = family;
	memcpy(server->address.bytes, rdata.data, rdata.len);
	out->count++;
}

/* The addresses of all names, asked for at once. */
static void
find_servers(const struct finding_zone *work, const char **names, size_t count)
{
	struct authority *out = work->out;
	struct dns_question questions[2 * MAX_NAMES];
	struct dns_answer answers[2 * MAX_NAMES];
	const char **nameless =
	    arena_array(work->arena, count, sizeof(*nameless));

	for (size_t i = 0; i < count; i++) {
		questions[2 * i] =
		    (struct dns_question){ names[i], DNS_TYPE_A };
		questions[2 * i + 1] =
		    (struct dns_question){ names[i], DNS_TYPE_AAAA };
	}
	dns_gather(work->dns, questions, 2 * count, work->deadline, work->arena,
	    answers);
	for (size_t i = 0; i < 2 * count; i++)
		for (size_t j = 0; j < answers[i].count; j++)
			add_server(work, names[i / 2],
			    i % 2 == 0 ? AF_INET : AF_INET6,
			    answers[i].rdata[j]);
	for (size_t i = 0; i < count; i++)
		if (answers[2 * i].count + answers[2 * i + 1].count == 0)
			nameless[out->nameless_count++] = names[i];
	out->nameless = nameless;
}

void
authority_find(struct dns *dns, const char *name, int64_t deadline,
    struct arena *arena, struct authority *out)
{
	const struct finding_zone work = { dns, deadline, arena, out };
	const char *names[MAX_NAMES];
	struct dns_answer answer;
	size_t count = 0;

	*out = (struct authority){ .servers =
				       arena_array(arena, AUTHORITY_MAX_SERVERS,
					   sizeof(*out->servers)) };
	if (!find_apex(&work, name, &answer))
		return;
	for (size_t i = 0; i < answer.count && count < MAX_NAMES; i++) {
		const char *host = domain_of_rdata(arena, answer.rdata[i]);

		if (host != NULL && host[0] != '\0')
			names[count++] = host;
	}
	find_servers(&work, names, count);
	if (out->count == 0)
		out->reason = arena_printf(arena,
		    "none of the name servers of %s has an address", out->zone);
}

static void *
ask_in_thread(void *cookie)
{
	authority_ask_server(cookie);
	return (NULL);
}

/* One thread a server, each with an arena of its own, which dies with ours only
 * after the answers are copied. */
struct dns_answer *
authority_ask(struct authority *authority, const struct dns_question *questions,
    size_t count, int64_t deadline, struct arena *arena)
{
	struct dns_answer *answers =
	    arena_array(arena, authority->count * count, sizeof(*answers));
	struct authority_work *works =
	    arena_array(arena, authority->count, sizeof(*works));
	pthread_t threads[AUTHORITY_MAX_SERVERS];

	for (size_t i = 0; i < authority->count; i++) {
		works[i] = (struct authority_work){
			.server = &authority->servers[i],
			.questions = questions,
			.count = count,
			.deadline = deadline,
			.arena = arena_new(),
			.answers = &answers[i * count],
		};
		works[i].threaded = pthread_create(&threads[i], NULL,
					ask_in_thread, &works[i]) == 0;
		if (!works[i].threaded)
			authority_ask_server(&works[i]);
	}
	for (size_t i = 0; i < authority->count; i++) {
		if (works[i].threaded)
			(void)pthread_join(threads[i], NULL);
		authority_keep(&works[i], arena);
		arena_free(works[i].arena);
	}
	return (answers);
}
