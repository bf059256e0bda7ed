/*
 * metrics_cases.c: what happened, and what the metrics say of it.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metrics.h"
#include "support/http.h"
#include <libmilter/mfdef.h>

#define M "mailreeve_milter_"
#define BODY "All sheep are here.\n"
#define FROM "From: ann@example.org\n"
#define SENDERS 4
#define MESSAGES 50

/* One of each kind, and some more than once. */
static const struct metrics_mail mails[] = {
	{ ROBUST_OUTSIDE, .file = "good.eml", .reply = "250" },
	{ ROBUST_OUTSIDE, .file = "good.eml", .reply = "250" },
	{ ROBUST_OUTSIDE, .file = "absent.eml", .reply = "250" },
	{ ROBUST_OUTSIDE, .file = "servfail.eml", .reply = "250" },
	{ ROBUST_OUTSIDE, .file = "timeout.eml", .reply = "250" },
	{ ROBUST_OUTSIDE, .file = "malformed.eml", .reply = "250" },
	{ ROBUST_OUTSIDE, .text = FROM "\n" BODY, .reply = "250" },
	{ ROBUST_OUTSIDE,
	    .text = "Authentication-Results: mx.example; dkim=pass\n"
		    "X-Mailreeve-Score: 0\nX-Mailreeve-Verdict: fine\n" FROM
		    "\n" BODY,
	    .reply = "250" },
	{ ROBUST_OUTSIDE, .text = FROM "\n" BODY, .reply = "552", .junk = 200 },
	{ ROBUST_INSIDE, .text = FROM "\n" BODY, .reply = "250" },
	{ ROBUST_INSIDE, .text = FROM "\n" BODY, .reply = "250" },
	{ ROBUST_INSIDE, .text = FROM "\n" BODY, .reply = "250" },
	{ ROBUST_INSIDE, .text = "From: ann@other.example\n\n" BODY,
	    .reply = "250" },
	{ ROBUST_INSIDE, .text = "Subject: no From\n\n" BODY, .reply = "250" },
	{ ROBUST_OUTSIDE, .text = FROM "\n" BODY, .login = "eve@other.example",
	    .reply = "250" },
	{ ROBUST_OUTSIDE, .text = FROM "\n" BODY, .login = "ann@example.org",
	    .reply = "250" },
};

static const struct metrics_expected nothing_yet[] = {
	{ M "messages_total{direction=\"inbound\",action=\"none\"}", 0 },
	{ M "messages_total{direction=\"outbound\",action=\"none\"}", 0 },
	{ M "dkim_results_total{result=\"pass\"}", 0 },
	{ M "verdict_seconds_count{direction=\"inbound\"}", 0 },
	{ M "dns_questions_total", 0 },
	{ M "connections_total", 0 },
	{ M "open_connections", 0 },
	{ M "messages_in_hand", 0 },
	{ M "signing_keys", 2 },
	{ M "log_events_total{level=\"error\"}", 0 },
	{ M "log_events_total{level=\"warning\"}", 0 },
	{ "mailreeve_build_info{version=\"" MAILREEVE_VERSION "\"}", 1 },
	{ NULL, 0 },
};

