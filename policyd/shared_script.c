#include "shared_script.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "counter_impl.h"

#define PREFIX "mailreeve:1:{limits}:"
/* Numbers beyond are not exact in Lua. */
#define MAX_EXACT ((uint64_t)1 << 53)
/* Of a charge; WORDS in the script. */
#define WORDS 10

/*
 * Times are nanoseconds since 1970 in decimal, and too large for Lua's numbers:
 * all but six digits are milliseconds.  What is computed with is how far they
 * are ahead of now.
 *
 * A key is read once, changed as often as it is charged, and written once.
 * Refunds and what is forced come first.  Of the rest each is charged if it
 * fits, and all of them are undone when one does not.
 */
/* clang-format off */
static const char script[] =
"local WORDS, SLOTS, NS = 10, 30, 1000000\n"
"local MOST = 9007199254740992\n"
"local time = redis.call('TIME')\n"
"local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"
"local second = math.max(1, math.floor(now / 1000))\n"
"local int = function(n) return string.format('%.0f', n) end\n"
"\n"
"local function ahead(digits, most)\n"
"	local ms = tonumber(string.sub(digits, 1, -7)) or 0\n"
"	local ns = (ms - now) * NS + (tonumber(string.sub(digits, -6)) or 0)\n"
"	return math.max(0, math.min(ns, most))\n"
"end\n"
"local function stamp(ns)\n"
"	local ms = math.floor(ns / NS)\n"
"	local rest = math.max(0, math.min(ns - ms * NS, NS - 1))\n"
"	return string.format('%.0f%06.0f', now + ms, rest)\n"
"end\n"
"local function try(s, c)\n"
"	if c.rate < 0 then return end\n"
"	local ns = ahead(s.tried, c.tried_most) + c.tried_cost\n"
"	s.tried = stamp(math.min(ns, c.tried_most))\n"
"end\n"
"local function untry(s, c)\n"
"	local ns = ahead(s.tried, c.tried_most)\n"
"	if c.rate < 0 or ns == 0 then return end\n"
"	s.tried = stamp(math.max(ns - c.tried_cost, 0))\n"
"end\n"
"local function until_empty(digits)\n"
"	return math.ceil(ahead(digits, math.huge) / NS)\n"
"end\n"
"\n"
"local gcra = {}\n"
"function gcra.read(text, c)\n"
"	local passed, tried = string.match(text,\n"
"		'^passed=(%d+) tried=(%d+)$')\n"
"	return { passed = passed or '0', tried = tried or '0' }\n"
"end\n"
"function gcra.try(s, c)\n"
"	local ns = ahead(s.passed, c.most)\n"
"	if c.rate >= 0 and ns > 0 then s.passed = stamp(ns) end\n"
"	try(s, c)\n"
"end\n"
"function gcra.fits(s, c)\n"
"	if c.rate < 0 or c.amount == 0 then return true end\n"
"	return c.rate > 0 and ahead(s.passed, c.most) + c.cost <= c.room\n"
"end\n"
"function gcra.add(s, c)\n"
"	if c.rate < 0 or c.amount == 0 then return end\n"
"	s.passed = stamp(math.min(ahead(s.passed, c.most) + c.cost, c.most))\n"
"end\n"
"function gcra.refund(s, c)\n"
"	local ns = ahead(s.passed, c.most)\n"
"	untry(s, c)\n"
"	if c.rate < 0 or ns == 0 then return end\n"
"	local left = math.max(c.cost - c.age * NS, 0)\n"
"	s.passed = stamp(math.max(ns - left, 0))\n"
"end\n"
"function gcra.text(s)\n"
"	return 'passed=' .. s.passed .. ' tried=' .. s.tried\n"
"end\n"
"function gcra.lives(s)\n"
"	return math.max(until_empty(s.passed), until_empty(s.tried))\n"
"end\n"
"function gcra.copy(s) return { passed = s.passed, tried = s.tried } end\n"
"\n"
"local window = {}\n"
"local function slot_ms(period) return math.ceil(period / SLOTS) end\n"
"local function sum(s)\n"
"	local n = 0\n"
"	for i = 0, SLOTS do n = n + s.slots[i] end\n"
"	return n\n"
"end\n"
"local function empty()\n"
"	local slots = {}\n"
"	for i = 0, SLOTS do slots[i] = 0 end\n"
"	return slots\n"
"end\n"
"local function put(s, number, amount)\n"
"	local i = number % (SLOTS + 1)\n"
"	s.slots[i] = math.min(s.slots[i] + amount, MOST)\n"
"end\n"
"local function renumber(s, period)\n"
"	if s.period == period then return end\n"
"	local all, last = sum(s), 0\n"
"	if all > 0 then last = (s.head + 1) * slot_ms(s.period) - 1 end\n"
"	s.slots, s.period = empty(), period\n"
"	s.head = math.floor(last / slot_ms(period))\n"
"	put(s, s.head, all)\n"
"end\n"
"local function set_back(s, number)\n"
"	local slots = {}\n"
"	for i = 1, SLOTS + 1 do\n"
"		slots[(number + i) % (SLOTS + 1)] =\n"
"			s.slots[(s.head + i) % (SLOTS + 1)]\n"
"	end\n"
"	s.slots, s.head = slots, number\n"
"end\n"
"function window.read(text, c)\n"
"	local head, period, tried, slots = string.match(text,\n"
"		'^head=(%d+) period=(%d+) tried=(%d+) slots=([%d,]+)$')\n"
"	local s = { head = tonumber(head) or 0, tried = tried or '0',\n"
"		period = tonumber(period) or 0, slots = empty() }\n"
"	local i = 0\n"
"	for n in string.gmatch(slots or '', '%d+') do\n"
"		if i <= SLOTS then s.slots[i] = tonumber(n) end\n"
"		i = i + 1\n"
"	end\n"
"	renumber(s, c.period)\n"
"	local number = math.floor(now / slot_ms(c.period))\n"
"	if s.head - number > SLOTS then set_back(s, number) end\n"
"	if number - s.head > SLOTS then\n"
"		s.slots, s.head = empty(), number\n"
"	end\n"
"	while s.head < number do\n"
"		s.head = s.head + 1\n"
"		s.slots[s.head % (SLOTS + 1)] = 0\n"
"	end\n"
"	return s\n"
"end\n"
"window.try = try\n"
"function window.fits(s, c)\n"
"	return c.rate < 0 or c.amount == 0 or sum(s) + c.amount <= c.rate\n"
"end\n"
"function window.add(s, c) put(s, s.head, c.amount) end\n"
"function window.refund(s, c)\n"
"	local number = math.floor(math.max(now - c.age, 0) /\n"
"		slot_ms(s.period))\n"
"	local left = c.amount\n"
"	untry(s, c)\n"
"	if number < s.head - SLOTS then return end\n"
"	number = math.min(number, s.head)\n"
"	while number <= s.head and left > 0 do\n"
"		local i = number % (SLOTS + 1)\n"
"		local part = math.min(left, s.slots[i])\n"
"		s.slots[i] = s.slots[i] - part\n"
"		left = left - part\n"
"		number = number + 1\n"
"	end\n"
"end\n"
"function window.text(s)\n"
"	local slots = {}\n"
"	for i = 0, SLOTS do slots[i + 1] = int(s.slots[i]) end\n"
"	return 'head=' .. int(s.head) .. ' period=' .. int(s.period) ..\n"
"		' tried=' .. s.tried .. ' slots=' .. table.concat(slots, ',')\n"
"end\n"
"function window.lives(s)\n"
"	local number = s.head\n"
"	while number > s.head - SLOTS and s.slots[number % (SLOTS + 1)] == 0 do\n"
"		number = number - 1\n"
"	end\n"
"	if s.slots[number % (SLOTS + 1)] == 0 then\n"
"		return until_empty(s.tried)\n"
"	end\n"
"	local leaves = (number + SLOTS + 1) * slot_ms(s.period) - now\n"
"	return math.max(leaves, until_empty(s.tried))\n"
"end\n"
"function window.copy(s)\n"
"	local c = { head = s.head, period = s.period, tried = s.tried,\n"
"		slots = {} }\n"
"	for i = 0, SLOTS do c.slots[i] = s.slots[i] end\n"
"	return c\n"
"end\n"
"\n"
"local distinct = {}\n"
"function distinct.read(text, c)\n"
"	local s = { values = {}, seen = {}, period = c.period }\n"
"	for value, seen in string.gmatch(text, '(%x+)@(%d+)') do\n"
"		s.values[#s.values + 1] = value\n"
"		s.seen[#s.seen + 1] = tonumber(seen)\n"
"	end\n"
"	return s\n"
"end\n"
"local function counts(s, i)\n"
"	return (second - s.seen[i]) * 1000 < s.period\n"
"end\n"
"local function count(s)\n"
"	local n = 0\n"
"	for i = 1, #s.seen do if counts(s, i) then n = n + 1 end end\n"
"	return n\n"
"end\n"
/* What is seen is seen, whether it fits or not. */
"function distinct.try(s, c)\n"
"	local at = 1\n"
"	if #s.seen < 64 then at = #s.seen + 1 end\n"
"	for i = 1, #s.seen do s.seen[i] = math.min(s.seen[i], second) end\n"
"	for i = 1, #s.seen do\n"
"		if s.values[i] == c.value then at = i break end\n"
"		if #s.seen == 64 and s.seen[i] < s.seen[at] then at = i end\n"
"	end\n"
"	s.values[at], s.seen[at] = c.value, second\n"
"end\n"
"function distinct.fits(s, c) return c.rate < 0 or count(s) <= c.rate end\n"
"function distinct.add(s, c) end\n"
"function distinct.refund(s, c) end\n"
"function distinct.text(s)\n"
"	local all = {}\n"
"	for i = 1, #s.seen do\n"
"		all[i] = s.values[i] .. '@' .. int(s.seen[i])\n"
"	end\n"
"	return table.concat(all, ' ')\n"
"end\n"
"function distinct.lives(s)\n"
"	local last = 0\n"
"	for i = 1, #s.seen do last = math.max(last, s.seen[i]) end\n"
"	return last * 1000 + s.period - now\n"
"end\n"
"function distinct.copy(s) return s end\n"
"\n"
"local kinds = { g = gcra, w = window, d = distinct }\n"
"local states, charges, fits = {}, {}, {}\n"
"for i, key in ipairs(KEYS) do\n"
"	local at = (i - 1) * WORDS\n"
"	local word = function(n) return ARGV[at + n] end\n"
"	local c = { key = key, kind = kinds[word(1)], how = word(2),\n"
"		value = word(3), amount = tonumber(word(3)) or 0,\n"
"		rate = tonumber(word(4)), period = tonumber(word(5)),\n"
"		cost = tonumber(word(6)), most = tonumber(word(7)),\n"
"		tried_cost = tonumber(word(8)),\n"
"		tried_most = tonumber(word(9)), age = tonumber(word(10)) }\n"
"	c.room = c.most - c.period * NS\n"
"	charges[i] = c\n"
"	if not states[key] then\n"
"		local text = redis.call('GET', key) or ''\n"
"		states[key] = { kind = c.kind, s = c.kind.read(text, c) }\n"
"	end\n"
"end\n"
"for i, c in ipairs(charges) do\n"
"	local s = states[c.key].s\n"
"	fits[i] = true\n"
"	if c.how == 'r' then\n"
"		c.kind.refund(s, c)\n"
"	else\n"
"		c.kind.try(s, c)\n"
"	end\n"
"	if c.how == 'f' then\n"
"		fits[i] = c.kind.fits(s, c)\n"
"		c.kind.add(s, c)\n"
"	end\n"
"end\n"
"local undo, all = {}, true\n"
"for i, c in ipairs(charges) do\n"
"	local state = states[c.key]\n"
"	if c.how == 'c' then\n"
"		fits[i] = c.kind.fits(state.s, c)\n"
"		if fits[i] then\n"
"			undo[c.key] = undo[c.key] or c.kind.copy(state.s)\n"
"			c.kind.add(state.s, c)\n"
"		else\n"
"			all = false\n"
"		end\n"
"	end\n"
"end\n"
"if not all then\n"
"	for key, s in pairs(undo) do states[key].s = s end\n"
"end\n"
"local answer = { int(now) }\n"
"for key, state in pairs(states) do\n"
"	local lives = state.kind.lives(state.s)\n"
"	state.text = state.kind.text(state.s)\n"
"	if lives > 0 then\n"
"		redis.call('SET', key, state.text, 'PX', int(lives))\n"
"	else\n"
"		redis.call('DEL', key)\n"
"	end\n"
"end\n"
"for i, c in ipairs(charges) do\n"
"	answer[i * 2] = fits[i] and 1 or 0\n"
"	answer[i * 2 + 1] = states[c.key].text\n"
"end\n"
"return answer\n";
/* clang-format on */

