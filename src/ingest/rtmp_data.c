/* SPDX-License-Identifier: Apache-2.0 */
/* Data messages (Adobe RTMP 1.0, 7.1.2): a name and what belongs to it, in the order of the media.
 * "@setDataFrame" before the name asks a server to keep it for late players, which need it no more.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ingest/amf.h"
#include "ingest/rtmp_conn_internal.h"

enum { VALUES_MAX = 8 };

/* ---- onMetaData ---- */

static double positive(const struct amf_value *value, double most)
{
    double number = amf_number(value, 0);

    return number > 0 && number <= most ? number : 0; /* also for what is not a number */
}

/* By number or FourCC; 0 means that there is none. */
static bool names_codec(const struct amf_value *value)
{
    return *amf_string(value) || positive(value, UINT32_MAX);
}

static void read_metadata(struct ingest_metadata *out, const struct amf_value *object)
{
    const double kilo = 1000, most_kbps = 1e6, most_pixels = 65536, most_fps = 1000;

    *out = (struct ingest_metadata){
        .width = (int)positive(amf_get(object, "width"), most_pixels),
        .height = (int)positive(amf_get(object, "height"), most_pixels),
        .fps = positive(amf_get(object, "framerate"), most_fps),
        .video_bps = (int64_t)(positive(amf_get(object, "videodatarate"), most_kbps) * kilo),
        .audio_bps = (int64_t)(positive(amf_get(object, "audiodatarate"), most_kbps) * kilo),
        .promises_video = names_codec(amf_get(object, "videocodecid")),
        .promises_audio = names_codec(amf_get(object, "audiocodecid")),
    };
    if (!out->fps)
        out->fps = positive(amf_get(object, "videoframerate"), most_fps);
    snprintf(out->encoder, sizeof(out->encoder), "%s", amf_string(amf_get(object, "encoder")));
}

static void on_metadata(struct rtmp_conn *conn, const struct amf_value *value, uint32_t timestamp)
{
    struct ingest_metadata metadata;

    read_metadata(&metadata, value);
    if (!*metadata.encoder)
        snprintf(metadata.encoder, sizeof(metadata.encoder), "%s", conn->encoder);
    conn->ingest.events->on_metadata(&conn->ingest, &metadata, conn->ingest.ctx);
}

/* ---- text for the viewers ---- */

static bool is_within_rate(struct rtmp_conn *conn)
{
    int64_t second = clock_mono_ms() / 1000;

    if (second != conn->text_second)
        conn->texts = 0;
    conn->text_second = second;
    return ++conn->texts <= INGEST_TEXTS_PER_SECOND;
}

static void pass_text(struct rtmp_conn *conn, const struct amf_value *text, uint32_t timestamp)
{
    int64_t pts = rtmp_media_time(&conn->media, timestamp);
    size_t len = strlen(amf_string(text));

    if (!len || !conn->ingest.events->on_timed_metadata)
        return;
    if (len > INGEST_TEXT_MAX || !utf8_is_valid(text->string, len) || !is_within_rate(conn)) {
        log_debug(conn->ingest.tag, "timed metadata dropped: bytes=%zu", len);
        return;
    }
    conn->ingest.events->on_timed_metadata(&conn->ingest, text->string, len, pts, conn->ingest.ctx);
}

static void on_text_data(struct rtmp_conn *conn, const struct amf_value *value, uint32_t timestamp)
{
    pass_text(conn, amf_get(value, "text"), timestamp);
}

/* ---- onCaptionInfo ---- */

static void on_captions(struct rtmp_conn *conn, const struct amf_value *value, uint32_t timestamp)
{
    const struct amf_value *data = amf_get(value, "data");
    int err = -EINVAL;

    if (!strcmp(amf_string(amf_get(value, "type")), "708") && data && data->type == AMF_STRING)
        err = rtmp_media_captions(&conn->media, data->string, data->string_len);
    if (err)
        log_debug(conn->ingest.tag, "captions dropped");
}

/* ---- */

struct data_handler {
    const char *name;
    void (*run)(struct rtmp_conn *conn, const struct amf_value *value, uint32_t timestamp);
};

/* clang-format off */
static const struct data_handler handlers[] = {
    { "onMetaData",      on_metadata },
    { "onTextData",      on_text_data },
    { "onTimedMetadata", pass_text },
    { "onCaptionInfo",   on_captions },
};
/* clang-format on */

static void run(struct rtmp_conn *conn, const struct amf_value *values, uint32_t timestamp)
{
    if (!strcmp(amf_string(values), "@setDataFrame"))
        values++;
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++)
        if (!strcmp(handlers[i].name, amf_string(values)))
            handlers[i].run(conn, values + 1, timestamp);
}

int rtmp_data(struct rtmp_conn *conn, const struct rtmp_message *message)
{
    const uint8_t *data = message->payload->data;
    size_t len = message->payload->len, count;
    struct amf_value values[VALUES_MAX];
    struct arena *arena;
    int err;

    if (conn->state != RTMP_PUBLISHING)
        return 0;
    if (message->type == RTMP_DATA_AMF3 && len && !data[0]) {
        data++;
        len--;
    }
    arena = arena_create();
    err = amf0_read(arena, data, len, values, VALUES_MAX, &count);
    if (err)
        err = rtmp_conn_fail(conn, "broken data message");
    else
        run(conn, values, message->timestamp);
    arena_destroy(arena);
    return err;
}
