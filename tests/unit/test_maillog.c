/* What Postfix's lines say, joined by queue id; and what strangers cannot make
 * them say. */
#include "maillog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "support/unit.h"

#define STAMP "2025-11-26T05:00:00+00:00 mx postfix"
#define AT INT64_C(1764133200000)

/* Addresses and names for hostile cases. */
#define FORGED                                                                 \
	"a>, relay=none, delay=0, delays=0/0/0/0, dsn=5.1.1, status=bounced "  \
	"(x)@b.example"

struct record {
	struct arena *arena;
	struct buf text;
	int64_t when;
};

static void
add_span(struct buf *out, const char *name, struct span value)
{
	if (value.len == 0)
		return;
	buf_printf(out, " %s=", name);
	buf_add(out, value);
}

static void
take(void *cookie, const struct maillog_event *event)
{
	static const char *const names[] = {
		[MAILLOG_ACCEPTED] = "accepted",
		[MAILLOG_QUEUED] = "queued",
		[MAILLOG_DELIVERED] = "delivered",
		[MAILLOG_BOUNCED] = "bounced",
		[MAILLOG_DEFERRED] = "deferred",
		[MAILLOG_REFUSED] = "refused",
		[MAILLOG_VERDICT] = "verdict",
	};
	struct record *record = cookie;
	struct buf *out = &record->text;

	buf_add_str(out, names[event->kind]);
	add_span(out, "id", event->queue_id);
	add_span(out, "name", event->client_name);
	add_span(out, "client", event->client_address);
	add_span(out, "helo", event->helo);
	add_span(out, "login", event->sasl_username);
	add_span(out, "from", event->sender);
	add_span(out, "to", event->recipient);
	if (event->size > 0)
		buf_printf(out, " size=%llu", (unsigned long long)event->size);
	if (event->recipient_count > 0)
		buf_printf(out, " nrcpt=%llu",
		    (unsigned long long)event->recipient_count);
	add_span(out, "text", event->text);
	buf_add_byte(out, '\n');
	record->when = event->when;
}

static void
feed(struct maillog *log, const char *text)
{
	struct span rest = span_str(text);
	struct span line;

	while (span_take_line(&rest, &line))
		maillog_line(log, line);
}

