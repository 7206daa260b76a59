/* SPDX-License-Identifier: Apache-2.0 */
#include "rtmp_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ingest/amf0_write.h"
#include "ingest/rtmp_handshake.h"
#include "media/packet.h"

#define SCRIPT_CHUNK_SIZE 128
#define PAYLOAD_MAX       (1 << 20)

/* ---- the server's side ---- */

static int write_answer(const uint8_t *data, size_t len, void *ctx)
{
    struct rtmp_fixture *f = ctx;

    return f->is_deaf ? -ENOBUFS : buf_append(&f->answers, data, len);
}

static void pause_input(void *ctx)
{
    struct rtmp_fixture *f = ctx;

    f->is_paused = true;
}

static void resume_input(void *ctx)
{
    struct rtmp_fixture *f = ctx;

    f->is_paused = false;
    f->resumes++;
}

static void on_publishing(bool is_publishing, void *ctx)
{
    struct rtmp_fixture *f = ctx;

    f->is_publishing = is_publishing;
}

static void on_finish(bool has_last_words, void *ctx)
{
    struct rtmp_fixture *f = ctx;

    f->has_last_words = has_last_words;
    rtmp_conn_destroy(f->conn);
    f->conn = NULL;
}

static const struct rtmp_transport transport = {
    .write = write_answer,
    .pause = pause_input,
    .resume = resume_input,
    .on_publishing = on_publishing,
    .on_finish = on_finish,
};

/* ---- live/'s side ---- */

static void on_publish(struct ingest *ingest, const struct ingest_offer *offer, void *ctx)
{
    struct rtmp_fixture *f = ctx;

    f->ingest = ingest;
    f->offers++;
    snprintf(f->app, sizeof(f->app), "%s", offer->app);
    snprintf(f->key, sizeof(f->key), "%s", offer->stream_key);
    snprintf(f->query, sizeof(f->query), "%s", offer->query);
    if (f->verdict == VERDICT_ACCEPT)
        ingest_accept(ingest);
    if (f->verdict == VERDICT_REFUSE)
        ingest_refuse(ingest, "not you");
}

static void on_metadata(struct ingest *ingest, const struct ingest_metadata *metadata, void *ctx)
{
    struct rtmp_fixture *f = ctx;

    f->metadata = *metadata;
    f->metadata_count++;
}

static void on_timed_metadata(struct ingest *ingest, const char *text, size_t len, int64_t pts,
                              void *ctx)
{
    struct rtmp_fixture *f = ctx;

    memcpy(f->text, text, len);
    f->text[len] = '\0';
    f->text_pts = pts;
    f->texts++;
}

static void on_packet(struct ingest *ingest, struct packet *packet, void *ctx)
{
    struct rtmp_fixture *f = ctx;

    assert_int_equal(f->ends, 0);
    assert_true(f->packet_count < FIXTURE_PACKETS_MAX);
    f->packets[f->packet_count++] = packet_ref(packet);
    if (f->packet_count == f->close_after) {
        f->ingest = NULL;
        ingest_close(ingest, "enough");
    }
}

static void on_end(struct ingest *ingest, bool is_clean, void *ctx)
{
    struct rtmp_fixture *f = ctx;

    f->ends++;
    f->ended_clean = is_clean;
    f->ingest = NULL;
}

static const struct ingest_events events = {
    .on_publish = on_publish,
    .on_metadata = on_metadata,
    .on_timed_metadata = on_timed_metadata,
    .on_packet = on_packet,
    .on_end = on_end,
};

void fixture_open(struct rtmp_fixture *f)
{
    struct rtmp_conn_config config = {
        .peer = "192.0.2.7",
        .transport = &transport,
        .transport_ctx = f,
        .events = &events,
        .events_ctx = f,
    };

    *f = (struct rtmp_fixture){ 0 };
    buf_init(&f->answers, 1 << 20);
    f->conn = rtmp_conn_create(&config);
}

void fixture_close(struct rtmp_fixture *f)
{
    if (f->conn)
        rtmp_conn_lost(f->conn);
    rtmp_conn_destroy(f->conn);
    for (int i = 0; i < f->packet_count; i++)
        packet_unref(f->packets[i]);
    buf_clear(&f->answers);
}

void fixture_feed(struct rtmp_fixture *f, const void *data, size_t len)
{
    if (f->conn)
        rtmp_conn_feed(f->conn, data, len);
}

void fixture_run(struct rtmp_fixture *f, struct buf *script)
{
    fixture_feed(f, script->data, script->len);
    buf_clear(script);
}

bool fixture_was_told(const struct rtmp_fixture *f, const char *text)
{
    return memmem(f->answers.data, f->answers.len, text, strlen(text));
}

