/*
 * log_format.h: one event as a line of text or JSON.
 */
#ifndef BASE_LOG_FORMAT_H
#define BASE_LOG_FORMAT_H

#include "base/buf.h"
#include "base/log.h"

/**
 * log_format_text(buf, field), log_format_json(buf, field):
 * Append ${field} to ${buf} as ` key=value' or as `,"key":"value"'.  Text: a
 * value that holds anything but graphic ASCII or valid UTF-8, or a `"', `=' or
 * blank, is quoted, with bytes written \xHH where they are not printable.
 */
void log_format_text(struct buf *buf, const struct log_field *field);
void log_format_json(struct buf *buf, const struct log_field *field);

/**
 * log_format_value(buf, text):
 * Append ${text} to ${buf} for a terminal: `"' and `\' after a `\', and bytes
 * that are not printable as \xHH.
 */
void log_format_value(struct buf *buf, struct span text);

/**
 * log_format_printable(buf, text):
 * Append ${text} to ${buf} for a terminal, where nothing is quoted: only bytes
 * that are not printable are changed, to \xHH.
 */
void log_format_printable(struct buf *buf, struct span text);

/**
 * log_format_utf8(bytes):
 * Return the length of the valid, printable UTF-8 sequence that ${bytes} begin
 * with (RFC 3629; C0, C1 and bidirectional controls are not printable), or 0.
 */
size_t log_format_utf8(struct span bytes);

#endif
