/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in a row, first in first out; zeroed memory is an empty queue.
 * Thread: its owner's. */
#ifndef PACKAGE_PACKET_QUEUE_H
#define PACKAGE_PACKET_QUEUE_H

struct packet;

struct packet_queue {
    struct packet **items; /* those from `head` to `tail` are in the queue */
    int head, tail, capacity;
};

/* Refs `packet`. */
void packet_queue_push(struct packet_queue *q, struct packet *packet);
/* Returns owned; the queue must not be empty. */
struct packet *packet_queue_pop(struct packet_queue *q);
/* Borrowed; NULL when empty. */
struct packet *packet_queue_head(const struct packet_queue *q);
int packet_queue_count(const struct packet_queue *q);
/* All of them, oldest first, until the queue changes. Borrowed. */
struct packet *const *packet_queue_items(const struct packet_queue *q);
/* Lets go of what is in it, keeps the memory. */
void packet_queue_reset(struct packet_queue *q);
void packet_queue_clear(struct packet_queue *q);

#endif
