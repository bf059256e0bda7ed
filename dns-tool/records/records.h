/*
 * records.h: the command "records": every record that this server needs.
 */
#ifndef RECORDS_RECORDS_H
#define RECORDS_RECORDS_H

/**
 * records(argc, argv):
 * Run "mailreeve-dns records" with its arguments, ${argv}[0] being the
 * command's name.  Return the status to exit with.
 */
int records(int argc, char *argv[]);

#endif
