/*
 * ledger_frame.h: what mailreeve-quotad and its clients say to one another, as
 * frames on a stream socket.  Plain C without the rest of lib/: Dovecot loads
 * it with our plugin.
 *
 *	u32 bytes that follow | u8 version | u8 kind | u16 zero | the fields
 *
 * Numbers are big-endian; a string is a u16 with its length, its bytes, and a
 * NUL that the length counts.
 */
#ifndef LEDGER_LEDGER_FRAME_H
#define LEDGER_LEDGER_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define LEDGER_VERSION 1

/* Limits of what a frame can hold; strings without their NUL. */
#define LEDGER_MAX_ROOTS 8
#define LEDGER_MAX_KEY 255 /* of an account, and of a holder */
#define LEDGER_MAX_TEXT 4096
#define LEDGER_MAX_FRAME ((size_t)8192)
#define LEDGER_FRAME_HEADER ((size_t)8)

/* What is counted: of messages, their virtual size. */
struct ledger_amount {
	int64_t bytes;
	int64_t count;
};

enum ledger_verb {
	/* Hold room for roots[].amount of the holder, all or nothing; with a
	 * lease, add that to what it holds.  An amount of 0 is a lease for
	 * something that makes less (expunges). */
	LEDGER_RESERVE = 1,
	/* The storage has committed: what the lease holds counts from now on,
	 * and so do roots[].amount (below 0 for expunges).  No reply. */
	LEDGER_COMMIT,
	/* The storage has rolled back: give all of it back.  No reply. */
	LEDGER_RELEASE,
	/* Say what the holder's accounts have: roots[].key */
	LEDGER_LOOK,
	/* A recount begins: the reply's sequence is to be sent with its end. */
	LEDGER_RECOUNT_BEGIN,
	/* The holder has roots[].amount, unless its sequence changed since. */
	LEDGER_RECOUNT_END,
	/* The holder is to be counted anew.  No reply. */
	LEDGER_DIRTY,
	/* Would a message of `size' bytes for the recipient `holder' fit? */
	LEDGER_ASK,
	/* The user `size' may book for the holder and roots[].key from now on
	 * (trusted peers only).  No reply. */
	LEDGER_BIND,
	/* A command of mailreeve-quotactl, in `text'; replies of the result
	 * LEDGER_MORE and then one of another, each with a line of JSON. */
	LEDGER_COMMAND,
};

/* In requests. */
enum ledger_request_flag {
	/* Admit it over any limit: a move, or a save that must not fail. */
	LEDGER_FORCE = 1 << 0,
};

struct ledger_request_root {
	const char *key; /* "user/alice@a.example" */
	struct ledger_amount amount;
	struct ledger_amount limit; /* Dovecot's own; 0: it has none */
	int64_t extra;              /* bytes over any limit, this once */
};

struct ledger_request {
	enum ledger_verb verb;
	uint32_t tag;   /* comes back in the reply */
	uint32_t flags; /* enum ledger_request_flag */
	uint64_t lease; /* 0: none yet */
	uint64_t sequence;
	uint64_t size;      /* bytes, or a user's number */
	const char *holder; /* whose mailboxes: "alice@a.example" */
	const char *text;
	size_t root_count;
	struct ledger_request_root roots[LEDGER_MAX_ROOTS];
};

enum ledger_result {
	LEDGER_OK = 1,
	LEDGER_SOFT,         /* taken; over a soft limit, in its period */
	LEDGER_SOFT_EXPIRED, /* refused: over a soft limit for too long */
	LEDGER_HARD,         /* refused: over a hard limit */
	LEDGER_UNCERTAIN,    /* refused for now: only what died may be over */
	LEDGER_RECOUNT,      /* count the holder first, and ask again */
	LEDGER_CHANGED,      /* the recount was overtaken: begin anew */
	LEDGER_UNKNOWN,      /* no such holder, account or lease */
	LEDGER_AWAY,         /* the store does not answer */
	LEDGER_DENIED,       /* this peer may not */
	LEDGER_BAD,          /* the request makes no sense; text says why */
	LEDGER_MORE,         /* more lines follow */
};

/* In replies. */
enum ledger_reply_flag {
	/* The holder wants to be counted when there is time. */
	LEDGER_IS_DIRTY = 1 << 0,
};

struct ledger_reply_root {
	const char *key;
	struct ledger_amount used;
	struct ledger_amount held; /* by leases, of other holders too */
	struct ledger_amount hard; /* 0: no limit */
	struct ledger_amount soft;
	int64_t over_since; /* seconds since 1970; 0: under soft */
};

struct ledger_reply {
	enum ledger_result result;
	uint32_t tag;
	uint32_t flags; /* enum ledger_reply_flag */
	uint32_t root;  /* which of roots[] refused, or is over soft */
	uint64_t lease;
	uint64_t sequence;
	const char *text; /* "domain a.example: 1.0 of 1.0 GB used" */
	size_t root_count;
	struct ledger_reply_root roots[LEDGER_MAX_ROOTS];
};

enum ledger_frame_state {
	LEDGER_FRAME_WHOLE,
	LEDGER_FRAME_PARTIAL,
	LEDGER_FRAME_BROKEN, /* nothing that comes can mend it */
};

/**
 * ledger_frame_take(data, len, used):
 * Look whether the ${len} bytes at ${data} begin with a whole frame of our
 * version, and store in ${used} how many bytes it has.
 */
enum ledger_frame_state ledger_frame_take(
    const unsigned char *data, size_t len, size_t *used);

/**
 * ledger_frame_read_request(data, len, out), ledger_frame_read_reply(data, len,
 * out):
 * Read the frame, which ledger_frame_take() found, into ${out}; its strings lie
 * in ${data}, and are "" where none were sent.  Return 0, or -1 for what is no
 * such message.
 */
int ledger_frame_read_request(
    const unsigned char *data, size_t len, struct ledger_request *out);
int ledger_frame_read_reply(
    const unsigned char *data, size_t len, struct ledger_reply *out);

/**
 * ledger_frame_write_request(request, out), ledger_frame_write_reply(reply,
 * out):
 * Write a frame to ${out}, which has room for LEDGER_MAX_FRAME bytes; a string
 * that is NULL is "".  Return its bytes, or 0 if a string or the number of
 * roots passes its limit.
 */
size_t ledger_frame_write_request(
    const struct ledger_request *request, unsigned char *out);
size_t ledger_frame_write_reply(
    const struct ledger_reply *reply, unsigned char *out);

#endif
