#include "support/unit.h"

#include "mail/address.h"

#include <stdlib.h>
#include <string.h>

#define MAX_DOMAINS 4

struct from_case {
	const char *headers;
	enum from_status status;
	const char *address; /* FROM_OK */
	const char *domains[MAX_DOMAINS];
};

static const struct from_case cases[] = {
	{ "To: a@b.example\r\n", FROM_NONE, NULL, { 0 } },
	{ "From: a@b.example\r\n", FROM_OK, "a@b.example", { "b.example" } },
	{ "FROM \t:Ann <Ann@B.Example>\r\n", FROM_OK, "Ann@b.example",
	    { "b.example" } },
	{ "From: a@b.example (Ann, a comment)\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: < a@b.example >\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: =?utf-8?b?PGFAZXZpbC5leGFtcGxlPg==?=\r\n <a@b.example>\r\n",
	    FROM_OK, "a@b.example", { "b.example" } },
	{ "From: \"x@evil.example\" <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: \"'X, Y' via Z\" <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: \"a \\\"b\\\" c\" <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: \"Ann\r\n Lee\" <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: \"ann lee\"@b.example\r\n", FROM_OK, "\"ann lee\"@b.example",
	    { "b.example" } },
	{ "From: \"ann.lee\"@b.example\r\n", FROM_OK, "ann.lee@b.example",
	    { "b.example" } },
	{ "From: \"ann.\"@b.example\r\n", FROM_OK, "\"ann.\"@b.example",
	    { "b.example" } },
	/* Bytes that are no UTF-8 harm only in an address. */
	{ "From: \xfc <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: \xfc@b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	/* RFC 6532, and U-labels that are A-labels. */
	{ "From: \xc3\xbc@b\xc3\xbc.example\r\n", FROM_OK,
	    "\xc3\xbc@xn--b-eha.example", { "xn--b-eha.example" } },
	{ "From: a@b\xc3\xbc.example, b@XN--B-EHA.Example\r\n", FROM_OK,
	    "a@xn--b-eha.example", { "xn--b-eha.example" } },
	/* Several authors, groups and nobody (RFC 6854). */
	{ "From: a@b.example, c@b.example\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: a@b.example, c@d.example\r\n", FROM_SEVERAL_DOMAINS, NULL,
	    { "b.example", "d.example" } },
	{ "From: T: a@b.example;\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: T: a@b.example;, c@d.example\r\n", FROM_SEVERAL_DOMAINS, NULL,
	    { "b.example", "d.example" } },
	{ "From: Nobody:;\r\n", FROM_NO_MAILBOX, NULL, { 0 } },
	{ "From:\r\n", FROM_NO_MAILBOX, NULL, { 0 } },
	{ "From: (nobody)\r\n", FROM_NO_MAILBOX, NULL, { 0 } },
	/* Several fields, whatever is in them. */
	{ "From: a@b.example\r\nFrom: a@b.example\r\n", FROM_SEVERAL_FIELDS,
	    NULL, { "b.example" } },
	{ "From: a@b.example\r\nFROM : c@d.example\r\n", FROM_SEVERAL_FIELDS,
	    NULL, { "b.example", "d.example" } },
	{ "From:\r\nFrom: <x@y.example> <a@b.example>\r\n", FROM_SEVERAL_FIELDS,
	    NULL, { "y.example", "b.example" } },
	/* A route, which others take for the address. */
	{ "From: <@x.example,@y.example:a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "x.example", "y.example", "b.example" } },
	/* Two addresses where one is due. */
	/* What stands before itself is the same to every reader. */
	{ "From: ann.lee@b.example <ann.lee@b.example>\r\n", FROM_OK,
	    "ann.lee@b.example", { "b.example" } },
	{ "From: Ann@B.example\r\n <ann@b.example>\r\n", FROM_OK,
	    "ann@b.example", { "b.example" } },
	{ "From: ann@b.example<ann@b.example> \r\n", FROM_OK, "ann@b.example",
	    { "b.example" } },
	{ "From: bob@b.example <ann@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: ann@b.example <ann@b.example> x\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: ann@b.example <ann@b.example>, <x@y.example>\r\n",
	    FROM_MALFORMED, NULL, { "b.example", "y.example" } },
	{ "From: ann@b.example (x@y.example) <ann@b.example>\r\n",
	    FROM_MALFORMED, NULL, { "b.example", "y.example" } },
	{ "From: a@@b.example <a@@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: ann@b.example\001 <ann@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: x@y.example <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: <x@y.example> <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: <x@y.example>a@b.example\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: <a@b.example> trailing\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: <x@y.example@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: \"x@y.example\"@b.example\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: \\<x@y.example>, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: <x@y.example>\\, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: (<x@y.example>) a@b.example\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: \"=?utf-8?q?x=40y.example?=\"@b.example\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: a.\"b.=?x\"@b.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?q?x=40y.example?=@b.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	/* Stray brackets, quotes and comments. */
	{ "From: a@b.example>\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: >a@b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: <<a@b.example>>\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: <a@b.example\r\n", FROM_OK, "a@b.example", { "b.example" } },
	{ "From: \"Ann <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: (Ann <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: 'X, Y' via Z <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	/* Blanks and comments inside the address, read in two ways. */
	{ "From: a@b . example\r\n", FROM_MALFORMED, NULL,
	    { "b", "b.example" } },
	{ "From: a@b.example(x).evil.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example", "b.example.evil.example" } },
	{ "From: a@b.example\r\n .evil.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example", "b.example.evil.example" } },
	{ "From: a @ b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: <a@b.example(c@d.example)>\r\n", FROM_MALFORMED, NULL,
	    { "b.example", "d.example" } },
	{ "From: <a@b.example(x)>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: a@b.example (c@d.example)\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: a(x)@b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	/* No domain name. */
	{ "From: a\r\n", FROM_MALFORMED, NULL, { 0 } },
	{ "From: a@[192.0.2.1]\r\n", FROM_MALFORMED, NULL, { 0 } },
	{ "From: a@b'c.example\r\n", FROM_MALFORMED, NULL, { "b" } },
	{ "From: a@b.example.\r\n", FROM_OK, "a@b.example", { "b.example" } },
	{ "From: a@-\r\n", FROM_MALFORMED, NULL, { 0 } },
	{ "From: a@b.example, c@-\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: \"\"@b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	/* What cannot be a name is shown all the same, and its end read. */
	{ "From: a@x..b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: a@-.c.b.example\r\n", FROM_MALFORMED, NULL,
	    { "c.b.example" } },
	{ "From: a@c.-.b.example.\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: a@\xff.b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: a@x'.b.example\r\n", FROM_MALFORMED, NULL,
	    { "x", "b.example" } },
	{ "From: a@!.b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: a@-.l9.l8.l7.l6.l5.l4.l3.l2.example\r\n", FROM_MALFORMED, NULL,
	    { "l8.l7.l6.l5.l4.l3.l2.example" } },
	{ "From: a@b.-.example\r\n", FROM_MALFORMED, NULL, { 0 } },
	/* What real mail has: no list, but one "@" and one reading. */
	{ "From: Foo, Bar <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo [x] <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo: Bar <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Dr. Foo (x) <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Dr. Foo, (x) <a@b.example> (y)\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo <a@b.example\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo < a@b.example \r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo, Bar <a@b.example>\r\n\t\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo,\r\n Bar\r\n <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo; Bar. <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo\tBar, <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: ,Foo <a@b.example>,\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: .Foo <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: \"Foo\" Bar, Inc. <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo \"Bar\", <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo <a@b.example>;\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: Foo <a@b.example.>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: a@b.example.\r\n", FROM_OK, "a@b.example", { "b.example" } },
	{ "From: Foo, a@b.example\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: a@b.example, b\r\n", FROM_OK, "a@b.example", { "b.example" } },
	{ "From: <a@b.example>, b\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: a@b.example;evil\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: a@b.example ,b\r\n", FROM_OK, "a@b.example", { "b.example" } },
	{ "From: F\xc3\xbc, Bar <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: =?utf-8?q?F=C3=BC?= , Foo <a@b.example>\r\n", FROM_OK,
	    "a@b.example", { "b.example" } },
	{ "From: =?UTF-8?B?RsO8?=, =?UTF-8?Q?Bar?= <a@b.example>\r\n", FROM_OK,
	    "a@b.example", { "b.example" } },
	{ "From: =?ISO-8859-15?q?F=FC?=, Foo <a@b.example>\r\n", FROM_OK,
	    "a@b.example", { "b.example" } },
	{ "From: =?utf-8?q?F=C3?= =?utf-8?q?=BC,?=, Foo <a@b.example>\r\n",
	    FROM_OK, "a@b.example", { "b.example" } },
	{ "From: Foo, =?utf-8?b?RA==?= <a@b.example>\r\n", FROM_OK,
	    "a@b.example", { "b.example" } },
	{ "From: legit.example, <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: legit.example: <a@b.example>\r\n", FROM_OK, "a@b.example",
	    { "b.example" } },
	{ "From: \"legit.example\", (legit.example) <a@b.example>\r\n", FROM_OK,
	    "a@b.example", { "b.example" } },
	{ "From: Foo, <a+b@B\xc3\xbc.Example>\r\n", FROM_OK,
	    "a+b@xn--b-eha.example", { "xn--b-eha.example" } },
	/* A gateway's address, which is a local part to everybody else. */
	{ "From: legit.example!a@b.example\r\n", FROM_OK,
	    "legit.example!a@b.example", { "b.example" } },
	{ "From: Foo, <a%legit.example@b.example>\r\n", FROM_OK,
	    "a%legit.example@b.example", { "b.example" } },
	/* A second field makes several of it, and one "@" is not enough. */
	{ "From: Foo, <a@b.example>\r\nFrom: Foo\r\n", FROM_SEVERAL_FIELDS,
	    NULL, { "b.example" } },
	/* Not so: more could be read, or something else. */
	{ "From: a@b.co m\r\n", FROM_MALFORMED, NULL, { "b.co" } },
	{ "From: a@b.co\tm\r\n", FROM_MALFORMED, NULL, { "b.co" } },
	{ "From: Foo, a@b.co m\r\n", FROM_MALFORMED, NULL, { "b.co" } },
	{ "From: Foo, <a@b.co\r\n m>\r\n", FROM_MALFORMED, NULL, { "b.co" } },
	{ "From: Foo, <a@b.co m\r\n", FROM_MALFORMED, NULL, { "b.co" } },
	{ "From: a@b.example [x]\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: Foo :-), <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, (\"(\") <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: \"Foo <a@b.example>\"\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo (x <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo a@b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: Foo, Bar a@b.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo: a@b.example\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: \"a@b.example\"\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: 'a@b.example'\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: [a@b.example]\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: <mailto:a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: (Foo <a@b.example>)\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo <b> <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: <b>, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: <a@b.example>, <b>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: <a@b.example <b\r\n", FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: x>, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo\\, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, \\<a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <.a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a..b@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a.@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <x a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a @b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <\"a\"@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <x:a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <,x:a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@ b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example..>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@.b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example x>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example(x)>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example,legit.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example;legit.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example\"legit.example\">\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example:25>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example/x>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@[192.0.2.1]>\r\n", FROM_MALFORMED, NULL, { 0 } },
	{ "From: Foo, <a@-b.example>\r\n", FROM_MALFORMED, NULL, { 0 } },
	{ "From: Foo, <a@b.example>.legit.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example> .legit.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example>x\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example>, legit.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example> \xe3\x80\x82legit\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: Foo, <a@b.example>, =?utf-8?q?x?=\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <a@b.example>\\\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: a@b.example. legit\r\n", FROM_MALFORMED, NULL,
	    { "b.example", "b.example.legit" } },
	{ "From: a@b.example, .legit\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: a@b.example;.legit\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: a@b.example\r\n .legit.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example", "b.example.legit.example" } },
	{ "From: a@b.example[legit.example]\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: a@b.example!legit\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: a@b.example=legit\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, x@y.example <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: \"x@y.example\", <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: (x@y.example) Foo, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "y.example", "b.example" } },
	{ "From: Foo, <a@b.example> @\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: x\xef\xbc\xa0y.example, <a@b.example>\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: x\xef\xb9\xaby.example, <a@b.example>\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: Foo, <a@b.example>, x\xef\xbc\xa0y\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: \xfc, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: x\xc1\x80y, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: x\x1b, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?q?x=40y.example?=, <a@b.example>\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: =?utf-8?b?eEB5LmV4YW1wbGU=?=, <a@b.example>\r\n",
	    FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: =?utf-8?b?eEB5LmV4YW1wbGU?=, <a@b.example>\r\n",
	    FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: =?utf-8?q?x=EF=BC=A0y?=, <a@b.example>\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: =?utf-8?q?x=EF=BC?= =?utf-8?q?=A0y?=, <a@b.example>\r\n",
	    FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: =?utf-8?q?x=C1=80y?=, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?q?x=0D=0AFrom:?=, <a@b.example>\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: =?utf-8?q?=3D?= =?utf-8?q?=3Futf-8=3Fq=3F=3D40=3F=3D?=, <a@b.example>\r\n",
	    FROM_MALFORMED, NULL, { "b.example" } },
	{ "From: =?utf-7?q?x+AEA-y?=, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-16?b?AHgAQAB5?=, <a@b.example>\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: =?gb2312?q?x=A3=C0y?=, <a@b.example>\r\n", FROM_MALFORMED,
	    NULL, { "b.example" } },
	{ "From: =?utf-8*en?q?x?=, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?x?x?=, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?q?x=4?=, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?b?eE B5?=, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?q?x, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?utf-8?q?x <a@b.example>?=\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: =?, <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: Foo, <=?utf-8?q?x?=@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	/* Control bytes. */
	{ "From: a@b.example\r <x@y.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example", "y.example" } },
	{ "From: A\x01nn <a@b.example>\r\n", FROM_MALFORMED, NULL,
	    { "b.example" } },
	{ "From: a@b.example\x01.evil.example\r\n", FROM_MALFORMED, NULL,
	    { "b.example", "b.example.evil.example" } },
};

static void
check(const struct from_case *wanted, struct span headers)
{
	struct arena *arena = arena_new();
	struct header_list list;
	struct from from;
	size_t count = 0;

	header_list_init(&list, arena);
	(void)header_parse(&list, headers);
	address_from(arena, &list, &from);
	while (count < MAX_DOMAINS && wanted->domains[count] != NULL)
		count++;
	if (from.status != wanted->status || from.domain_count != count)
		print_error("%s: %d, %zu\n", wanted->headers, (int)from.status,
		    from.domain_count);
	assert_int_equal(from.status, wanted->status);
	assert_int_equal(from.domain_count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(from.domains[i], wanted->domains[i]);
	if (wanted->address == NULL) {
		assert_null(from.address);
		assert_null(from.domain);
	} else {
		assert_string_equal(from.address, wanted->address);
		assert_string_equal(from.domain, wanted->domains[0]);
	}
	arena_free(arena);
}

static void
test_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++)
		check(&cases[i], span_str(cases[i].headers));
}

static void
test_nul(void **state)
{
	static const char text[] = "From: <x@y.example>\0, a@b.example\0.z\r\n";
	static const struct from_case wanted = { text, FROM_MALFORMED, NULL,
		{ "y.example", "b.example", "b.example.z" } };

	(void)state;
	check(&wanted, span_new(text, sizeof(text) - 1));
}

/* Return ${text} with ${number} in the place of "#". */
static const char *
number_in(struct arena *arena, const char *text, size_t number)
{
	const char *mark = strchr(text, '#');

	if (mark == NULL)
		return (text);
	return (arena_printf(
	    arena, "%.*s%zu%s", (int)(mark - text), text, number, mark + 1));
}

/* Nobody hides behind many others, nor behind what is no domain at all. */
static void
test_many(void **state)
{
	static const struct {
		size_t count;
		const char *author; /* "#": a number */
		const char *last;
		enum from_status status;
	} lists[] = {
		{ FROM_MAX_DOMAINS - 1, "a@d#.example,", "x@y.example",
		    FROM_SEVERAL_DOMAINS },
		{ FROM_MAX_DOMAINS, "a@d#.example,", "x@y.example",
		    FROM_TOO_MANY },
		{ FROM_MAX_DOMAINS, "a@b.example,", "x@y.example",
		    FROM_SEVERAL_DOMAINS },
		{ FROM_MAX_DOMAINS - 1, "a@d#.example,", "<x@y.example",
		    FROM_MALFORMED },
		{ FROM_MAX_DOMAINS, "a@d#.example,", "<x@y.example",
		    FROM_TOO_MANY },
		{ ADDRESS_MAX - 1, "a@-#,", "x@y.example", FROM_MALFORMED },
		{ ADDRESS_MAX, "a@-#,", "x@y.example", FROM_TOO_MANY },
		{ (size_t)2 * ADDRESS_MAX, "a@b.example,", "x@y.example",
		    FROM_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(lists); i++) {
		struct arena *arena = arena_new();
		const char *text = "";
		struct header_list list;
		struct from from;

		for (size_t j = 0; j < lists[i].count; j++)
			text = arena_printf(arena, "%s%s", text,
			    number_in(arena, lists[i].author, j));
		text = arena_printf(arena, "%s%s", text, lists[i].last);
		header_list_init(&list, arena);
		header_list_add(&list, span_str("From"), span_str(text));
		address_from(arena, &list, &from);
		if (from.status != lists[i].status)
			fail_msg("%zu: %d", i, (int)from.status);
		arena_free(arena);
	}
}

/* Time and memory stay in proportion to a hostile field. */
static void
test_hostile_size(void **state)
{
	static const char *const units[] = { "=?utf-8?q?x?= ", "=?utf-8?b?",
		"Foo, ", "@", "@a", "@a(", "(@a)x", "@(.", "a@b.c,", "<", "\"",
		"\"\\\"", "@a.(x).", "@-", "@a\x01", "(<>)@" };
	enum {
		SIZE = 100000
	};
	char *text = malloc(SIZE);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < UNIT_COUNT(units); i++) {
		struct arena *arena = arena_new();
		struct header_list list;
		struct from from;

		for (size_t at = 0; at < SIZE; at++)
			text[at] = units[i][at % strlen(units[i])];
		header_list_init(&list, arena);
		header_list_add(&list, span_str("From"), span_new(text, SIZE));
		size_t before = arena_size(arena);

		address_from(arena, &list, &from);
		assert_int_equal(from.status, FROM_MALFORMED);
		assert_true(arena_size(arena) - before < 64UL * SIZE);
		arena_free(arena);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_hostile_size),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
