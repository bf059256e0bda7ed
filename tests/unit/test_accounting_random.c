/*
 * A million requests in no order that makes sense, and a naive model beside:
 * after each, what is counted is the sum of what each mail has.
 */
#include "accounting_world.h"

#define CONNECTIONS 12
#define MAILS 4000
#define RECIPIENTS 6
#define REQUESTS 1000000

/* One mail as a naive person would book it. */
struct mail {
	bool recipients[RECIPIENTS];
	uint64_t extra; /* recipients that DATA or END-OF-MESSAGE told of */
	bool message;
	uint64_t bytes;
	bool fixed; /* DATA was asked: no recipient comes any more */
	bool committed;
	bool open;
	int64_t news; /* or when it ended; 0: it was never seen */
};

struct model {
	struct mail mails[MAILS];
	int shown[CONNECTIONS]; /* the mail, or -1 */
	uint64_t messages;      /* of mails that are forgotten */
	uint64_t recipients;
	uint64_t bytes;
	uint64_t random;
	uint64_t commits;
	uint64_t aborts;
};

static uint64_t
below(struct model *model, uint64_t limit)
{
	model->random ^= model->random << 13;
	model->random ^= model->random >> 7;
	model->random ^= model->random << 17;
	return (model->random % limit);
}

static uint64_t
recipients_of(const struct mail *mail)
{
	uint64_t count = mail->extra;

	for (size_t i = 0; i < RECIPIENTS; i++)
		count += mail->recipients[i];
	return (count);
}

static void
abort_mail(struct model *model, struct mail *mail, int64_t now)
{
	if (!mail->open || mail->committed)
		return;
	*mail = (struct mail){ .news = now };
	model->aborts++;
}

/* ${connection} shows ${number}. */
static struct mail *
show(struct model *model, size_t connection, int number, int64_t now)
{
	struct mail *mail = &model->mails[number];

	if (model->shown[connection] != number && model->shown[connection] >= 0)
		abort_mail(model, &model->mails[model->shown[connection]], now);
	model->shown[connection] = number;
	mail->open = true;
	if (!mail->committed)
		mail->news = now;
	return (mail);
}

/* Postfix took ${count}: what is counted is that. */
static void
fix(struct mail *mail, uint64_t count)
{
	uint64_t counted = recipients_of(mail);

	if (count == 0)
		return;
	if (count > counted)
		mail->extra += count - counted;
	/* Who of them goes is not defined, but for how many. */
	for (; counted > count && mail->extra > 0; counted--)
		mail->extra--;
	for (size_t i = 0; counted > count; i++) {
		counted -= mail->recipients[i];
		mail->recipients[i] = false;
	}
}

/* One that ended long ago may come again as if it were another. */
static void
forget_mail(struct model *model, size_t number)
{
	struct mail *mail = &model->mails[number];

	model->messages += mail->message;
	model->recipients += recipients_of(mail);
	model->bytes += mail->bytes;
	*mail = (struct mail){ .open = false };
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (model->shown[i] == (int)number)
			model->shown[i] = -1;
}

static void
sweep(struct model *model, int64_t now)
{
	for (size_t i = 0; i < MAILS; i++) {
		struct mail *mail = &model->mails[i];

		if (mail->news == 0 || now - mail->news < HOLD)
			continue;
		if (mail->open && !mail->committed)
			abort_mail(model, mail, now);
		else
			forget_mail(model, i);
	}
}

static void
compare(struct world *world, const struct model *model)
{
	uint64_t messages = model->messages;
	uint64_t recipients = model->recipients;
	uint64_t bytes = model->bytes;

	for (size_t i = 0; i < MAILS; i++) {
		messages += model->mails[i].message;
		recipients += recipients_of(&model->mails[i]);
		bytes += model->mails[i].bytes;
	}
	assert_int_equal(world_used(world, "messages"), messages);
	assert_int_equal(world_used(world, "recipients"), recipients);
	assert_int_equal(world_used(world, "bytes"), bytes);
}

/* One request of any kind.  Each mail has its connections, as those of one
 * smtpd process, so that no two processes abort each other's. */
static void
step(struct world *world, struct model *model)
{
	static const char *const names[RECIPIENTS] = { "a@b.c", "b@b.c",
		"c@b.c", "d@b.c", "e@b.c", "f@b.c" };
	int number = (int)below(model, MAILS);
	size_t connection =
	    (size_t)number % (CONNECTIONS / 2) * 2 + below(model, 2);
	uint64_t kind = below(model, 100);
	size_t recipient = below(model, RECIPIENTS);
	char instance[16];
	struct mail *mail;

	/* Most requests are about the mail that is under way. */
	if (below(model, 8) > 0 && model->shown[connection] >= 0)
		number = model->shown[connection];
	(void)snprintf(instance, sizeof(instance), "%x", (unsigned int)number);
	if (kind >= 98) {
		transactions_closed(
		    accounting_transactions(world->accounting), connection);
		model->shown[connection] = -1;
		return;
	}
	if (kind < 70 && model->mails[number].fixed)
		kind = 90;
	mail = show(model, connection, number, world->now);
	world->size = mail->bytes;
	if (kind < 70) {
		if (!mail->message && !mail->committed)
			world->size = below(model, 1000);
		(void)world_rcpt(world, connection, instance, names[recipient]);
		if (mail->committed)
			return;
		mail->recipients[recipient] = true;
		mail->bytes = mail->message ? mail->bytes : world->size;
		mail->message = true;
	} else if (kind < 85) {
		uint64_t count = 1 + below(model, RECIPIENTS);

		(void)world_data(world, connection, instance, count);
		if (mail->committed)
			return;
		fix(mail, count);
		mail->fixed = true;
		mail->message = true;
	} else {
		uint64_t count = 1 + below(model, RECIPIENTS);

		world->size = below(model, 2000);
		(void)world_end(world, connection, instance, count);
		if (mail->committed)
			return;
		fix(mail, count);
		mail->message = true;
		mail->bytes = world->size;
		mail->committed = true;
		model->commits++;
	}
}

static void
test_million(void **state)
{
	struct world *world = *state;
	struct model *model = calloc(1, sizeof(*model));

	(void)world_limit(
	    world, "messages", "${sasl_username}", LIMIT_MESSAGES, 1u << 30);
	(void)world_limit(world, "recipients", "${sasl_username}",
	    LIMIT_RECIPIENTS, 1u << 30);
	(void)world_limit(
	    world, "bytes", "${sasl_username}", LIMIT_BYTES, 1u << 30);
	for (size_t i = 0; i < WORLD_MAX_LIMITS; i++)
		world->limits[i].rule.period_ms = 31 * DAY;
	world_begin(world);
	model->random = 42;
	for (size_t i = 0; i < CONNECTIONS; i++)
		model->shown[i] = -1;
	for (int i = 0; i < REQUESTS; i++) {
		step(world, model);
		if (i % 97 != 0)
			continue;
		world->now += (int64_t)below(model, 100) * SECOND / 10;
		accounting_tick(world->accounting, world->now);
		sweep(model, world->now);
		compare(world, model);
	}
	assert_true(model->commits > 1000);
	assert_true(model->aborts > 1000);
	free(model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { WORLD_TEST(test_million) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