static const struct metrics_expected all_sent[] = {
	{ M "messages_total{direction=\"inbound\",action=\"none\"}", 8 },
	{ M "messages_total{direction=\"inbound\",action=\"reject\"}", 1 },
	{ M "messages_total{direction=\"inbound\",action=\"tempfail\"}", 0 },
	{ M "messages_total{direction=\"outbound\",action=\"none\"}", 7 },
	{ M "messages_total{direction=\"outbound\",action=\"reject\"}", 0 },
	{ M "refused_total{reason=\"header_fields\"}", 1 },
	{ M "refused_total{reason=\"header_bytes\"}", 0 },
	{ M "refused_total{reason=\"trouble\"}", 0 },
	{ M "refused_total{reason=\"stopping\"}", 0 },
	{ M "refused_total{reason=\"not_applied\"}", 0 },
	{ M "spf_results_total{identity=\"helo\",result=\"none\"}", 8 },
	{ M "spf_results_total{identity=\"helo\",result=\"pass\"}", 0 },
	{ M "spf_results_total{identity=\"mail_from\",result=\"none\"}", 8 },
	{ M "spf_results_total{identity=\"mail_from\",result=\"pass\"}", 0 },
	{ M "dmarc_results_total{result=\"none\"}", 8 },
	{ M "dmarc_results_total{result=\"fail\"}", 0 },
	{ M "iprev_results_total{result=\"pass\"}", 8 },
	{ M "iprev_results_total{result=\"none\"}", 0 },
	{ M "dkim_results_total{result=\"none\"}", 2 },
	{ M "dkim_results_total{result=\"pass\"}", 3 },
	{ M "dkim_results_total{result=\"fail\"}", 0 },
	{ M "dkim_results_total{result=\"policy\"}", 0 },
	{ M "dkim_results_total{result=\"neutral\"}", 0 },
	{ M "dkim_results_total{result=\"temperror\"}", 2 },
	{ M "dkim_results_total{result=\"permerror\"}", 2 },
	{ M "signatures_total{algorithm=\"rsa-sha256\"}", 4 },
	{ M "signatures_total{algorithm=\"ed25519-sha256\"}", 4 },
	{ M "unsigned_total{reason=\"no_key\"}", 1 },
	{ M "unsigned_total{reason=\"no_author\"}", 1 },
	{ M "unsigned_total{reason=\"not_allowed\"}", 1 },
	{ M "unsigned_total{reason=\"header\"}", 0 },
	{ M "outgoing_findings_total{kind=\"no_date\"}", 7 },
	{ M "outgoing_findings_total{kind=\"not_aligned\"}", 2 },
	{ M "outgoing_findings_total{kind=\"no_from\"}", 1 },
	{ M "outgoing_findings_total{kind=\"duplicate\"}", 0 },
	{ M "outgoing_findings_total{kind=\"one_click\"}", 0 },
	{ M "forged_fields_total", 3 },
	{ M "verdict_seconds_count{direction=\"inbound\"}", 9 },
	{ M "verdict_seconds_count{direction=\"outbound\"}", 7 },
	{ M "dns_wait_seconds_count", 8 },
	/* Four keys, and two names each of SPF and of two domains' DMARC. */
	{ M "dns_started_total", 10 },
	{ M "dns_failures_total", 2 },
	{ M "dns_questions_total", 38 },
	/* All but a top-level domain's _dmarc was asked for early. */
	{ M "dns_cache_hits_total", 36 },
	{ M "dns_joined_total", 0 },
	{ M "dns_evicted_total", 0 },
	{ M "dns_cache_entries", 10 },
	{ M "dns_under_way", 0 },
	{ M "dns_answer_seconds_count{status=\"ok\"}", 1 },
	{ M "dns_answer_seconds_count{status=\"nxdomain\"}", 6 },
	{ M "dns_answer_seconds_count{status=\"nodata\"}", 1 },
	{ M "dns_answer_seconds_count{status=\"servfail\"}", 1 },
	{ M "dns_answer_seconds_count{status=\"timeout\"}", 1 },
	{ M "key_cache_parsed_total", 1 },
	{ M "key_cache_hits_total", 2 },
	{ M "key_cache_entries", 1 },
	{ M "connections_total", 16 },
	{ M "open_connections", 0 },
	{ M "messages_in_hand", 0 },
	{ M "aborted_total{stage=\"envelope\"}", 0 },
	{ M "aborted_total{stage=\"header\"}", 0 },
	{ M "aborted_total{stage=\"body\"}", 0 },
	{ M "never_negotiated_total", 0 },
	{ M "log_events_total{level=\"error\"}", 0 },
	/* Three unsigned, one refused, all seven outbound without Date. */
	{ M "log_events_total{level=\"warning\"}", 11 },
	{ NULL, 0 },
};

static int
start(struct metrics_case *test)
{
	daemon_option(test->robust.daemon, "max_header_fields = 100");
	return (robust_start(&test->robust, false));
}

/* Leave a message at each stage. */
static int
abort_some(struct metrics_case *test)
{
	static const struct metrics_expected in_hand[] = {
		{ M "messages_in_hand", 1 },
		{ M "open_connections", 1 },
		{ NULL, 0 },
	};
	struct robust *robust = &test->robust;
	struct milter_client *client = robust_session(robust, ROBUST_OUTSIDE);
	struct milter_message *message = robust_message(robust->arena);
	int result;

	if (client == NULL)
		return (-1);
	result = robust_begin(robust, client) == 0 &&
	                 metrics_expect(test, in_hand) == 0 &&
	                 milter_client_abort(client) == 0 &&
	                 robust_begin(robust, client) == 0 &&
	                 milter_client_header(client, span_str("From"),
			     span_str(" ann@example.org")) == 0 &&
	                 milter_client_abort(client) == 0 &&
	                 robust_begin(robust, client) == 0 &&
	                 milter_client_start_message(client, message) == 0 &&
	                 milter_client_abort(client) == 0
	             ? 0
	             : -1;
	milter_client_close(client);
	if (result == 0 &&
	    (!daemon_logged(robust->daemon, "aborted",
		 "\"queue_id\":\"4ROBUST\",.*\"stage\":\"header\"", 5000) ||
		!daemon_logged(robust->daemon, "aborted",
		    "\"queue_id\":\"4ROBUST\",.*\"stage\":\"body\"", 5000)))
		return (robust_fail(robust, "no queue ID in the log"));
	return (result == 0 ? 0 : robust_fail(robust, "aborting failed"));
}

