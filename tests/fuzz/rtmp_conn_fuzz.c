/* SPDX-License-Identifier: Apache-2.0 */
/* A whole conversation. The first byte says how live/ behaves and how the bytes are torn; the rest
 * comes behind the handshake, which needs no fuzzing. live/ must hear of an end exactly when it had
 * heard of a beginning and has not ended it itself. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ingest/ingest.h"
#include "ingest/rtmp_conn.h"
#include "ingest/rtmp_handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct fuzz {
    struct rtmp_conn *conn;
    struct ingest *waiting; /* for its verdict */
    bool is_live, is_resumed;
    int mood, packets;
};

static int write_nowhere(const uint8_t *data, size_t len, void *ctx)
{
    return 0;
}

static void pause_input(void *ctx)
{
}

static void resume_input(void *ctx)
{
    ((struct fuzz *)ctx)->is_resumed = true;
}

static void on_publishing(bool is_publishing, void *ctx)
{
}

static void on_finish(bool has_last_words, void *ctx)
{
    struct fuzz *f = ctx;

    rtmp_conn_destroy(f->conn);
    f->conn = NULL;
}

static const struct rtmp_transport transport = { write_nowhere, pause_input, resume_input,
                                                 on_publishing, on_finish };

static void on_publish(struct ingest *ingest, const struct ingest_offer *offer, void *ctx)
{
    struct fuzz *f = ctx;

    if (f->is_live || strlen(offer->stream_key) > 2000)
        abort();
    f->is_live = true;
    f->waiting = ingest;
    if (f->mood & 1) {
        ingest_accept(ingest);
        f->waiting = NULL;
    }
}

static void on_metadata(struct ingest *ingest, const struct ingest_metadata *metadata, void *ctx)
{
    if (!((struct fuzz *)ctx)->is_live)
        abort();
}

static void on_timed_metadata(struct ingest *ingest, const char *text, size_t len, int64_t pts,
                              void *ctx)
{
    if (!((struct fuzz *)ctx)->is_live || len > INGEST_TEXT_MAX)
        abort();
}

static void on_packet(struct ingest *ingest, struct packet *packet, void *ctx)
{
    struct fuzz *f = ctx;

    if (!f->is_live)
        abort();
    if (f->mood & 2 && ++f->packets == 5) {
        f->is_live = false;
        ingest_close(ingest, "enough");
    }
}

static void on_end(struct ingest *ingest, bool is_clean, void *ctx)
{
    struct fuzz *f = ctx;

    if (!f->is_live)
        abort();
    f->is_live = false;
    f->waiting = NULL;
}

static const struct ingest_events events = { on_publish, on_metadata, on_timed_metadata, on_packet,
                                             on_end };

/* As the loop would: a late verdict, then what was held. */
static void let_live_answer(struct fuzz *f)
{
    struct ingest *ingest = f->waiting;

    f->waiting = NULL;
    if (ingest)
        ingest_accept(ingest);
    if (f->conn && f->is_resumed)
        rtmp_conn_continue(f->conn);
    f->is_resumed = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t handshake[RTMP_C0C1_SIZE + RTMP_C1_SIZE] = { 3 };
    struct fuzz f = { 0 };
    struct rtmp_conn_config config = { .peer = "192.0.2.7",
                                       .transport = &transport,
                                       .transport_ctx = &f,
                                       .events = &events,
                                       .events_ctx = &f };
    size_t step;

    if (!len)
        return 0;
    log_setup(LOG_ERROR, LOG_TEXT);
    f.mood = data[0] & 3;
    step = data[0] >> 2 ? (size_t)(data[0] >> 2) * 32 : len;
    f.conn = rtmp_conn_create(&config);
    rtmp_conn_feed(f.conn, handshake, sizeof(handshake));
    for (size_t at = 1; at < len && f.conn; at += step) {
        rtmp_conn_feed(f.conn, data + at, len - at < step ? len - at : step);
        let_live_answer(&f);
    }
    if (f.conn)
        rtmp_conn_lost(f.conn);
    rtmp_conn_destroy(f.conn);
    if (f.is_live)
        abort();
    return 0;
}
