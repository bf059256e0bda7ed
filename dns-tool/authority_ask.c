#include "authority_ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authority_read.h"
#include "base/clock.h"
#include "net.h"

/* Who has not answered by then is silent, however much time there is. */
#define PATIENCE_MS 6000
/* What is lost on the way is asked again. */
#define AGAIN_MS 900
/* A server that sends nothing but rubbish is not listened to for ever. */
#define MAX_MESSAGES 2000

enum asked_state {
	ASKED_WAITING,
	ASKED_TRUNCATED,
	ASKED_DONE,
};

struct asked {
	uint16_t id;
	enum asked_state state;
	struct span message;
};

struct dialog {
	struct authority_work *work;
	struct asked *asked;
	size_t waiting;
	int64_t deadline;
	int fd;
};

/* Say what is wrong with the server, unless something worse was said. */
static void
blame(
    struct authority_work *work, enum authority_state state, const char *reason)
{
	if (state <= work->server->state)
		return;
	work->server->state = state;
	work->server->reason = arena_strdup(work->arena, reason);
}

static void
prepare(struct dialog *dialog)
{
	struct authority_work *work = dialog->work;
	uint16_t first = 0;

	/* RFC 5452 9.2: an id that nobody can guess, as the port is. */
	if (getrandom(&first, sizeof(first), 0) != (ssize_t)sizeof(first))
		first = (uint16_t)clock_monotonic_us();
	dialog->asked =
	    arena_array(work->arena, work->count, sizeof(*dialog->asked));
	for (size_t i = 0; i < work->count; i++) {
		struct asked *asked = &dialog->asked[i];

		work->answers[i] = (struct dns_answer){ .status = DNS_TIMEOUT };
		asked->id = (uint16_t)(first + i);
		if (authority_write(&work->questions[i], asked->id, work->arena,
			&asked->message)) {
			dialog->waiting++;
			continue;
		}
		asked->state = ASKED_DONE;
		work->answers[i].status = DNS_NXDOMAIN;
	}
}

static void
send_waiting(struct dialog *dialog)
{
	for (size_t i = 0; i < dialog->work->count; i++) {
		const struct asked *asked = &dialog->asked[i];

		if (asked->state == ASKED_WAITING)
			(void)send(dialog->fd, asked->message.data,
			    asked->message.len, MSG_NOSIGNAL);
	}
}

static void
end(struct dialog *dialog, size_t index, enum asked_state state)
{
	dialog->asked[index].state = state;
	dialog->waiting--;
}

/* Take ${message} as the answer to the question at ${index}; false if it is
 * none. */
static bool
take_as(struct dialog *dialog, size_t index, struct span message)
{
	struct authority_work *work = dialog->work;
	struct dns_answer answer;

	switch (authority_read(message, &work->questions[index],
	    dialog->asked[index].id, work->arena, &answer)) {
	case AUTHORITY_READ_FOREIGN:
		return (false);
	case AUTHORITY_READ_TRUNCATED:
		end(dialog, index, ASKED_TRUNCATED);
		return (true);
	case AUTHORITY_READ_LAME:
		blame(work, AUTHORITY_LAME,
		    "it does not answer for this zone with authority");
		break;
	case AUTHORITY_READ_BROKEN:
		blame(work, AUTHORITY_BROKEN,
		    "it answers with an error, or what cannot be read");
		break;
	case AUTHORITY_READ_ANSWER:
		break;
	}
	work->answers[index] = answer;
	end(dialog, index, ASKED_DONE);
	return (true);
}

static void
take(struct dialog *dialog, struct span message)
{
	for (size_t i = 0; i < dialog->work->count; i++)
		if (dialog->asked[i].state == ASKED_WAITING &&
		    take_as(dialog, i, message))
			return;
}

static void
fail_udp(struct dialog *dialog)
{
	blame(dialog->work, AUTHORITY_SILENT,
	    errno == ETIMEDOUT || errno == EAGAIN
		? "it does not answer in time"
		: arena_printf(dialog->work->arena, "it cannot be reached: %s",
		      strerror(errno)));
}

