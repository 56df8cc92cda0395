/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An intrusive, doubly linked ring with a head. A node that is in no list points at itself, so
 * list_unlink() is safe to call twice. Owns nothing; one thread.
 */
#ifndef SLUICE_BASE_LIST_H
#define SLUICE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define LIST_ITEM(node, type, member) ((type *)((char *)(node)-offsetof(type, member)))
#define LIST_EACH(node, head) \
	for (struct list *node = (head)->next; node != (head); node = node->next)

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_is_empty(const struct list *l)
{
	return l->next == l;
}

static inline void
list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void
list_prepend(struct list *head, struct list *node)
{
	list_append(head->next, node);
}

static inline void
list_unlink(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Unlinks and returns the first node, NULL when there is none. */
static inline struct list *
list_take_first(struct list *head)
{
	struct list *node = head->next;

	if (node == head)
		return NULL;
	list_unlink(node);
	return node;
}

#endif