static const struct {
	const char *name;
	const char *lines;
	const char *events;
} cases[] = {
	{ "a message's whole life",
	    STAMP
	    "/submission/smtpd[7]: 4bXyZ12Gq3z9kM: client=home.example"
	    "[192.0.2.7], sasl_method=PLAIN, "
	    "sasl_username=ann@example.org\n" STAMP
	    "/cleanup[8]: 4bXyZ12Gq3z9kM: message-id=<x@example.org>\n" STAMP
	    "/qmgr[9]: 4bXyZ12Gq3z9kM: from=<ann@example.org>, "
	    "size=1234, nrcpt=2 (queue active)\n" STAMP
	    "/smtp[10]: 4bXyZ12Gq3z9kM: to=<bob@example.net>, "
	    "relay=mx.example.net[198.51.100.1]:25, delay=1.2, "
	    "delays=0.1/0/0.5/0.6, dsn=2.0.0, status=sent (250 2.0.0 Ok: "
	    "queued as 4AB)\n" STAMP
	    "/smtp[10]: 4bXyZ12Gq3z9kM: to=<no@example.net>, "
	    "orig_to=<alias@example.org>, "
	    "relay=mx.example.net[198.51.100.1]:25, conn_use=2, "
	    "delay=1.2, delays=0.1/0/0.5/0.6, dsn=5.1.1, status=bounced "
	    "(host mx.example.net[198.51.100.1] said: 550 5.1.1 No "
	    "(in reply to RCPT TO command))\n" STAMP
	    "/qmgr[9]: 4bXyZ12Gq3z9kM: removed\n" STAMP
	    "/smtp[10]: 4bXyZ12Gq3z9kM: to=<c@example.net>, relay=none, "
	    "delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (t)\n",
	    "accepted id=4bXyZ12Gq3z9kM name=home.example client=192.0.2.7 "
	    "login=ann@example.org\n"
	    "queued id=4bXyZ12Gq3z9kM name=home.example client=192.0.2.7 "
	    "login=ann@example.org from=ann@example.org size=1234 nrcpt=2\n"
	    "delivered id=4bXyZ12Gq3z9kM name=home.example client=192.0.2.7 "
	    "login=ann@example.org from=ann@example.org to=bob@example.net "
	    "size=1234 nrcpt=2 text=2.0.0 250 2.0.0 Ok: queued as 4AB\n"
	    "bounced id=4bXyZ12Gq3z9kM name=home.example client=192.0.2.7 "
	    "login=ann@example.org from=ann@example.org to=no@example.net "
	    "size=1234 nrcpt=2 text=5.1.1 host mx.example.net[198.51.100.1] "
	    "said: 550 5.1.1 No (in reply to RCPT TO command)\n"
	    "deferred id=4bXyZ12Gq3z9kM to=c@example.net text=4.4.1 t\n" },
	{ "the queue tells of a message again",
	    STAMP "/qmgr[9]: 0123456789AB: from=<>, size=1, nrcpt=1 (queue "
		  "active)\n" STAMP
		  "/qmgr[9]: 0123456789AB: from=<>, size=1, nrcpt=1 (queue "
		  "active)\n" STAMP
		  "/qmgr[9]: 0123456789AB: from=<>, status=expired, returned "
		  "to sender\n",
	    "queued id=0123456789AB size=1 nrcpt=1\n" },
	{ "an id that is used again",
	    STAMP "/smtpd[7]: ABCDEF1: client=a.example[192.0.2.1], "
		  "sasl_username=ann\n" STAMP
		  "/smtpd[7]: ABCDEF1: client=b.example[192.0.2.2]\n",
	    "accepted id=ABCDEF1 name=a.example client=192.0.2.1 login=ann\n"
	    "accepted id=ABCDEF1 name=b.example client=192.0.2.2\n" },
	{ "two instances with one id",
	    STAMP
	    "/smtpd[7]: ABCDEF1: client=a.example[192.0.2.1], "
	    "sasl_username=ann\n" STAMP
	    "-out/smtpd[7]: ABCDEF1: client=b.example[2001:db8::1]\n" STAMP
	    "-out/smtp[7]: ABCDEF1: to=<x@y.example>, relay=none, "
	    "dsn=2.0.0, status=sent (x)\n" STAMP
	    "/local[7]: ABCDEF1: to=<x@y.example>, relay=local, "
	    "dsn=2.0.0, status=sent (y)\n",
	    "accepted id=ABCDEF1 name=a.example client=192.0.2.1 login=ann\n"
	    "accepted id=ABCDEF1 name=b.example client=2001:db8::1\n"
	    "delivered id=ABCDEF1 name=b.example client=2001:db8::1 "
	    "to=x@y.example text=2.0.0 x\n"
	    "delivered id=ABCDEF1 name=a.example client=192.0.2.1 login=ann "
	    "to=x@y.example text=2.0.0 y\n" },
	{ "a content filter counts once and bounces for the login",
	    STAMP
	    "/smtpd[7]: ABCDEF1: client=a.example[192.0.2.1], "
	    "sasl_method=PLAIN, sasl_username=ann\n" STAMP
	    "/qmgr[9]: ABCDEF1: from=<a@b.example>, size=1, nrcpt=1 "
	    "(queue active)\n" STAMP
	    "/smtpd[7]: ABCDEF2: client=localhost[127.0.0.1], "
	    "orig_queue_id=ABCDEF1, orig_client=a.example[192.0.2.1]\n" STAMP
	    "/qmgr[9]: ABCDEF2: from=<a@b.example>, size=2, nrcpt=1 "
	    "(queue active)\n" STAMP
	    "/smtp[9]: ABCDEF1: to=<x@y.example>, relay=127.0.0.1"
	    "[127.0.0.1]:10024, dsn=2.0.0, status=sent (filtered)\n" STAMP
	    "/smtp[9]: ABCDEF2: to=<x@y.example>, relay=y.example"
	    "[192.0.2.9]:25, dsn=5.7.1, status=bounced (no)\n",
	    "accepted id=ABCDEF1 name=a.example client=192.0.2.1 login=ann\n"
	    "queued id=ABCDEF1 name=a.example client=192.0.2.1 login=ann "
	    "from=a@b.example size=1 nrcpt=1\n"
	    "bounced id=ABCDEF2 name=a.example client=192.0.2.1 login=ann "
	    "from=a@b.example to=x@y.example size=2 nrcpt=1 text=5.7.1 no\n" },
	{ "our own users' full mailboxes are no bounces of an account",
	    STAMP
	    "/lmtp[7]: ABCDEF1: to=<x@y.example>, relay=y.example"
	    "[private/dovecot-lmtp], delay=1, delays=0/0/0/1, dsn=5.2.2, "
	    "status=bounced (full)\n" STAMP
	    "/virtual[7]: ABCDEF1: to=<x@y.example>, relay=virtual, "
	    "delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (no)\n" STAMP
	    "/error[7]: ABCDEF1: to=<x@y.example>, relay=none, "
	    "delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (no)\n",
	    "" },
	{ "what newer versions add",
	    STAMP "/smtp[7]: ABCDEF1: to=<x@y.example>, relay=none, delay=1, "
		  "delays=0/0/0/1, tls=dane, dsn=2.0.0, status=sent (x)\n" STAMP
		  "/smtpd[7]: ABCDEF1: client=unknown[192.0.2.1]:4711, "
		  "sasl_method=XOAUTH2, sasl_username=ann, sasl_sender=x\n",
	    "delivered id=ABCDEF1 to=x@y.example text=2.0.0 x\n"
	    "accepted id=ABCDEF1 name=unknown client=192.0.2.1 login=ann\n" },
	{ "a refused recipient",
	    STAMP "/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: "
		  "550 5.1.1 <no@example.org>: Recipient address rejected: "
		  "User unknown; from=<s@x.example> to=<no@example.org> "
		  "proto=ESMTP helo=<x.example>\n" STAMP
		  "/smtpd[7]: NOQUEUE: reject: DATA from unknown[192.0.2.1]: "
		  "550 5.1.1 x; from=<> to=<no@example.org> proto=ESMTP "
		  "helo=<x>\n" STAMP
		  "/smtpd[7]: NOQUEUE: reject_warning: RCPT from "
		  "unknown[192.0.2.1]: 550 5.1.1 x; from=<> to=<a@b.example> "
		  "proto=ESMTP helo=<x>\n",
	    "refused name=unknown client=192.0.2.1 helo=x.example "
	    "from=s@x.example to=no@example.org text=550 5.1.1 "
	    "<no@example.org>: Recipient address rejected: User unknown\n" },
	/* Hostile ones. */
	{ "an address that goes on as a bounce",
	    STAMP "/smtp[7]: ABCDEF1: to=<\"" FORGED "\"@z.example>, "
		  "relay=none, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
		  "(x)\n",
	    "delivered id=ABCDEF1 to=\"" FORGED "\"@z.example text=2.0.0 x\n" },
	{ "an unquoted address with blanks is not read",
	    STAMP "/smtp[7]: ABCDEF1: to=<x " FORGED ">, relay=none, delay=1, "
		  "delays=0/0/0/1, dsn=2.0.0, status=sent (x)\n" STAMP
		  "/smtp[7]: ABCDEF1: to=<x@y;z>, relay=none, dsn=2.0.0, "
		  "status=sent (x)\n" STAMP
		  "/smtp[7]: ABCDEF1: to=<\"no end, relay=none, dsn=2.0.0, "
		  "status=sent (x)\n" STAMP "/smtp[7]: ABCDEF1: to=<\"x\\",
	    "" },
	{ "a reply that pretends to be another outcome",
	    STAMP "/smtp[7]: ABCDEF1: to=<x@y.example>, relay=none, delay=1, "
		  "delays=0/0/0/1, dsn=2.0.0, status=sent (250 to=<v@y>, "
		  "relay=none, dsn=5.1.1, status=bounced (no))\n",
	    "delivered id=ABCDEF1 to=x@y.example text=2.0.0 250 to=<v@y>, "
	    "relay=none, dsn=5.1.1, status=bounced (no)\n" },
	{ "a sender that pretends to be a client",
	    STAMP "/qmgr[7]: ABCDEF1: from=<\"client=x[192.0.2.1], "
		  "sasl_username=v\"@x.example>, size=7, nrcpt=1 (queue "
		  "active)\n" STAMP
		  "/qmgr[7]: ABCDEF2: from=<a@b.example>, size=7, nrcpt=1 "
		  "(queue active)>, size=9, nrcpt=9 (queue active)\n",
	    "queued id=ABCDEF1 from=\"client=x[192.0.2.1], "
	    "sasl_username=v\"@x.example size=7 nrcpt=1\n" },
	{ "a refusal that can be read in two ways tells of the client only",
	    STAMP "/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: "
		  "504 5.5.2 <x; from=<v@v.example> to=<w@w.example> "
		  "proto=ESMTP helo=<y>: Helo command rejected; "
		  "from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x; "
		  "from=<v@v.example> to=<w@w.example> proto=ESMTP "
		  "helo=<y>\n",
	    "refused name=unknown client=192.0.2.1 text=504 5.5.2 \n" },
	{ "Message-Id and other headers are nobody's words",
	    STAMP "/cleanup[7]: ABCDEF1: message-id=<x> client=a[192.0.2.1], "
		  "sasl_username=v\n" STAMP
		  "/cleanup[7]: ABCDEF1: warning: header Subject: to=<x@y>, "
		  "relay=none, dsn=5.1.1, status=bounced (x) from "
		  "a[192.0.2.1]; from=<>\n" STAMP
		  "/smtpd[7]: warning: ABCDEF1: client=a[192.0.2.1]\n" STAMP
		  "/smtpd[7]: statistics: client=a[192.0.2.1]\n" STAMP
		  "/smtpd[7]: NOQUEUE: client=a[192.0.2.1]\n"
		  "2025-11-26T05:00:00+00:00 mx dovecot: imap: " STAMP
		  "/smtpd[7]: ABCDEF1: client=a[192.0.2.1]\n"
		  "2025-11-26T05:00:00+00:00 mx other[1]: postfix/smtpd[7]: "
		  "ABCDEF1: client=a[192.0.2.1]\n",
	    "" },
	{ "a login that is cut is nobody's",
	    STAMP "/smtpd[7]: ABCDEF1: client=a[192.0.2.1], sasl_method=PLAIN, "
		  "sasl_username=ann of x\n",
	    "accepted id=ABCDEF1 name=a client=192.0.2.1\n" },
	{ "not of these lines",
	    "\n \nNov\nNov 26\n-- Boot 7 --\nNov 26 05:00:00 mx\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[: x\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]:\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]: \n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]: ABCDEF1\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]: ABCDEF1: \n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]: ABCDEF1: client=\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]: ABCDEF1: client=a[]\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]: ABCDE: client=a[1]\n"
	    "Nov 26 05:00:00 mx postfix/smtpd[7]: abcdef123456: client=a[1]\n" STAMP
	    "/smtp[7]: ABCDEF1: to=<x@y.example>, relay=none, , dsn=2\n" STAMP
	    "/smtp[7]: ABCDEF1: to=<x@y.example>, relay=none, dsn=2.0.0, "
	    "status=sent\n" STAMP
	    "/smtp[7]: ABCDEF1: to=<x@y.example>, relay=none, dsn=2000, "
	    "status=sent (x)\n" STAMP
	    "/qmgr[7]: ABCDEF1: from=<>, size=99999999999999999999, "
	    "nrcpt=1 (queue active)\n",
	    "" },
	{ "mailreeve-milter",
	    "2025-11-26T05:00:00+00:00 mx mailreeve-milter[5]: message "
	    "queue_id=ABCDEF1 client=192.0.2.1 direction=inbound "
	    "client_name=a.example helo=\"x y\\\"\\x01=\" mail_from=<> "
	    "from=a@b.example login=- recipients=2 dkim=- action=tag would=- "
	    "reason=\"two words\" size=77 ms=1\n"
	    "2025-11-26T05:00:00+00:00 mx mailreeve-milter[5]: "
	    "{\"level\":\"info\",\"event\":\"message\",\"queue_id\":"
	    "\"ABCDEF1\",\"client\":\"192.0.2.1\",\"helo\":\"x\\\" "
	    "action=none\\u00e9\",\"mail_from\":\"v@w.example\",\"login\":"
	    "\"ann\",\"recipients\":3,\"action\":\"reject\",\"size\":9}\n"
	    "2025-11-26T05:00:00+00:00 mx mailreeve-milter[5]: warning: "
	    "refused queue_id=ABCDEF1 client=192.0.2.1 action=reject\n"
	    "2025-11-26T05:00:00+00:00 mx mailreeve-milter[5]: message "
	    "queue_id=\"ABCDEF1\\",
	    "verdict id=ABCDEF1 name=a.example client=192.0.2.1 "
	    "helo=x y\"\x01= size=77 nrcpt=2 text=tag\n"
	    "verdict id=ABCDEF1 client=192.0.2.1 helo=x\" action=none\xe9 "
	    "login=ann from=v@w.example size=9 nrcpt=3 text=reject\n" },
};

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct record record = { .arena = arena_new() };
		struct maillog *log = maillog_new(2025, take, &record);

		buf_init(&record.text, record.arena, 65536);
		feed(log, cases[i].lines);
		if (strcmp(buf_str(&record.text), cases[i].events) != 0)
			fail_msg(
			    "%s:\n%s", cases[i].name, buf_str(&record.text));
		maillog_free(log);
		arena_free(record.arena);
	}
}

