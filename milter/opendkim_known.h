/*
 * opendkim_known.h: the names of OpenDKIM's settings, and what becomes of those
 * that are not taken over.
 */
#ifndef MILTER_OPENDKIM_KNOWN_H
#define MILTER_OPENDKIM_KNOWN_H

enum opendkim_kind {
	OPENDKIM_TAKEN,    /* opendkim_settings.c or opendkim_rules.c does */
	OPENDKIM_UNNEEDED, /* means nothing here, or is ours to say */
	OPENDKIM_OURS,     /* set an option of ours */
	OPENDKIM_LOST,     /* cannot be honoured */
	OPENDKIM_LOST_YES, /* likewise; only a Boolean that is true matters */
	OPENDKIM_LOST_ACTION, /* likewise; only what is not accept matters */
};

struct opendkim_known {
	const char *name;
	enum opendkim_kind kind;
	const char *instead; /* of what is lost: what happens; the option */
};

/* Ends with a name that is NULL. */
extern const struct opendkim_known opendkim_known[];

/**
 * opendkim_known_find(name):
 * Return what is known of the setting ${name}, whatever its case, or NULL.
 */
const struct opendkim_known *opendkim_known_find(const char *name);

#endif
