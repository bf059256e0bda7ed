/*
 * opendkim.h: libopendkim as a receiver: what a mail server with OpenDKIM makes
 * of a message.
 */
#ifndef RECEIVER_OPENDKIM_H
#define RECEIVER_OPENDKIM_H

#include "receiver/receiver.h"

/* libopendkim's numbers (DKIM_SIGERROR_...) that explanations know. */
enum opendkim_code {
	OPENDKIM_OK = 0,
	OPENDKIM_DOMAIN = 2,
	OPENDKIM_EXPIRED = 3,
	OPENDKIM_FUTURE = 4,
	OPENDKIM_INVALID_L = 12,
	OPENDKIM_NO_KEY = 22,
	OPENDKIM_DNS_SYNTAX = 23,
	OPENDKIM_KEY_FAIL = 24,
	OPENDKIM_BAD_SIGNATURE = 28,
	OPENDKIM_SUBDOMAIN = 29,
	OPENDKIM_MULTIPLE = 30,
	OPENDKIM_KEY_TYPE_MISSING = 40,
	OPENDKIM_KEY_DECODE = 43,
	OPENDKIM_KEY_TOO_SMALL = 46,
	/* Ours: its parser refused the field; the whole message. */
	OPENDKIM_REFUSED_FIELD = 1000,
	OPENDKIM_REFUSED_MESSAGE = 1001,
};

/* It judges as OpenDKIM's milter does by default, except that it looks at all
 * signatures: the milter stops after OPENDKIM_MILTER_SIGNATURES. */
extern const struct receiver_library opendkim_library;
#define OPENDKIM_MILTER_SIGNATURES 3

#endif