/* Connect, and go without a word. */
static int
come_by(struct metrics_case *test)
{
	struct robust *robust = &test->robust;
	const char *error = NULL;
	struct milter_wire *wire =
	    milter_wire_open(robust->arena, robust->socket, &error);

	if (wire == NULL)
		return (robust_fail(robust, "%s", error));
	milter_wire_close(wire);
	return (0);
}

int
metrics_counts(struct metrics_case *test)
{
	static const struct metrics_expected in_the_end[] = {
		{ M "aborted_total{stage=\"envelope\"}", 1 },
		{ M "aborted_total{stage=\"header\"}", 1 },
		{ M "aborted_total{stage=\"body\"}", 1 },
		{ M "never_negotiated_total", 1 },
		{ M "open_connections", 0 },
		{ M "messages_in_hand", 0 },
		{ M "connections_total", 17 },
		{ M "verdict_seconds_count{direction=\"inbound\"}", 9 },
		{ NULL, 0 },
	};
	struct metrics_expected bytes[] = { { M "body_bytes_total", 0 },
		{ NULL, 0 } };

	if (start(test) != 0 || metrics_expect(test, nothing_yet) != 0)
		return (-1);
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++)
		if (metrics_send(test, &mails[i]) != 0)
			return (-1);
	bytes[0].value = (double)test->body_bytes;
	if (metrics_expect(test, all_sent) != 0 ||
	    metrics_expect(test, bytes) != 0 || abort_some(test) != 0 ||
	    come_by(test) != 0)
		return (-1);
	return (metrics_expect(test, in_the_end));
}

static int
reload(struct metrics_case *test)
{
	struct robust *robust = &test->robust;

	if (daemon_reload(robust->daemon, SIGUSR1) == 0)
		return (0);
	return (robust_fail(robust, "%s", daemon_error(robust->daemon)));
}

static int
expect_closed(struct metrics_case *test, unsigned int port)
{
	int fd = http_connect("127.0.0.1", port);

	if (fd < 0)
		return (0);
	(void)close(fd);
	return (robust_fail(&test->robust, "port %u is still served", port));
}

/* Reloads keep what was counted, a wrong one keeps the page, and the page
 * follows the configuration. */
int
metrics_reloads(struct metrics_case *test)
{
	static const struct metrics_expected one[] = {
		{ M "reloads_total{result=\"loaded\"}", 1 },
		{ M "reloads_total{result=\"refused\"}", 0 },
		{ M "messages_total{direction=\"outbound\",action=\"none\"}",
		    2 },
		{ NULL, 0 },
	};
	static const struct metrics_expected two[] = {
		{ M "reloads_total{result=\"loaded\"}", 1 },
		{ M "reloads_total{result=\"refused\"}", 1 },
		/* What is wrong, and that the old one stays. */
		{ M "log_events_total{level=\"error\"}", 2 },
		{ NULL, 0 },
	};
	static const struct metrics_expected three[] = {
		{ M "reloads_total{result=\"loaded\"}", 2 },
		{ M "messages_total{direction=\"outbound\",action=\"none\"}",
		    2 },
		{ M "log_events_total{level=\"error\"}", 2 },
		{ NULL, 0 },
	};
	static const struct metrics_mail mail = { ROBUST_INSIDE,
		.text = FROM "\n" BODY, .reply = "250" };
	struct daemon *daemon = test->robust.daemon;
	unsigned int port = test->port;

	if (start(test) != 0 || metrics_send(test, &mail) != 0 ||
	    reload(test) != 0 || metrics_send(test, &mail) != 0 ||
	    metrics_expect(test, one) != 0)
		return (-1);
	daemon_option(daemon, "metrics = \"inet:8894@0.0.0.0\"");
	if (reload(test) != 0 || metrics_expect(test, two) != 0)
		return (-1);
	if (metrics_listen(test, daemon_free_port()) != 0 ||
	    reload(test) != 0 || metrics_expect(test, three) != 0 ||
	    expect_closed(test, port) != 0)
		return (-1);
	daemon_unset(daemon, "metrics");
	if (reload(test) != 0)
		return (-1);
	return (expect_closed(test, test->port));
}