const char *
shared_script_text(void)
{
	return (script);
}

static char
letter_of(enum counter_algorithm algorithm)
{
	switch (algorithm) {
	case COUNTER_GCRA:
		return ('g');
	case COUNTER_WINDOW:
		return ('w');
	case COUNTER_DISTINCT:
		return ('d');
	}
	return ('?');
}

struct span
shared_script_key(enum counter_algorithm algorithm, const char *limit,
    struct span key, struct arena *arena)
{
	struct buf name;

	buf_init(&name, arena, SIZE_MAX);
	buf_printf(&name, PREFIX "%c:%s:", letter_of(algorithm), limit);
	buf_add(&name, key);
	return (buf_span(&name));
}

static void
add_word(struct shared_script_command *command, struct span word)
{
	command->words[command->count] = (const char *)word.data;
	command->lengths[command->count] = word.len;
	command->count++;
}

static void
add_number(
    struct shared_script_command *command, uint64_t number, struct arena *arena)
{
	add_word(command, span_str(arena_printf(arena, "%" PRIu64, number)));
}

static uint64_t
exact(uint64_t number)
{
	return (number < MAX_EXACT ? number : MAX_EXACT);
}

static const char *
how_of(const struct shared_charge *charge)
{
	return (charge->refund_of != 0 ? "r" : charge->forced ? "f" : "c");
}

