/*
 * policyd_soak_mail.c: mails, each with an end of its own, and what the model
 * thinks of each answer.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/network.h"
#include "engine.h"
#include "policyd_soak.h"

#define MINUTE (60 * POLICYD_SOAK_SECOND)
/* Without news of a mail for so long, what it reserved is given back; nobody
 * says when to the tick. */
#define HOLD (5 * MINUTE)
#define SWEEP (10 * POLICYD_SOAK_SECOND)
#define LATE (6 * MINUTE)
#define MAX_RECIPIENTS 12
#define PROBLEMS_SHOWN 20

void
policyd_soak_problem(struct policyd_soak *soak, const char *format, ...)
{
	va_list ap;

	if (soak->problems++ >= PROBLEMS_SHOWN)
		return;
	fprintf(stderr, "at %" PRId64 ": ", soak->now);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\n");
}

/* xorshift64*: the same ones in each run. */
uint64_t
policyd_soak_random(struct policyd_soak *soak, uint64_t bound)
{
	soak->random ^= soak->random >> 12;
	soak->random ^= soak->random << 25;
	soak->random ^= soak->random >> 27;
	return ((soak->random * UINT64_C(0x2545f4914f6cdd1d) >> 33) % bound);
}

static void
take_reply(void *cookie, struct span reply)
{
	struct policyd_soak *soak = cookie;
	size_t len = reply.len < sizeof(soak->reply) - 1
	                 ? reply.len
	                 : sizeof(soak->reply) - 1;

	if (soak->reply[0] != '\0')
		policyd_soak_problem(soak, "a second reply");
	memcpy(soak->reply, reply.data, len);
	soak->reply[len] = '\0';
}

static bool
ask(struct policyd_soak *soak, uint64_t connection,
    const struct request *request)
{
	bool passes;

	soak->reply[0] = '\0';
	engine_ask(
	    soak->engine, connection, request, soak->now, take_reply, soak);
	soak->requests++;
	passes = strcmp(soak->reply, "action=DUNNO\n\n") == 0;
	if (!passes && strncmp(soak->reply, "action=DEFER", 12) != 0)
		policyd_soak_problem(soak, "an odd reply: \"%s\"", soak->reply);
	return (passes);
}

static void
set(struct request *request, enum request_attribute attribute, const char *text)
{
	request->attributes[attribute] = span_str(text);
}

/* Ask about ${mail} over ${connection}; the texts need not outlive it. */
static bool
ask_mail(struct policyd_soak *soak, uint64_t connection,
    const struct policyd_soak_mail *mail, enum request_state state,
    unsigned int number)
{
	struct request request = { .state = state };
	const char *user = soak->users[mail->user].name;
	char instance[48];
	char recipient[64];

	(void)snprintf(
	    instance, sizeof(instance), "%" PRIx64 ".0.0", mail->number);
	(void)snprintf(
	    recipient, sizeof(recipient), "to%u@example.net", number);
	set(&request, REQUEST_REQUEST, "smtpd_access_policy");
	set(&request, REQUEST_CLIENT_ADDRESS, "203.0.113.9");
	(void)network_address_parse("203.0.113.9", &request.client);
	set(&request, REQUEST_INSTANCE, instance);
	set(&request, REQUEST_SENDER, user);
	set(&request, REQUEST_SASL_USERNAME, user);
	if (state == REQUEST_STATE_RCPT)
		set(&request, REQUEST_RECIPIENT, recipient);
	else
		request.recipient_count = number;
	if (state == REQUEST_STATE_END_OF_MESSAGE)
		request.size = mail->bytes;
	return (ask(soak, connection, &request));
}

/* What the answer to so many more recipients and messages must be, by the
 * model. */
static void
judge(struct policyd_soak *soak, const struct policyd_soak_mail *mail,
    bool passes, uint64_t recipients, uint64_t messages)
{
	struct policyd_soak_user *user = &soak->users[mail->user];
	const uint64_t rates[] = { POLICYD_SOAK_HOUR_RATE,
		POLICYD_SOAK_DAY_RATE };
	const uint64_t more[] = { recipients, messages };
	bool must_pass = true;

	for (int i = 0; i <= POLICYD_SOAK_DAY; i++) {
		struct policyd_soak_list *list = &user->lists[i];

		policyd_soak_forget(list, soak->now);
		if (policyd_soak_most(list, soak->now) + more[i] > rates[i])
			must_pass = false;
		if (passes && more[i] > 0 &&
		    policyd_soak_least(list, soak->now) + more[i] > rates[i])
			policyd_soak_problem(soak, "%s: one too many of %s",
			    user->name, i == 0 ? "recipients" : "messages");
	}
	if (!passes && must_pass)
		policyd_soak_problem(soak, "%s: refused for nothing: %s",
		    user->name, soak->reply);
}

