/*
 * policy_stage.h: the policy daemon's server on a socket, with an engine behind
 * it that echoes the instance, and clients in front: for tests that turn the
 * event loop by themselves.
 */
#ifndef SUPPORT_POLICY_STAGE_H
#define SUPPORT_POLICY_STAGE_H

#include <sys/types.h>

#include "base/arena.h"
#include "engine.h"
#include "serve.h"

#define POLICY_STAGE_HEAD "request=smtpd_access_policy\n"
#define POLICY_STAGE_WAITING 100
#define POLICY_STAGE_CONNECTIONS 60

/* What an instance begins with says when and how it is answered. */
#define POLICY_STAGE_LATER 'l' /* by policy_stage_answer_all() */
#define POLICY_STAGE_BIG 'b'   /* with so many bytes */
#define POLICY_STAGE_BIG_BYTES ((size_t)3 * 1024 * 1024)

struct policy_stage_waiting {
	engine_reply *reply;
	void *cookie;
	char instance[64];
};

/* What stands in for the engine. */
struct engine {
	struct policy_stage_waiting waiting[POLICY_STAGE_WAITING];
	size_t waits;
	size_t asked;
	uint64_t last_connection;
	size_t closed;
};

struct policy_stage {
	struct arena *arena;
	char *folder;
	char *path;
	struct event_base *base;
	struct engine engine;
	struct log *log;
	struct serve *serve; /* a test may free it, and store NULL */
	size_t warnings;     /* that were logged */
};

/**
 * policy_stage_set_up(state), policy_stage_tear_down(state):
 * Make and free a stage at ${state}, for cmocka.  What still waits is answered
 * when the server is gone.
 */
int policy_stage_set_up(void **state);
int policy_stage_tear_down(void **state);

/**
 * policy_stage_answer_all(engine):
 * Reply to all that wait.
 */
void policy_stage_answer_all(struct engine *engine);

/**
 * policy_stage_turn(stage):
 * Let the event loop do what there is to do.
 */
void policy_stage_turn(struct policy_stage *stage);

/**
 * policy_stage_load(stage):
 * Return what the server counted.
 */
struct serve_load policy_stage_load(const struct policy_stage *stage);

/**
 * policy_stage_connect(stage):
 * Return a client's socket, which does not block.
 */
int policy_stage_connect(const struct policy_stage *stage);

/**
 * policy_stage_say(fd, bytes), policy_stage_ask(fd, instance):
 * Send ${bytes}, or a request with ${instance}.
 */
void policy_stage_say(int fd, const char *bytes);
void policy_stage_ask(int fd, const char *instance);

/**
 * policy_stage_expect(fd, bytes), policy_stage_expect_silence(fd),
 * policy_stage_expect_end(fd):
 * The test fails unless that is what there is to read now.  At the end close
 * ${fd}.
 */
void policy_stage_expect(int fd, const char *bytes);
void policy_stage_expect_silence(int fd);
void policy_stage_expect_end(int fd);

#endif
