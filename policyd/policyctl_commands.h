/*
 * policyctl_commands.h: the commands of mailreeve-policyctl, each in the file
 * of its name.
 */
#ifndef POLICYD_POLICYCTL_COMMANDS_H
#define POLICYD_POLICYCTL_COMMANDS_H

#include "policyctl_options.h"

extern const struct policyctl_command policyctl_show_command;
extern const struct policyctl_command policyctl_top_command;
extern const struct policyctl_command policyctl_change_reset;
extern const struct policyctl_command policyctl_change_allow;
extern const struct policyctl_command policyctl_change_block;
extern const struct policyctl_command policyctl_change_list;
extern const struct policyctl_command policyctl_change_release;
extern const struct policyctl_command policyctl_override_command;
extern const struct policyctl_command policyctl_explain_command;
extern const struct policyctl_command policyctl_doctor_command;
extern const struct policyctl_command policyctl_snippet_command;
extern const struct policyctl_command policyctl_replay_command;
extern const struct policyctl_command policyctl_feed_command;

#endif
