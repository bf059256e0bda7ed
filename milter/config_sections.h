/*
 * config_sections.h: the sections of the milter's configuration, as read.
 */
#ifndef MILTER_CONFIG_SECTIONS_H
#define MILTER_CONFIG_SECTIONS_H

#include "conf/conf.h"

/* signing "PATTERN" { ... } */
struct config_signing {
	struct conf_place place;
	const char *domain;
	struct conf_list keys;
	const char *identity;
};

/* sender "LOGIN or PATTERN" { ... } */
struct config_sender {
	struct conf_place place;
	struct conf_list from;
};

/* rule "NAME" { ... } */
struct config_rule {
	struct conf_place place;
	struct conf_list from;
	struct conf_list client;
	struct conf_list recipient;
	struct conf_list signed_by;
	struct conf_list mail_from;
	struct conf_list results;
	int action;
};

#endif
