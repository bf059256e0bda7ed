#include "greylist_eval.h"

/* Whether something last used at ${used} should be renewed.  A clock that was
 * set back must not leave it in the future. */
static bool
is_to_renew(const struct greylist_rules *rules, int64_t used, int64_t now)
{
	int64_t step = rules->lifetime_ms / 16;

	if (step > GREYLIST_RENEW_MS)
		step = GREYLIST_RENEW_MS;
	return (now < used || now - used >= step);
}

bool
greylist_eval_has_passed(const struct greylist_rules *rules,
    const struct greylist_record *key, int64_t now)
{
	return (
	    key->passed_ms > 0 &&
	    (now < key->last_ms || now - key->last_ms < rules->lifetime_ms));
}

/* Forget what is too old of the client. */
static void
age_client(const struct greylist_rules *rules, struct greylist_client *client,
    int64_t now)
{
	if (now >= client->used_ms &&
	    now - client->used_ms >= rules->lifetime_ms)
		client->passes = 0;
	if (now < client->since_ms || now - client->since_ms > rules->window_ms)
		client->waiting = 0;
}

static void
count_pass(const struct greylist_rules *rules, struct greylist_view *view,
    bool first, int64_t now)
{
	struct greylist_client *client = &view->client;
	int64_t step = first ? GREYLIST_COUNT_MS : GREYLIST_COUNT_AGAIN_MS;

	if (first && client->waiting > 0) {
		client->waiting--;
		view->client_changed = true;
	}
	if (now < client->counted_ms) {
		client->counted_ms = now;
		view->client_changed = true;
	} else if (client->passes == 0 || now - client->counted_ms >= step) {
		client->counted_ms = now;
		if (client->passes < UINT32_MAX)
			client->passes++;
		client->used_ms = now;
		view->client_changed = true;
	}
	if (is_to_renew(rules, client->used_ms, now)) {
		client->used_ms = now;
		view->client_changed = true;
	}
}

static void
pass_again(const struct greylist_rules *rules, struct greylist_view *view,
    int64_t now, struct greylist_answer *answer)
{
	answer->result = GREYLIST_PASS;
	if (is_to_renew(rules, view->key.last_ms, now)) {
		view->key.last_ms = now;
		view->key_changed = true;
	}
	count_pass(rules, view, false, now);
}

static void
pass_first(const struct greylist_rules *rules, struct greylist_view *view,
    int64_t now, struct greylist_answer *answer)
{
	answer->result = GREYLIST_PASS;
	answer->first_pass = true;
	view->key.passed_ms = now;
	view->key.last_ms = now;
	view->key.tries++;
	view->key_changed = true;
	count_pass(rules, view, true, now);
}

static void
begin(const struct greylist_rules *rules, struct greylist_view *view,
    int64_t now, struct greylist_answer *answer)
{
	struct greylist_client *client = &view->client;

	answer->result = GREYLIST_NEW;
	answer->wait_ms = rules->delay_ms;
	if (client->waiting >= GREYLIST_MAX_WAITING)
		return;
	view->key = (struct greylist_record){ .first_ms = now, .tries = 1 };
	view->key_changed = true;
	if (client->waiting == 0)
		client->since_ms = now;
	client->waiting++;
	view->client_changed = true;
}

/* Whether the key is there and can still be taken up.  A first time in the
 * future is that of a clock that was set back since. */
static bool
waits(const struct greylist_rules *rules, const struct greylist_record *key,
    int64_t now)
{
	return (key->tries > 0 && key->passed_ms == 0 && now >= key->first_ms &&
		now - key->first_ms <= rules->window_ms);
}

/* The first time of a key stays, however often it comes too early. */
void
greylist_eval(const struct greylist_rules *rules, struct greylist_view *view,
    int64_t now, struct greylist_answer *answer)
{
	*answer = (struct greylist_answer){ .result = GREYLIST_ALLOWED };
	age_client(rules, &view->client, now);
	if (rules->auto_allow > 0 && view->client.passes >= rules->auto_allow) {
		count_pass(rules, view, false, now);
		return;
	}
	if (greylist_eval_has_passed(rules, &view->key, now)) {
		pass_again(rules, view, now, answer);
		return;
	}
	if (!waits(rules, &view->key, now)) {
		if (rules->delay_ms <= 0)
			pass_first(rules, view, now, answer);
		else
			begin(rules, view, now, answer);
		return;
	}
	answer->waited_ms = now - view->key.first_ms;
	if (answer->waited_ms >= rules->delay_ms) {
		pass_first(rules, view, now, answer);
		return;
	}
	answer->result = GREYLIST_EARLY;
	answer->wait_ms = rules->delay_ms - answer->waited_ms;
	view->key.tries++;
	view->key_changed = true;
}

/* What passed is worth more than what waits, whoever comes last. */
int64_t
greylist_eval_key_expires(
    const struct greylist_rules *rules, const struct greylist_record *key)
{
	return (key->passed_ms > 0
		    ? key->last_ms + rules->lifetime_ms
		    : key->first_ms + rules->window_ms + GREYLIST_LOST_MS);
}

int64_t
greylist_eval_client_expires(
    const struct greylist_rules *rules, const struct greylist_client *client)
{
	return (client->passes > 0 ? client->used_ms + rules->lifetime_ms
				   : client->since_ms + rules->window_ms);
}
