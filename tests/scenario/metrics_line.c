/*
 * metrics_line.c: the log's one line a message, as scripts rely on it.
 */
#include <string.h>

#include "metrics.h"

#define TIMES ",\"ms\":[0-9]+,\"dns_ms\":[0-9]+\\}"

/* All of a line: names in their order. */
static const struct {
	struct metrics_mail mail;
	const char *line;
} lines[] = {
	{ { ROBUST_OUTSIDE, .file = "good.eml", .reply = "250" },
	    "\"queue_id\":\"4ROBUST\",\"client\":\"198.51.100.1\","
	    "\"direction\":\"inbound\",\"client_name\":\"client.example\","
	    "\"helo\":\"client.example\",\"mail_from\":\"ann@example.org\","
	    "\"from\":\"ann@sender.example\",\"login\":\"-\","
	    "\"recipients\":1,\"iprev\":\"pass\","
	    "\"spf_helo\":\"none\\(client.example\\)\","
	    "\"spf\":\"none\\(example.org\\)\","
	    "\"dkim\":\"pass\\(sender.example/rsa\\)\","
	    "\"dmarc\":\"none\\(sender.example\\)\",\"policy\":\"-\","
	    "\"rule\":\"-\",\"forged_removed\":0,\"action\":\"none\","
	    "\"would\":\"-\",\"reason\":\"-\","
	    "\"size\":[1-9][0-9]*" TIMES },
	{ { ROBUST_OUTSIDE,
	      .text = "From: ann@example.org\n\nAll sheep are here.\n",
	      .reply = "552", .junk = 200 },
	    "\"from\":\"-\",\"login\":\"-\",\"recipients\":1,"
	    "\"iprev\":\"-\",\"spf_helo\":\"-\",\"spf\":\"-\",\"dkim\":\"-\","
	    "\"dmarc\":\"-\",\"policy\":\"-\",\"rule\":\"-\","
	    "\"forged_removed\":0,\"action\":\"reject\",\"would\":\"-\","
	    "\"reason\":\"the header has more fields than max_header_fields\",\"size\":21" TIMES },
	{ { ROBUST_OUTSIDE,
	      .text = "From: ann@example.org\n\nAll sheep are here.\n",
	      .login = "ann@example.org", .reply = "250" },
	    "\"direction\":\"outbound\",\"client_name\":\"client.example\","
	    "\"helo\":\"client.example\",\"mail_from\":\"ann@example.org\","
	    "\"from\":\"ann@example.org\",\"login\":\"ann@example.org\","
	    "\"recipients\":1,\"signed\":\"example.org/r1 example.org/e1\","
	    "\"forged_removed\":0,\"action\":\"none\",\"would\":\"-\","
	    "\"reason\":\"-\",\"size\":21" TIMES },
	{ { ROBUST_INSIDE, .text = "From: ann@other.example\n\nHello.\n",
	      .reply = "250" },
	    "\"unsigned\":\"no key for other.example\",\"forged_removed\":0,"
	    "\"action\":\"none\",\"would\":\"-\",\"reason\":\"-\",\"size\":8" TIMES },
};

/* The null path, twice as written and as text. */
static int
send_bounce(struct metrics_case *test)
{
	static const char *const mail[] = { "<>", NULL };
	static const char *const rcpt[] = { "<bob@example.net>", NULL };
	struct robust *robust = &test->robust;
	struct milter_client *client = robust_session(robust, ROBUST_OUTSIDE);
	struct milter_message *message = robust_message(robust->arena);
	int result = -1;

	if (client == NULL)
		return (-1);
	if (milter_client_mail(client, mail) == 0 &&
	    milter_client_rcpt(client, rcpt) == 0 &&
	    milter_client_rcpt(client, rcpt) == 0 &&
	    milter_client_message(client, message) == 0)
		result = 0;
	milter_client_close(client);
	return (result == 0 ? 0 : robust_fail(robust, "no bounce"));
}

int
metrics_line(struct metrics_case *test)
{
	struct robust *robust = &test->robust;

	daemon_option(robust->daemon, "max_header_fields = 100");
	if (robust_start(robust, false) != 0 || send_bounce(test) != 0)
		return (-1);
	if (!daemon_logged(robust->daemon, "message",
		"\"mail_from\":\"<>\",.*\"recipients\":2,", 5000))
		(void)robust_fail(robust, "the bounce is not in the log");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (metrics_send(test, &lines[i].mail) != 0)
			return (-1);
		if (!daemon_logged(
			robust->daemon, "message", lines[i].line, 5000))
			(void)robust_fail(
			    robust, "not in the log: %s", lines[i].line);
	}
	return (robust->failed ? -1 : 0);
}
