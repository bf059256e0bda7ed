#include "receiver/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void
inside_exit(int status)
{
	(void)syscall(SYS_exit_group, status);
	abort();
}

static void
read_all(int fd, unsigned char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = read(fd, &bytes[done], len - done);

		if (got > 0)
			done += (size_t)got;
		else if (got == 0 || errno != EINTR)
			inside_exit(INSIDE_EXIT_PIPE);
	}
}

static void
write_all(int fd, const unsigned char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t put = write(fd, &bytes[done], len - done);

		if (put > 0)
			done += (size_t)put;
		else if (put == 0 || errno != EINTR)
			inside_exit(INSIDE_EXIT_PIPE);
	}
}

void
inside_read(const struct inside *inside, struct arena *arena, struct frame *out)
{
	unsigned char header[FRAME_HEADER_BYTES] = { 0 };
	struct span cursor = span_new(header, sizeof(header));
	uint32_t len;

	read_all(inside->in, header, sizeof(header));
	span_skip(&cursor, 2);
	if (header[0] != FRAME_VERSION || header[1] > FRAME_LAST ||
	    !frame_take_number(&cursor, &len) || len > FRAME_MAX_TO_CHILD)
		inside_exit(INSIDE_EXIT_PIPE);
	unsigned char *payload = arena_alloc(arena, (size_t)len + 1);

	read_all(inside->in, payload, len);
	out->type = (enum frame_type)header[1];
	out->payload = span_new(payload, len);
}

void
inside_write(
    const struct inside *inside, enum frame_type type, struct span payload)
{
	unsigned char header[FRAME_HEADER_BYTES];

	frame_header(type, payload.len, header);
	write_all(inside->out, header, sizeof(header));
	write_all(inside->out, payload.data, payload.len);
}

void
inside_say(const struct inside *inside, const struct wire_opinion *opinion)
{
	struct arena *arena = arena_new();
	struct buf payload;

	buf_init(&payload, arena, FRAME_MAX_FROM_CHILD);
	wire_add_opinion(&payload, opinion);
	inside_write(inside, FRAME_OPINION, buf_span(&payload));
	arena_free(arena);
}

void
inside_ask(const struct inside *inside, const char *name, uint32_t type,
    struct arena *arena, struct dns_answer *answer)
{
	const struct wire_question question = { .name = name, .type = type };
	struct frame frame;
	struct buf payload;

	buf_init(&payload, arena, FRAME_MAX_FROM_CHILD);
	wire_add_question(&payload, &question);
	inside_write(inside, FRAME_QUESTION, buf_span(&payload));
	inside_read(inside, arena, &frame);
	if (frame.type != FRAME_ANSWER ||
	    !wire_take_answer(frame.payload, arena, answer))
		inside_exit(INSIDE_EXIT_PIPE);
}