/* Postfix sends it again over another connection, when the answer was late. */
static void
resend(struct policyd_soak *soak, const struct policyd_soak_mail *mail,
    unsigned int number, bool passed)
{
	uint64_t connection = ++soak->connection;

	if (ask_mail(soak, connection, mail, REQUEST_STATE_RCPT, number) !=
	    passed)
		policyd_soak_problem(
		    soak, "the same request again has another answer");
	engine_closed(soak->engine, connection);
}

static void
say_recipient(struct policyd_soak *soak, uint64_t connection,
    struct policyd_soak_mail *mail)
{
	struct policyd_soak_user *user = &soak->users[mail->user];
	bool passes =
	    ask_mail(soak, connection, mail, REQUEST_STATE_RCPT, mail->asked);

	judge(soak, mail, passes, 1, mail->passed == 0 ? 1 : 0);
	if (passes) {
		policyd_soak_add(&user->lists[POLICYD_SOAK_HOUR], mail->number,
		    1, soak->now);
		if (mail->passed == 0)
			policyd_soak_add(&user->lists[POLICYD_SOAK_DAY],
			    mail->number, 1, soak->now);
		mail->passed++;
		soak->passed++;
	} else
		soak->deferred++;
	if (policyd_soak_random(soak, 10) == 0)
		resend(soak, mail, mail->asked, passes);
	mail->asked++;
}

/* Another restriction refused one of them: DATA tells. */
static void
say_data(struct policyd_soak *soak, uint64_t connection,
    struct policyd_soak_mail *mail)
{
	struct policyd_soak_user *user = &soak->users[mail->user];

	if (mail->passed > 1 && policyd_soak_random(soak, 10) == 0) {
		mail->passed--;
		policyd_soak_end(&user->lists[POLICYD_SOAK_HOUR], mail->number,
		    mail->passed, soak->now, soak->now);
	}
	if (!ask_mail(soak, connection, mail, REQUEST_STATE_DATA, mail->passed))
		policyd_soak_problem(soak, "DATA is deferred");
	mail->data = true;
	mail->news = soak->now;
}

static void
say_end(struct policyd_soak *soak, uint64_t connection,
    struct policyd_soak_mail *mail)
{
	struct policyd_soak_user *user = &soak->users[mail->user];

	if (!ask_mail(soak, connection, mail, REQUEST_STATE_END_OF_MESSAGE,
		mail->passed))
		policyd_soak_problem(soak, "END-OF-MESSAGE is deferred");
	policyd_soak_add(&user->lists[POLICYD_SOAK_BYTES], mail->number,
	    mail->bytes, soak->now);
}

/* All that counts of ${mail} is given back within these times. */
static void
give_back(struct policyd_soak *soak, const struct policyd_soak_mail *mail,
    int64_t surely, int64_t perhaps)
{
	struct policyd_soak_user *user = &soak->users[mail->user];

	for (int i = 0; i <= POLICYD_SOAK_DAY; i++)
		policyd_soak_end(
		    &user->lists[i], mail->number, 0, surely, perhaps);
}

static void
begin(struct policyd_soak *soak, struct policyd_soak_mail *mail)
{
	uint64_t kind = policyd_soak_random(soak, 100);
	uint64_t who = policyd_soak_random(soak, soak->user_count);

	*mail = (struct policyd_soak_mail){ .number = ++soak->mails,
		/* Some send much, most little. */
		.user = policyd_soak_random(soak, who + 1),
		.wanted =
		    1 + (unsigned)policyd_soak_random(soak, MAX_RECIPIENTS),
		.bytes = 500 + policyd_soak_random(soak, 100000) };
	if (kind < 8)
		mail->kind = POLICYD_SOAK_ABORTED;
	else if (kind < 12)
		mail->kind = POLICYD_SOAK_VANISHES;
	else if (kind < 16)
		mail->kind = POLICYD_SOAK_MOVES;
	else if (kind < 18)
		mail->kind = POLICYD_SOAK_TOO_LATE;
}

static void
arrive_late(struct policyd_soak *soak, const struct policyd_soak_mail *mail)
{
	size_t place =
	    (soak->late_first + soak->late_count) % POLICYD_SOAK_LATE;

	give_back(soak, mail, mail->news + HOLD, mail->news + HOLD + SWEEP);
	if (mail->passed == 0 || soak->late_count == POLICYD_SOAK_LATE)
		return;
	soak->late[place].mail = *mail;
	soak->late[place].due = soak->now + LATE;
	soak->late_count++;
}

/* The connection ends in the middle of ${mail}.  Return whether the mail goes
 * on over the new one. */
static bool
hang_up(struct policyd_soak *soak, size_t place)
{
	struct policyd_soak_mail *mail = &soak->connections[place].mail;

	engine_closed(soak->engine, soak->connections[place].id);
	soak->connections[place].id = ++soak->connection;
	switch (mail->kind) {
	case POLICYD_SOAK_MOVES:
		mail->kind = POLICYD_SOAK_ARRIVES;
		return (true);
	case POLICYD_SOAK_TOO_LATE:
		arrive_late(soak, mail);
		return (false);
	case POLICYD_SOAK_VANISHES:
		give_back(
		    soak, mail, mail->news + HOLD, mail->news + HOLD + SWEEP);
		return (false);
	case POLICYD_SOAK_ARRIVES:
	case POLICYD_SOAK_ABORTED:
		break;
	}
	return (false);
}

