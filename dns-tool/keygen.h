/*
 * keygen.h: mailreeve-dns keygen, new DKIM keys for a domain.
 */
#ifndef DNS_TOOL_KEYGEN_H
#define DNS_TOOL_KEYGEN_H

/**
 * keygen(argc, argv):
 * Make keys as the command line ${argv}, which begins with the command's own
 * name, says.  Return an exit status of sysexits.h.
 */
int keygen(int argc, char *argv[]);

#endif