/* The numbers of the buckets: what they say of an empty one is the cost of the
 * amount, or the most that they hold if that is less. */
static void
add_costs(struct shared_script_command *command,
    const struct shared_charge *charge, struct arena *arena)
{
	const struct counter_rule *rule = &charge->rule;

	add_number(command,
	    (uint64_t)counter_bucket_add(rule, 0, charge->amount, 0), arena);
	add_number(
	    command, (uint64_t)counter_bucket_hold(rule, INT64_MAX, 0), arena);
	add_number(command,
	    (uint64_t)counter_bucket_try(
		rule, 0, charge->again ? 0 : charge->amount, 0),
	    arena);
	add_number(command, (uint64_t)counter_bucket_try(rule, INT64_MAX, 0, 0),
	    arena);
}

static void
add_charge(struct shared_script_command *command,
    const struct shared_charge *charge, int64_t now, struct arena *arena)
{
	const struct counter_rule *rule = &charge->rule;
	bool is_value = rule->algorithm == COUNTER_DISTINCT;
	int64_t age = charge->refund_of == 0 || charge->refund_of > now
	                  ? 0
	                  : now - charge->refund_of;

	add_word(command,
	    span_str(arena_printf(arena, "%c", letter_of(rule->algorithm))));
	add_word(command, span_str(how_of(charge)));
	if (is_value)
		add_word(command, span_str(arena_printf(
				      arena, "%016" PRIx64, charge->amount)));
	else
		add_number(command, exact(charge->amount), arena);
	if (rule->rate == COUNTER_UNLIMITED)
		add_word(command, span_str("-1"));
	else
		add_number(command, exact(rule->rate), arena);
	add_number(command, (uint64_t)rule->period_ms, arena);
	add_costs(command, charge, arena);
	add_number(command, (uint64_t)age, arena);
}