/* Bind a socket of ${type} to ${port}; answer nothing there. */
static int
occupy(int type, unsigned int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (bind(fd, (const struct sockaddr *)&address,
			    sizeof(address)) != 0 ||
			   (type == SOCK_STREAM && listen(fd, 1) != 0))) {
		(void)close(fd);
		return (-1);
	}
	return (fd);
}

/* Another program has the port: mail goes on, the log says what to do, and a
 * reload mends it. */
int
metrics_taken(struct metrics_case *test)
{
	static const struct metrics_mail mail = { ROBUST_INSIDE,
		.text = FROM "\n" BODY, .reply = "250" };
	static const struct metrics_expected counted[] = {
		{ M "messages_total{direction=\"outbound\",action=\"none\"}",
		    1 },
		{ M "log_events_total{level=\"error\"}", 1 },
		{ NULL, 0 },
	};
	struct robust *robust = &test->robust;
	int fd = occupy(SOCK_STREAM, test->port);
	int result;

	if (fd < 0)
		return (robust_fail(robust, "cannot listen"));
	result = start(test) == 0 && metrics_send(test, &mail) == 0 ? 0 : -1;
	if (result == 0 && !daemon_logged(robust->daemon, "metrics_failed",
			       "Address already in use", 5000))
		result = robust_fail(robust, "no metrics_failed in the log");
	(void)close(fd);
	if (result != 0 || reload(test) != 0)
		return (-1);
	return (metrics_expect(test, counted));
}

/* Until the last message in hand is done the metrics can be read. */
int
metrics_stopping(struct metrics_case *test)
{
	static const char *const late_mail[] = { "<late@example.org>", NULL };
	static const struct metrics_expected expected[] = {
		{ M "refused_total{reason=\"stopping\"}", 1 },
		{ M "messages_in_hand", 1 },
		{ M "open_connections", 2 },
		{ NULL, 0 },
	};
	struct robust *robust = &test->robust;
	struct milter_client *client, *late;
	int result = -1;

	if (start(test) != 0)
		return (-1);
	client = robust_session(robust, ROBUST_INSIDE);
	late = robust_session(robust, ROBUST_OUTSIDE);
	if (client != NULL && late != NULL &&
	    robust_begin(robust, client) == 0) {
		daemon_signal(robust->daemon, SIGTERM);
		if (daemon_logged(robust->daemon, "stopping", NULL, 5000) &&
		    milter_client_mail(late, late_mail) == 0)
			result = metrics_expect(test, expected);
	}
	milter_client_close(late);
	milter_client_close(client);
	if (result == 0 && daemon_wait(robust->daemon, DAEMON_STOP_MS) != 0)
		result = robust_fail(robust, "it did not stop well");
	return (result);
}

/* Start the milter with a resolver that is silent; return its socket, or -1
 * after robust_fail(). */
static int
start_silent(struct metrics_case *test)
{
	struct robust *robust = &test->robust;
	unsigned int port = daemon_free_port();
	int fd = occupy(SOCK_DGRAM, port);

	if (fd < 0)
		return (robust_fail(robust, "cannot be a resolver"));
	daemon_option(
	    robust->daemon, arena_printf(robust->arena,
				"resolvers = {\"127.0.0.1@%u\"}", port));
	daemon_option(robust->daemon, "dns_timeout = 2s");
	if (start(test) == 0)
		return (fd);
	(void)close(fd);
	return (-1);
}

/* A resolver that is silent costs a message its patience and no more, and the
 * log and the metrics say so. */
int
metrics_silent(struct metrics_case *test)
{
	static const struct metrics_mail mail = { ROBUST_OUTSIDE,
		.file = "good.eml", .reply = "451 4.7.0" };
	static const struct metrics_expected expected[] = {
		{ M "messages_total{direction=\"inbound\",action=\"tempfail\"}",
		    1 },
		{ M "refused_total{reason=\"dns\"}", 1 },
		{ M "dns_wait_seconds_count", 1 },
		{ M "dns_wait_seconds_bucket{le=\"0.5\"}", 0 },
		{ M "dns_wait_seconds_bucket{le=\"10\"}", 1 },
		{ M "verdict_seconds_bucket{direction=\"inbound\",le=\"0.5\"}",
		    0 },
		{ M "dkim_results_total{result=\"temperror\"}", 1 },
		{ M "spf_results_total{identity=\"mail_from\",result="
		    "\"temperror\"}",
		    1 },
		{ M "dmarc_results_total{result=\"temperror\"}", 1 },
		/* SPF of both identities, the key, the author's policy. */
		{ M "dns_questions_total", 4 },
		{ M "dns_joined_total", 4 },
		{ M "dns_under_way", 4 },
		{ M "dns_answer_seconds_count{status=\"timeout\"}", 0 },
		{ NULL, 0 },
	};
	struct robust *robust = &test->robust;
	int fd = start_silent(test);
	int result;

	if (fd < 0)
		return (-1);
	result = metrics_send(test, &mail) == 0 ? metrics_expect(test, expected)
	                                        : -1;
	if (result == 0 && !daemon_logged(robust->daemon, "message",
			       "\"dns_ms\":[1-9][0-9]{2,}\\}", 5000))
		result = robust_fail(robust, "dns_ms is not in the log");
	(void)close(fd);
	return (result);
}

