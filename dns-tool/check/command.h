/*
 * command.h: the command "check": what is expected against what is found.
 */
#ifndef CHECK_COMMAND_H
#define CHECK_COMMAND_H

/**
 * command_check(argc, argv):
 * Run "mailreeve-dns check" with its arguments, ${argv}[0] being the command's
 * name.  Return 0, 1 or 2 by the worst finding, or a status of sysexits.h.
 */
int command_check(int argc, char *argv[]);

#endif