void fixture_load(struct buf *out, const char *name)
{
    char path[512];
    size_t got;
    FILE *file;

    snprintf(path, sizeof(path), "%s/rtmp/%s", TEST_VECTORS, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    buf_init(out, PAYLOAD_MAX);
    got = fread(buf_reserve(out, PAYLOAD_MAX), 1, PAYLOAD_MAX, file);
    buf_commit(out, got);
    fclose(file);
    assert_true(got > 0);
}

/* ---- the encoder's side ---- */

void script_handshake(struct buf *script)
{
    uint8_t c0c1c2[RTMP_C0C1_SIZE + RTMP_C1_SIZE] = { 3 };

    buf_append(script, c0c1c2, sizeof(c0c1c2));
}

void script_message(struct buf *script, uint8_t type, uint32_t timestamp, const void *payload,
                    size_t len)
{
    struct rtmp_head head = { .type = type,
                              .chunk_stream_id = type == RTMP_VIDEO ? 6 : 4,
                              .stream_id = 1,
                              .timestamp = timestamp };

    rtmp_chunk_write(script, &head, payload, len, SCRIPT_CHUNK_SIZE);
}

void script_command(struct buf *script, const char *name, double transaction, const char *argument)
{
    struct buf payload;

    buf_init(&payload, PAYLOAD_MAX);
    amf0_write_string(&payload, name);
    amf0_write_number(&payload, transaction);
    amf0_write_null(&payload);
    if (argument)
        amf0_write_string(&payload, argument);
    script_message(script, RTMP_COMMAND_AMF0, 0, payload.data, payload.len);
    buf_clear(&payload);
}

void script_connect(struct buf *script, const char *app)
{
    struct buf payload;

    buf_init(&payload, PAYLOAD_MAX);
    amf0_write_string(&payload, "connect");
    amf0_write_number(&payload, 1);
    amf0_write_object(&payload);
    amf0_write_name(&payload, "app");
    amf0_write_string(&payload, app);
    amf0_write_name(&payload, "flashVer");
    amf0_write_string(&payload, "test/1.0");
    amf0_write_object_end(&payload);
    script_message(script, RTMP_COMMAND_AMF0, 0, payload.data, payload.len);
    buf_clear(&payload);
}

void script_begin(struct buf *script)
{
    buf_init(script, PAYLOAD_MAX);
    script_handshake(script);
    script_connect(script, "app");
    script_command(script, "createStream", 4, NULL);
}

void script_publish(struct buf *script)
{
    script_begin(script);
    script_command(script, "publish", 5, "key");
}

/* The parameter sets of x264 for 320x240 Baseline. */
const uint8_t fixture_avcc[] = {
    1,    0x42, 0xc0, 0x0d, 0xff, 0xe1, 0,    24,   0x67, 0x42, 0xc0, 0x0d, 0xd9, 0x01,
    0x41, 0xfb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20,
    0xf1, 0x42, 0xa4, 0x80, 1,    0,    5,    0x68, 0xcb, 0x83, 0xcb, 0x20,
};
const size_t fixture_avcc_len = sizeof(fixture_avcc);

void script_configs(struct buf *script)
{
    static const uint8_t audio[] = { 0xaf, 0, 0x12, 0x10 };
    uint8_t video[5 + sizeof(fixture_avcc)] = { 0x17 };

    memcpy(video + 5, fixture_avcc, sizeof(fixture_avcc));
    script_message(script, RTMP_VIDEO, 0, video, sizeof(video));
    script_message(script, RTMP_AUDIO, 0, audio, sizeof(audio));
}

void script_picture(struct buf *script, uint32_t timestamp, bool is_idr, size_t len)
{
    uint8_t *tag = mem_zalloc(9 + len);

    tag[0] = is_idr ? 0x17 : 0x27;
    tag[1] = 1;
    tag[6] = (uint8_t)(len >> 16);
    tag[7] = (uint8_t)(len >> 8);
    tag[8] = (uint8_t)len;
    memset(tag + 9, 0x55, len);
    tag[9] = is_idr ? 0x65 : 0x41;
    script_message(script, RTMP_VIDEO, timestamp, tag, 9 + len);
    mem_free(tag);
}

void script_sound(struct buf *script, uint32_t timestamp, size_t len)
{
    uint8_t *tag = mem_zalloc(2 + len);

    tag[0] = 0xaf;
    tag[1] = 1;
    memset(tag + 2, 0x21, len);
    script_message(script, RTMP_AUDIO, timestamp, tag, 2 + len);
    mem_free(tag);
}