/* The MTA goes away while its message waits for the DNS: what was decided
 * cannot be carried out, and that is told. */
int
metrics_unapplied(struct metrics_case *test)
{
	static const struct metrics_expected waiting[] = {
		{ M "dns_questions_total", 1 },
		{ M "messages_in_hand", 1 },
		{ NULL, 0 },
	};
	static const struct metrics_expected expected[] = {
		{ M "messages_total{direction=\"inbound\",action=\"none\"}",
		    1 },
		{ M "refused_total{reason=\"not_applied\"}", 1 },
		{ M "log_events_total{level=\"warning\"}", 1 },
		{ M "open_connections", 0 },
		{ NULL, 0 },
	};
	struct robust *robust = &test->robust;

	daemon_option(robust->daemon, "on_dns_trouble = \"pass\"");
	int fd = start_silent(test);
	struct milter_client *client =
	    fd < 0 ? NULL : robust_session(robust, ROBUST_OUTSIDE);
	int result = -1;

	if (client != NULL && robust_begin(robust, client) == 0 &&
	    milter_client_start_message(
		client, metrics_load(test, "good.eml")) == 0 &&
	    milter_wire_send(milter_client_wire(client), SMFIC_BODYEOB,
		span_str(NULL)) == 0 &&
	    milter_wire_flush(milter_client_wire(client)) == 0)
		result = metrics_expect(test, waiting);
	if (client != NULL)
		milter_client_vanish(client, false);
	if (result == 0)
		result = metrics_expect(test, expected);
	if (result == 0 &&
	    !daemon_logged(robust->daemon, "refused",
		"\"action\":\"tempfail\",\"reason\":\"libmilter could", 5000))
		result = robust_fail(robust, "no word of it in the log");
	if (fd >= 0)
		(void)close(fd);
	return (result);
}

static void *
send_many(void *cookie)
{
	struct metrics_case *test = cookie;
	struct milter_client *client =
	    robust_session(&test->robust, ROBUST_INSIDE);

	int result = client == NULL ? -1 : 0;

	for (int i = 0; i < MESSAGES && result == 0; i++) {
		struct arena *arena = arena_new();

		result = robust_send(
		    &test->robust, client, robust_message(arena), "250");
		arena_free(arena);
	}
	milter_client_close(client);
	return (NULL);
}

/* Many messages at once while somebody reads: none is lost, and every page is
 * one that Prometheus takes. */
int
metrics_load_many(struct metrics_case *test)
{
	static const struct metrics_expected expected[] = {
		{ M "messages_total{direction=\"outbound\",action=\"none\"}",
		    SENDERS * MESSAGES },
		{ M "signatures_total{algorithm=\"rsa-sha256\"}",
		    SENDERS * MESSAGES },
		{ M "signatures_total{algorithm=\"ed25519-sha256\"}",
		    SENDERS * MESSAGES },
		{ M "verdict_seconds_count{direction=\"outbound\"}",
		    SENDERS * MESSAGES },
		{ M "connections_total", SENDERS },
		{ M "open_connections", 0 },
		{ NULL, 0 },
	};
	struct metrics_case copies[SENDERS];
	pthread_t threads[SENDERS];
	size_t started = 0;
	bool failed = false;

	if (start(test) != 0)
		return (-1);
	for (; started < SENDERS; started++) {
		copies[started] = *test;
		copies[started].robust.arena = arena_new();
		if (pthread_create(&threads[started], NULL, send_many,
			&copies[started]) != 0)
			break;
	}
	for (int i = 0; i < MESSAGES && !failed; i++)
		failed = metrics_read(test) == NULL;
	for (size_t i = 0; i < started; i++) {
		(void)pthread_join(threads[i], NULL);
		failed = failed || copies[i].robust.failed;
		arena_free(copies[i].robust.arena);
	}
	if (failed || started < SENDERS)
		return (robust_fail(&test->robust, "a sender failed"));
	return (metrics_expect(test, expected));
}