void
shared_script_command(const char *how, const char *text,
    const struct shared_charge *charges, size_t count, int64_t now,
    struct arena *arena, struct shared_script_command *out)
{
	size_t words = 3 + count * (1 + WORDS);

	*out = (struct shared_script_command){
		.words = arena_array(arena, words, sizeof(*out->words)),
		.lengths = arena_array(arena, words, sizeof(*out->lengths)),
	};
	add_word(out, span_str(how));
	add_word(out, span_str(text));
	add_number(out, count, arena);
	for (size_t i = 0; i < count; i++)
		add_word(out, shared_script_key(charges[i].rule.algorithm,
				  charges[i].limit, charges[i].key, arena));
	for (size_t i = 0; i < count; i++)
		add_charge(out, &charges[i], now, arena);
	assert((size_t)out->count == words);
}

struct shared_charge
shared_script_probe(void)
{
	return ((struct shared_charge){ .limit = "",
	    .key = span_str("probe"),
	    .amount = 1,
	    .rule = { .algorithm = COUNTER_GCRA, .rate = 1, .period_ms = 1000 },
	    .forced = true });
}

bool
shared_script_answer(
    struct shared_charge *charge, bool fits, struct span text, int64_t now)
{
	union {
		struct counter_gcra gcra;
		struct counter_window window;
		struct counter_distinct distinct;
	} record;
	enum counter_algorithm algorithm = charge->rule.algorithm;

	memset(&record, 0, sizeof(record));
	if (!counter_codec(algorithm)->parse(text, &record))
		return (false);
	charge->fits = fits;
	counter_read(&charge->rule, &record, now, &charge->reading);
	return (true);
}
