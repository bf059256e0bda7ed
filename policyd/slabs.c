#include "slabs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/list.h"

/* A name is the number of a slab and that of a unit in it. */
#define UNIT_SIZE sizeof(int64_t)
#define UNIT_BITS 13
#define UNIT_MASK (((uint32_t)1 << UNIT_BITS) - 1)
#define MAX_SLABS ((size_t)1 << (32 - UNIT_BITS))
/* With what malloc() adds, a slab is 64 KiB. */
#define SLAB_UNITS (((uint32_t)1 << UNIT_BITS) - 2)

struct slab {
	struct list link; /* among those of its size that have room */
	uint32_t number;
	uint32_t units; /* of each thing */
	uint32_t freed; /* the unit of the one given back last; 0: none */
	uint32_t fresh; /* the first unit that was never used */
	uint32_t used;  /* things */
};

#define FIRST_UNIT                                                             \
	((uint32_t)((sizeof(struct slab) + UNIT_SIZE - 1) / UNIT_SIZE))

struct slabs {
	struct slab **slabs; /* by number; NULL: none there now */
	size_t count;
	size_t room;
	size_t held;
	struct list **with_room; /* by units; NULL: never asked for */
	size_t sizes;
};

struct slabs *
slabs_new(void)
{
	struct slabs *slabs = arena_impl_malloc(sizeof(*slabs));

	*slabs = (struct slabs){ 0 };
	return (slabs);
}

void
slabs_free(struct slabs *slabs)
{
	if (slabs == NULL)
		return;
	for (size_t i = 0; i < slabs->count; i++)
		free(slabs->slabs[i]);
	for (size_t i = 0; i < slabs->sizes; i++)
		free(slabs->with_room[i]);
	free(slabs->with_room);
	free(slabs->slabs);
	free(slabs);
}

static void *
unit_at(struct slab *slab, uint32_t unit)
{
	/* UNSAFE: units of a slab's block are below SLAB_UNITS. */
	return ((unsigned char *)slab + unit * UNIT_SIZE);
}

void *
slabs_at(const struct slabs *slabs, uint32_t name)
{
	return (unit_at(slabs->slabs[name >> UNIT_BITS], name & UNIT_MASK));
}

/* ${array} of ${count} pointers with room for ${room}, the new ones NULL. */
static void *
grow(void *array, size_t count, size_t room)
{
	void **more = arena_impl_malloc(room * sizeof(*more));

	for (size_t i = count; i < room; i++)
		more[i] = NULL;
	if (count > 0)
		memcpy(more, array, count * sizeof(*more));
	free(array);
	return (more);
}

static size_t
free_number(struct slabs *slabs)
{
	if (slabs->held < slabs->count) {
		for (size_t i = 0; i < slabs->count; i++) {
			if (slabs->slabs[i] == NULL)
				return (i);
		}
	}
	if (slabs->count == slabs->room) {
		size_t room = slabs->room == 0 ? 16 : slabs->room * 2;

		slabs->slabs = grow(slabs->slabs, slabs->count, room);
		slabs->room = room;
	}
	assert(slabs->count < MAX_SLABS);
	return (slabs->count++);
}

static struct slab *
add_slab(struct slabs *slabs, uint32_t units)
{
	size_t number = free_number(slabs);
	struct slab *slab = arena_impl_malloc(SLAB_UNITS * UNIT_SIZE);

	*slab = (struct slab){
		.number = (uint32_t)number,
		.units = units,
		.fresh = FIRST_UNIT,
	};
	slabs->slabs[number] = slab;
	slabs->held++;
	list_add_first(slabs->with_room[units], &slab->link);
	return (slab);
}

static struct list *
with_room(struct slabs *slabs, uint32_t units)
{
	if (units >= slabs->sizes) {
		slabs->with_room =
		    grow(slabs->with_room, slabs->sizes, units + 1);
		slabs->sizes = units + 1;
	}
	if (slabs->with_room[units] == NULL) {
		slabs->with_room[units] =
		    arena_impl_malloc(sizeof(struct list));
		list_init(slabs->with_room[units]);
	}
	return (slabs->with_room[units]);
}

static bool
has_room(const struct slab *slab)
{
	return (slab->freed != 0 || slab->fresh + slab->units <= SLAB_UNITS);
}

/* The first four bytes of what was given back name the one before it. */
static uint32_t
take_unit(struct slab *slab)
{
	uint32_t unit = slab->freed;

	slab->used++;
	if (unit != 0) {
		memcpy(&slab->freed, unit_at(slab, unit), sizeof(slab->freed));
		return (unit);
	}
	unit = slab->fresh;
	slab->fresh += slab->units;
	return (unit);
}

uint32_t
slabs_add(struct slabs *slabs, size_t size)
{
	uint32_t units = (uint32_t)((size + UNIT_SIZE - 1) / UNIT_SIZE);

	assert(size > 0 && size <= SLABS_MAX_SIZE);
	struct list *head = with_room(slabs, units);
	struct slab *slab = list_is_empty(head)
	                        ? add_slab(slabs, units)
	                        : LIST_VALUE(head->next, struct slab, link);
	uint32_t unit = take_unit(slab);

	if (!has_room(slab))
		list_take(&slab->link);
	return (slab->number << UNIT_BITS | unit);
}

/* The last one of its size with room stays, so that one thing that comes and
 * goes does not cost a slab each time. */
static bool
is_spare(const struct slabs *slabs, const struct slab *slab)
{
	const struct list *head = slabs->with_room[slab->units];

	return (slab->used == 0 && head->next != head->prev);
}

void
slabs_take(struct slabs *slabs, uint32_t name)
{
	struct slab *slab = slabs->slabs[name >> UNIT_BITS];
	uint32_t unit = name & UNIT_MASK;

	assert(slab->used > 0);
	if (!has_room(slab))
		list_add_last(slabs->with_room[slab->units], &slab->link);
	memcpy(unit_at(slab, unit), &slab->freed, sizeof(slab->freed));
	slab->freed = unit;
	slab->used--;
	if (!is_spare(slabs, slab))
		return;
	list_take(&slab->link);
	slabs->slabs[slab->number] = NULL;
	slabs->held--;
	free(slab);
}

size_t
slabs_bytes(const struct slabs *slabs)
{
	return (sizeof(*slabs) + slabs->room * sizeof(void *) +
		slabs->sizes * sizeof(void *) +
		slabs->held * SLAB_UNITS * UNIT_SIZE);
}
