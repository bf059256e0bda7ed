/*
 * opendkim_settings.h: what the settings of opendkim.conf become, other than
 * the tables of keys and authors.
 */
#ifndef MILTER_OPENDKIM_SETTINGS_H
#define MILTER_OPENDKIM_SETTINGS_H

#include "config_keys.h"
#include "opendkim_file.h"

struct opendkim_dataset;

/* What was read, while a configuration is being loaded. */
struct opendkim_import {
	struct opendkim_report report;
	struct opendkim_file file;
	const char *folder;   /* BaseDirectory, or NULL */
	size_t hosts;         /* rows of InternalHosts */
	const char *unneeded; /* names of settings that mean nothing here */
};

/**
 * opendkim_settings_read(loading):
 * Read the file of the option opendkim_conf and store its settings in those of
 * the configuration that are not set in its own file; tell of each that cannot
 * be honoured.  ${loading}->opendkim has it then, or is NULL when there is no
 * such option or an error was told of.
 */
void opendkim_settings_read(struct config_loading *loading);

/**
 * opendkim_settings_place(loading, option):
 * Return the file, the line and the setting of OpenDKIM's that gave ${option}
 * its value, or NULL when that came from elsewhere.
 */
const char *opendkim_settings_place(
    const struct config_loading *loading, const char *option);

/**
 * opendkim_settings_dataset(loading, name, out):
 * Read the data set of the setting ${name}.  Return false when it is not set or
 * an error was told of.
 */
bool opendkim_settings_dataset(struct config_loading *loading, const char *name,
    struct opendkim_dataset *out);

#endif
