/* SPDX-License-Identifier: Apache-2.0 */
/* Merges two tracks by decode time with a bounded wait.
 *
 *   video  1 3 5 7 \
 *                   1 2 3 4 5 6 7
 *   audio  2 4 6   /
 */
#include "package/interleave.h"

#include "base/mem.h"
#include "package/packet_queue.h"

#define HELD_MAX 4096 /* packets; whatever their times say */

struct lane {
    struct packet_queue queue;
    bool is_expected;
    bool is_silent; /* was waited for in vain; until its next packet */
    bool has_last;
    int64_t last; /* decode time of the newest packet pushed */
};

struct interleave {
    interleave_packet_fn *on_packet;
    void *ctx;
    int64_t wait_max;
    struct lane lanes[2]; /* by media_kind */
};

struct interleave *interleave_create(const struct interleave_config *config,
                                     interleave_packet_fn *on_packet, void *ctx)
{
    struct interleave *i = mem_zalloc(sizeof(*i));

    i->on_packet = on_packet;
    i->ctx = ctx;
    i->wait_max = config->wait_max;
    i->lanes[MEDIA_VIDEO].is_expected = config->has_video;
    i->lanes[MEDIA_AUDIO].is_expected = config->has_audio;
    return i;
}

void interleave_destroy(struct interleave *i)
{
    if (!i)
        return;
    packet_queue_clear(&i->lanes[MEDIA_VIDEO].queue);
    packet_queue_clear(&i->lanes[MEDIA_AUDIO].queue);
    mem_free(i);
}

static void hand_out(struct interleave *i, struct lane *lane)
{
    struct packet *packet = packet_queue_pop(&lane->queue);

    i->on_packet(packet, i->ctx);
    packet_unref(packet);
}

/* Whether the head of `lane` must still wait for something of `other`, which has nothing. */
static bool must_wait(struct interleave *i, const struct lane *lane, struct lane *other)
{
    const struct packet *head = packet_queue_head(&lane->queue);

    if (!other->is_expected || other->is_silent)
        return false;
    if (other->has_last && other->last >= head->dts)
        return false;
    if (lane->last - head->dts <= i->wait_max && packet_queue_count(&lane->queue) < HELD_MAX)
        return true;
    other->is_silent = true;
    return false;
}

/* The lane whose head goes out next; NULL when there is none or it has to wait. */
static struct lane *next_lane(struct interleave *i)
{
    struct lane *video = &i->lanes[MEDIA_VIDEO], *audio = &i->lanes[MEDIA_AUDIO];
    const struct packet *picture = packet_queue_head(&video->queue);
    const struct packet *sound = packet_queue_head(&audio->queue);

    if (picture && sound)
        return picture->dts <= sound->dts ? video : audio;
    if (picture)
        return must_wait(i, video, audio) ? NULL : video;
    if (sound)
        return must_wait(i, audio, video) ? NULL : audio;
    return NULL;
}

static void hand_out_all(struct interleave *i)
{
    for (struct lane *lane = next_lane(i); lane; lane = next_lane(i))
        hand_out(i, lane);
}

void interleave_push(struct interleave *i, struct packet *packet)
{
    struct lane *lane = &i->lanes[packet->kind];

    packet_queue_push(&lane->queue, packet);
    lane->last = packet->dts;
    lane->has_last = true;
    lane->is_silent = false;
    hand_out_all(i);
}

void interleave_lost(struct interleave *i, enum media_kind kind)
{
    i->lanes[kind].is_silent = true;
    hand_out_all(i);
}

void interleave_expect(struct interleave *i)
{
    i->lanes[MEDIA_VIDEO].is_silent = i->lanes[MEDIA_AUDIO].is_silent = false;
}

void interleave_flush(struct interleave *i)
{
    struct lane *video = &i->lanes[MEDIA_VIDEO], *audio = &i->lanes[MEDIA_AUDIO];

    for (;;) {
        const struct packet *picture = packet_queue_head(&video->queue);
        const struct packet *sound = packet_queue_head(&audio->queue);

        if (!picture && !sound)
            return;
        hand_out(i, picture && (!sound || picture->dts <= sound->dts) ? video : audio);
    }
}