#define LINE " mx postfix/smtpd[7]: ABCDEF1: client=a[192.0.2.1]"

/* In UTC. */
static const struct {
	const char *line;
	int64_t when;
} stamps[] = {
	{ "Nov 26 05:00:00" LINE, AT },
	{ "Nov 26 05:00:00.250" LINE, AT + 250 },
	{ "2025-11-26T05:00:00+00:00" LINE, AT },
	{ "2025-11-26T05:00:00Z" LINE, AT },
	{ "2025-11-26T06:30:00+01:30" LINE, AT },
	{ "2025-11-26T00:00:00-0500" LINE, AT },
	{ "2025-11-26T05:00:00.123456+00:00" LINE, AT + 123 },
	{ "2025-11-26T05:00:00.5+00:00" LINE, AT + 500 },
	{ "Dec 31 23:59:59" LINE, INT64_C(1767225599000) },
	{ "Jan  1 00:00:00" LINE, INT64_C(1767225600000) },
	/* Late, of the old year. */
	{ "Dec 31 23:59:59" LINE, INT64_C(1767225599000) },
	{ "Jan  1 00:00:01" LINE, INT64_C(1767225601000) },
	{ "Feb  2 00:00:00" LINE, INT64_C(1769990400000) },
	{ "2025-13-26T05:00:00+00:00" LINE, 0 },
	{ "2025-11-26T24:00:00+00:00" LINE, 0 },
	{ "2025-11-26T05:00:00" LINE, 0 },
	{ "2025-11-26T05:00:00.+00:00" LINE, 0 },
	{ "2025-11-26 05:00:00" LINE, 0 },
	{ "2025-11-26T05:00:00+0x:00" LINE, 0 },
	{ "Nov 32 05:00:00" LINE, 0 },
	{ "Nov  0 05:00:00" LINE, 0 },
	{ "nov 26 05:00:00" LINE, 0 },
	{ "Nov 26 05:00" LINE, 0 },
};