/* After the last recipient, a mail does what it must. */
static void
go_on(struct policyd_soak *soak, size_t place)
{
	struct policyd_soak_mail *mail = &soak->connections[place].mail;
	uint64_t id = soak->connections[place].id;

	if (mail->kind == POLICYD_SOAK_ARRIVES && mail->passed > 0 &&
	    !mail->data) {
		say_data(soak, id, mail);
		return;
	}
	if (mail->kind == POLICYD_SOAK_ARRIVES && mail->passed > 0)
		say_end(soak, id, mail);
	else if (mail->kind != POLICYD_SOAK_ARRIVES &&
		 mail->kind != POLICYD_SOAK_ABORTED && hang_up(soak, place))
		return;
	mail->over = true;
}

/* One request more over a connection.  What the mail before it reserved is
 * given back when the next one is seen. */
void
policyd_soak_advance(struct policyd_soak *soak, size_t place)
{
	struct policyd_soak_mail *mail = &soak->connections[place].mail;
	struct policyd_soak_mail next;

	if (mail->number == 0 || mail->over) {
		begin(soak, &next);
		if (mail->number != 0 && mail->kind == POLICYD_SOAK_ABORTED)
			give_back(soak, mail, soak->now, soak->now);
		*mail = next;
	}
	if (mail->asked < mail->wanted) {
		mail->news = soak->now;
		say_recipient(soak, soak->connections[place].id, mail);
	} else
		go_on(soak, place);
}

/* It arrives when what it reserved is given back: it counts again, now, and is
 * deferred if it does not fit any more. */
static void
end_late(struct policyd_soak *soak, const struct policyd_soak_mail *mail)
{
	struct policyd_soak_user *user = &soak->users[mail->user];
	uint64_t connection = ++soak->connection;
	bool passes = ask_mail(
	    soak, connection, mail, REQUEST_STATE_END_OF_MESSAGE, mail->passed);

	engine_closed(soak->engine, connection);
	judge(soak, mail, passes, mail->passed, 1);
	if (!passes)
		return;
	policyd_soak_add(&user->lists[POLICYD_SOAK_HOUR], mail->number,
	    mail->passed, soak->now);
	policyd_soak_add(
	    &user->lists[POLICYD_SOAK_DAY], mail->number, 1, soak->now);
	policyd_soak_add(&user->lists[POLICYD_SOAK_BYTES], mail->number,
	    mail->bytes, soak->now);
}

void
policyd_soak_take_late(struct policyd_soak *soak)
{
	while (soak->late_count > 0 &&
	       soak->late[soak->late_first].due <= soak->now) {
		end_late(soak, &soak->late[soak->late_first].mail);
		soak->late_first = (soak->late_first + 1) % POLICYD_SOAK_LATE;
		soak->late_count--;
	}
}

/* Strangers from all over the world, each network once or twice. */
void
policyd_soak_stranger(struct policyd_soak *soak)
{
	struct request request = { .state = REQUEST_STATE_RCPT };
	char address[32];
	char instance[48];
	uint64_t network = policyd_soak_random(soak, 1 << 20);
	uint64_t connection = ++soak->connection;

	(void)snprintf(address, sizeof(address), "%u.%u.%u.9",
	    (unsigned)(20 + (network >> 16)), (unsigned)(network >> 8 & 255),
	    (unsigned)(network & 255));
	(void)snprintf(
	    instance, sizeof(instance), "s%" PRIx64 ".0.0", connection);
	set(&request, REQUEST_REQUEST, "smtpd_access_policy");
	set(&request, REQUEST_CLIENT_ADDRESS, address);
	(void)network_address_parse(address, &request.client);
	set(&request, REQUEST_INSTANCE, instance);
	set(&request, REQUEST_SENDER, "ann@example.net");
	set(&request, REQUEST_RECIPIENT, "bob@example.org");
	(void)ask(soak, connection, &request);
	engine_closed(soak->engine, connection);
}

void
policyd_soak_hang_up(struct policyd_soak *soak)
{
	for (size_t i = 0; i < POLICYD_SOAK_CONNECTIONS; i++) {
		struct policyd_soak_mail *mail = &soak->connections[i].mail;

		engine_closed(soak->engine, soak->connections[i].id);
		soak->connections[i].id = ++soak->connection;
		if (mail->number != 0 &&
		    (!mail->over || mail->kind == POLICYD_SOAK_ABORTED))
			give_back(soak, mail, mail->news + HOLD,
			    mail->news + HOLD + SWEEP);
		mail->number = 0;
	}
}
