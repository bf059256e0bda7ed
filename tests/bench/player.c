#include "player.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "support/milter_wire.h"

/* Postfix writes as much at once: VSTREAM_BUFSIZE. */
#define WRITE_BYTES ((size_t)4096)
#define READ_BYTES ((size_t)65536)
#define TIMEOUT_SECONDS 30
#define SCRIPT_BYTES ((size_t)16 * 1024 * 1024)
/* One message needs no more, even of a filter that answers each field. */
#define MESSAGE_TURNS_MAX 64
#define RESULTS "Authentication-Results"

/* One connection to a filter. */
struct stage {
	const struct session *session;
	int fd;       /* -1: not yet */
	size_t turn;  /* of session, the next one */
	size_t start; /* where in session.bytes it begins */
	size_t read;  /* bytes of buffer that were looked at */
	size_t have;
	unsigned int found; /* of the plan's expects, a bit for each */
	struct span added;  /* "Name\0value\0", the last field that it added */
	unsigned char buffer[READ_BYTES];
};

/* What is sent to one filter for one message. */
struct script {
	struct span bytes;
	size_t ends[MESSAGE_TURNS_MAX]; /* of its turns */
	size_t count;
};

struct player {
	const struct player_plan *plan;
	struct arena *arena; /* for one message */
	struct stage stages[PLAYER_STAGES_MAX];
};

static uint64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return ((uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec);
}

static int
open_socket(const char *address)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
	const char *path = address + strlen("unix:");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(where.sun_path))
		return (-1);
	memcpy(where.sun_path, path, strlen(path) + 1);
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&where, sizeof(where)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

static bool
write_all(const struct stage *stage, struct span bytes)
{
	while (bytes.len > 0) {
		struct span part = span_head(bytes, WRITE_BYTES);
		ssize_t n = send(stage->fd, part.data, part.len, MSG_NOSIGNAL);

		if (n <= 0)
			return (false);
		span_skip(&bytes, (size_t)n);
	}
	return (true);
}

/* Read the next packet; an empty one: the filter closed, or is broken. */
static struct span
read_packet(struct stage *stage)
{
	for (;;) {
		struct span left = span_new(
		    stage->buffer + stage->read, stage->have - stage->read);
		uint32_t len;

		if (milter_wire_get_u32(&left, &len) && left.len >= len) {
			stage->read += 4 + (size_t)len;
			return (span_head(left, len));
		}
		memmove(stage->buffer, stage->buffer + stage->read,
		    stage->have - stage->read);
		stage->have -= stage->read;
		stage->read = 0;
		ssize_t n = recv(stage->fd, stage->buffer + stage->have,
		    READ_BYTES - stage->have, 0);

		if (n <= 0)
			return (span_str(NULL));
		stage->have += (size_t)n;
	}
}

/* Look at ${packet}, a change that the filter asks for. */
static void
note(struct player *player, struct stage *stage, struct span packet)
{
	const struct session_plan *plan = &stage->session->plan;

	for (size_t i = 0; i < plan->expect_count; i++)
		if (memmem(packet.data, packet.len, plan->expects[i],
			strlen(plan->expects[i])) != NULL)
			stage->found |= 1U << i;
	/* The index goes. */
	if (packet.data[0] == SMFIR_INSHEADER)
		stage->added =
		    arena_dup(player->arena, span_tail(packet, 1 + 4));
	else if (packet.data[0] == SMFIR_ADDHEADER)
		stage->added = arena_dup(player->arena, span_tail(packet, 1));
}

/* Read up to the filter's last word; return it, or 0. */
static char
read_reply(struct player *player, struct stage *stage)
{
	for (;;) {
		struct span packet = read_packet(stage);

		if (packet.len == 0)
			return (0);
		if (strchr("+-2behimqp", packet.data[0]) == NULL)
			return ((char)packet.data[0]);
		note(player, stage, packet);
	}
}

static const char *
play_turn(
    struct player *player, struct stage *stage, struct span bytes, bool ends)
{
	unsigned int all = (1U << stage->session->plan.expect_count) - 1;

	stage->found = 0;
	if (!write_all(stage, bytes))
		return ("the filter takes nothing more");
	char reply = read_reply(player, stage);

	if (reply == 0)
		return ("the filter closed, or was silent too long");
	if (ends && stage->found != all)
		return ("the filter did not do the same as before");
	if (reply == SMFIR_CONTINUE || reply == SMFIR_SKIP ||
	    reply == SMFIC_OPTNEG || (ends && reply == SMFIR_ACCEPT))
		return (NULL);
	return ("the filter did not take the message");
}

/* Connect if need be, and send one message as ${script} says. */
static const char *
play_script(
    struct player *player, struct stage *stage, const struct script *script)
{
	const char *error = NULL;
	size_t start = 0;

	if (stage->fd < 0)
		stage->fd = open_socket(stage->session->plan.socket);
	if (stage->fd < 0)
		return ("cannot connect to the filter");
	for (size_t i = 0; i < script->count && error == NULL; i++) {
		error = play_turn(player, stage,
		    span_tail(span_head(script->bytes, script->ends[i]), start),
		    i + 1 == script->count);
		start = script->ends[i];
	}
	return (error);
}

