/*
 * spf2.h: libspf2 as a receiver: what a mail server with Exim's or OpenDMARC's
 * SPF makes of a client and a sender.
 */
#ifndef RECEIVER_SPF2_H
#define RECEIVER_SPF2_H

#include "receiver/receiver.h"

/* libspf2's numbers (SPF_E_...) that explanations know. */
enum spf2_code {
	SPF2_SUCCESS = 0,
	SPF2_NOT_SPF = 2,
	SPF2_SYNTAX = 3,
	SPF2_INVALID_CHAR = 5,
	SPF2_UNKNOWN_MECH = 6,
	SPF2_INVALID_CIDR = 8,
	SPF2_MISSING_OPT = 9,
	SPF2_INVALID_ESC = 11,
	SPF2_INVALID_VAR = 12,
	SPF2_INVALID_DELIM = 14,
	SPF2_BIG_STRING = 15,
	SPF2_BIG_MECH = 16,
	SPF2_BIG_MOD = 17,
	SPF2_BIG_DNS = 18,
	SPF2_DNS_ERROR = 26,
	SPF2_INCLUDE_NONE = 30,
	SPF2_RECURSIVE = 31,
	SPF2_MULTIPLE = 32,
};

/* It evaluates with the library's own limits, as Exim has it.  Where it calls a
 * result invalid, a failure of the DNS counts as temperror and all else as
 * permerror. */
extern const struct receiver_library spf2_library;

#endif