static void
test_stamps(void **state)
{
	struct record record = { .arena = arena_new() };
	struct maillog *log = maillog_new(2025, take, &record);

	(void)state;
	buf_init(&record.text, record.arena, 65536);
	for (size_t i = 0; i < UNIT_COUNT(stamps); i++) {
		record.when = 0;
		feed(log, stamps[i].line);
		if (record.when != stamps[i].when)
			fail_msg(
			    "%s: %lld", stamps[i].line, (long long)record.when);
	}
	maillog_free(log);
	arena_free(record.arena);
}

static void
count(void *cookie, const struct maillog_event *event)
{
	size_t *known = cookie;

	if (event->kind == MAILLOG_DELIVERED && event->sasl_username.len > 0)
		(*known)++;
}

/* The oldest messages are forgotten, and lines beyond the limit are skipped. */
static void
test_bounds(void **state)
{
	size_t known = 0;
	struct maillog *log = maillog_new(2025, count, &known);
	char line[200];

	(void)state;
	for (size_t i = 0; i <= MAILLOG_MAX_QUEUE; i++) {
		(void)snprintf(line, sizeof(line),
		    STAMP "/smtpd[7]: %08zX: client=a[192.0.2.1], "
			  "sasl_username=u",
		    i);
		feed(log, line);
	}
	for (size_t i = 0; i <= MAILLOG_MAX_QUEUE; i++) {
		(void)snprintf(line, sizeof(line),
		    STAMP "/smtp[7]: %08zX: to=<a@b>, relay=none, dsn=2.0.0, "
			  "status=sent (x)",
		    i);
		feed(log, line);
	}
	assert_int_equal(known, MAILLOG_MAX_QUEUE);
	char *big = malloc(MAILLOG_MAX_LINE + 1);

	memset(big, ')', MAILLOG_MAX_LINE + 1);
	memcpy(big, line, strlen(line));
	maillog_line(log, span_new(big, MAILLOG_MAX_LINE));
	assert_int_equal(known, MAILLOG_MAX_QUEUE + 1);
	maillog_line(log, span_new(big, MAILLOG_MAX_LINE + 1));
	assert_int_equal(known, MAILLOG_MAX_QUEUE + 1);
	free(big);
	maillog_free(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines),
		cmocka_unit_test(test_stamps), cmocka_unit_test(test_bounds) };

	if (setenv("TZ", "UTC", 1) != 0)
		return (1);
	tzset();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