static void
ask_udp(struct dialog *dialog)
{
	unsigned char message[AUTHORITY_UDP_BYTES];
	int64_t again = 0;

	for (size_t count = 0; dialog->waiting > 0 && count < MAX_MESSAGES;) {
		int64_t now = clock_monotonic_ms();

		if (now >= again) {
			send_waiting(dialog);
			again = now + AGAIN_MS;
		}
		if (now >= dialog->deadline)
			break;
		if (!net_wait(dialog->fd, POLLIN,
			again < dialog->deadline ? again : dialog->deadline))
			continue;
		ssize_t got = recv(dialog->fd, message, sizeof(message), 0);

		if (got < 0 && errno != EAGAIN && errno != EINTR) {
			fail_udp(dialog);
			return;
		}
		count++;
		if (got > 0)
			take(dialog, span_new(message, (size_t)got));
	}
	if (dialog->waiting > 0) {
		errno = ETIMEDOUT;
		fail_udp(dialog);
	}
}

/* Ask the truncated question at ${index} over the stream (RFC 7766 8). */
static bool
ask_again(struct dialog *dialog, size_t index)
{
	struct asked *asked = &dialog->asked[index];
	unsigned char len[2] = { (unsigned char)(asked->message.len >> 8),
		(unsigned char)asked->message.len };
	unsigned char *message;
	size_t size;

	if (!net_send(dialog->fd, len, sizeof(len), dialog->deadline) ||
	    !net_send(dialog->fd, asked->message.data, asked->message.len,
		dialog->deadline) ||
	    !net_receive(dialog->fd, len, sizeof(len), dialog->deadline))
		return (false);
	size = (size_t)len[0] << 8 | len[1];
	message = arena_alloc(dialog->work->arena, size);
	if (!net_receive(dialog->fd, message, size, dialog->deadline))
		return (false);
	asked->state = ASKED_WAITING;
	dialog->waiting++;
	if (!take_as(dialog, index, span_new(message, size)) ||
	    asked->state != ASKED_DONE) {
		errno = EPROTO;
		return (false);
	}
	return (true);
}

static void
ask_tcp(struct dialog *dialog)
{
	struct authority_work *work = dialog->work;
	bool works = true;

	for (size_t i = 0; i < work->count && works; i++) {
		if (dialog->asked[i].state != ASKED_TRUNCATED)
			continue;
		if (dialog->fd < 0)
			dialog->fd = net_connect(&work->server->address,
			    work->server->port, SOCK_STREAM, dialog->deadline);
		works = dialog->fd >= 0 && ask_again(dialog, i);
	}
	if (!works)
		blame(work, AUTHORITY_BROKEN,
		    arena_printf(work->arena,
			"what does not fit into UDP it does not answer by TCP: "
			"%s",
			errno == 0 ? "it hangs up" : strerror(errno)));
}

static void
hang_up(struct dialog *dialog)
{
	if (dialog->fd >= 0)
		(void)close(dialog->fd);
	dialog->fd = -1;
}

void
authority_ask_server(struct authority_work *work)
{
	const int64_t patience = clock_monotonic_ms() + PATIENCE_MS;
	struct dialog dialog = { .work = work,
		.deadline =
		    work->deadline < patience ? work->deadline : patience };

	prepare(&dialog);
	dialog.fd = net_connect(&work->server->address, work->server->port,
	    SOCK_DGRAM, dialog.deadline);
	if (dialog.fd < 0) {
		fail_udp(&dialog);
		return;
	}
	ask_udp(&dialog);
	hang_up(&dialog);
	ask_tcp(&dialog);
	hang_up(&dialog);
}

void
authority_keep(struct authority_work *work, struct arena *arena)
{
	if (work->server->reason != NULL)
		work->server->reason =
		    arena_strdup(arena, work->server->reason);
	for (size_t i = 0; i < work->count; i++) {
		struct dns_answer *answer = &work->answers[i];
		struct span *rdata =
		    arena_array(arena, answer->count, sizeof(*rdata));

		for (size_t j = 0; j < answer->count; j++)
			rdata[j] = arena_dup(arena, answer->rdata[j]);
		answer->rdata = rdata;
	}
}