/* Take the turns of the next message as they were recorded. */
static void
take_message(struct stage *stage, struct script *script)
{
	const struct session *session = stage->session;
	size_t start = stage->start;
	bool ends = false;

	script->count = 0;
	while (!ends && script->count < MESSAGE_TURNS_MAX) {
		const struct session_turn *turn =
		    &session->turns[stage->turn++];

		script->ends[script->count++] = turn->end - start;
		stage->start = turn->end;
		ends = turn->ends;
	}
	script->bytes = span_tail(
	    span_head(buf_span(&session->bytes), stage->start), start);
}

/* Append a packet with the field ${added}; a blank after the colon or none, as
 * in ${old}, which was recorded. */
static void
add_field(struct buf *out, struct span added, struct span old)
{
	unsigned char len[4];
	size_t name = sizeof(RESULTS);
	struct span value = span_tail(added, name);
	bool blank = span_at(old, 1 + name) == ' ';

	(void)span_take_byte(&value, ' ');
	milter_wire_u32(len, (uint32_t)(1 + name + blank + value.len));
	buf_add(out, span_new(len, sizeof(len)));
	buf_add_byte(out, SMFIC_HEADER);
	buf_add(out, span_head(added, name));
	if (blank)
		buf_add_byte(out, ' ');
	buf_add(out, value);
}

/* Put ${added} in the place of what the filter before had added when it was
 * recorded. */
static void
replace_added(struct arena *arena, struct script *script, struct span added)
{
	struct span rest = script->bytes;
	size_t turn = 0;
	struct buf out;
	uint32_t len;

	buf_init(&out, arena, SCRIPT_BYTES);
	for (struct span left = rest; milter_wire_get_u32(&left, &len);) {
		struct span packet = span_head(left, len);

		span_skip(&left, len);
		if (span_peek(packet) == SMFIC_HEADER &&
		    span_starts(span_tail(packet, 1), RESULTS))
			add_field(&out, added, packet);
		else
			buf_add(&out, span_head(rest, 4 + (size_t)len));
		rest = left;
		if (turn < script->count &&
		    script->ends[turn] == script->bytes.len - rest.len)
			script->ends[turn++] = out.len;
	}
	script->bytes = buf_span(&out);
}

/* Write ${to} over each ${from}, which is as long. */
static void
swap(unsigned char *bytes, size_t len, struct span from, struct span to)
{
	unsigned char *at;

	while ((at = memmem(bytes, len, from.data, from.len)) != NULL) {
		memcpy(at, to.data, to.len);
		/* UNSAFE: memmem() found it within bytes. */
		len -= (size_t)(at + to.len - bytes);
		bytes = at + to.len;
	}
}

/* Make ${script}, which sends mail number 0, send ${mail}. */
static void
make_fresh(
    struct player *player, struct script *script, const struct fresh_mail *mail)
{
	const struct fresh_mail *old = &player->plan->mails[0];
	size_t len = script->bytes.len;
	unsigned char *bytes = arena_alloc(player->arena, len);

	memcpy(bytes, script->bytes.data, len);
	swap(bytes, len, old->signature, mail->signature);
	swap(bytes, len, span_str(old->domain), span_str(mail->domain));
	script->bytes = span_new(bytes, len);
}

/* Let one message pass all filters.  What it takes to prepare it is not
 * counted. */
static const char *
play_message(
    struct player *player, const struct fresh_mail *mail, uint64_t *took)
{
	struct script script;

	*took = 0;
	for (size_t i = 0; i < player->plan->stage_count; i++) {
		struct stage *stage = &player->stages[i];

		take_message(stage, &script);
		if (mail != NULL)
			make_fresh(player, &script, mail);
		if (i > 0 && player->stages[i - 1].added.len == 0)
			return ("the filter before adds nothing");
		if (i > 0)
			replace_added(player->arena, &script,
			    player->stages[i - 1].added);
		uint64_t started = now();
		const char *error = play_script(player, stage, &script);

		if (error != NULL)
			return (error);
		*took += now() - started;
	}
	return (NULL);
}

/* The last turn is QUIT, answered by closing. */
static const char *
quit(struct stage *stage)
{
	if (!write_all(stage,
		span_tail(buf_span(&stage->session->bytes), stage->start)))
		return ("the filter does not take QUIT");
	return (
	    read_packet(stage).len == 0 ? NULL : "the filter answered QUIT");
}

static const char *
play(struct player *player, size_t first, uint64_t *took)
{
	const struct player_plan *plan = player->plan;
	const char *error = NULL;

	for (size_t i = 0; i < plan->stages[0]->plan.messages; i++) {
		player->arena = arena_new();
		error = play_message(player,
		    plan->mails == NULL ? NULL : &plan->mails[first + i],
		    took + i);
		arena_free(player->arena);
		if (error != NULL)
			return (error);
	}
	for (size_t i = 0; i < plan->stage_count && error == NULL; i++)
		error = quit(&player->stages[i]);
	return (error);
}

const char *
player_play(const struct player_plan *plan, size_t first, uint64_t *took)
{
	struct player player = { .plan = plan };

	for (size_t i = 0; i < plan->stage_count; i++)
		player.stages[i] =
		    (struct stage){ .session = plan->stages[i], .fd = -1 };
	const char *error = play(&player, first, took);

	for (size_t i = 0; i < plan->stage_count; i++)
		if (player.stages[i].fd >= 0)
			close(player.stages[i].fd);
	return (error);
}
