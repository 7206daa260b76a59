/* SPDX-License-Identifier: Apache-2.0 */
/* A stream is an exchange. Its way: on_begin_headers(), on_header() for each, on_frame_recv() at
 * the end of the head, on_data_chunk(), on_frame_recv() at the end of the body, the handler's
 * answer, on_stream_close().
 *
 * Against floods: nghttp2 bounds settings, pings, acknowledgements and continuations; here streams
 * are bounded, bodies, and streams that end in an error, whoever ended them (CVE-2023-44487,
 * CVE-2025-8671). */
#include "net/http2_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/http2_internal.h"
#include "net/loop.h"

#define STREAMS_MAX  256
#define BODIES_MAX   ((size_t)4 * 1024 * 1024)  /* of all incomplete requests together */
#define DISCARD_MAX  ((size_t)64 * 1024 * 1024) /* of a body that was refused */
#define RESETS_BURST 200
#define RESETS_PER_S 20
#define WINDOW_SIZE  (256 * 1024)

/* --- streams --- */

static struct http2_stream *stream_of(nghttp2_session *nghttp2, int32_t id)
{
    return nghttp2_session_get_stream_user_data(nghttp2, id);
}

static struct http2_stream *create_stream(struct http2_session *session, int32_t id)
{
    struct http2_stream *stream = mem_zalloc(sizeof(*stream));

    http_exchange_init(&stream->base, session->config.conn, &http2_exchange_ops);
    stream->session = session;
    stream->id = id;
    slice_queue_init(&stream->body);
    list_append(&session->streams, &stream->base.node);
    session->activity.streams++;
    session->activity.receiving++;
    return stream;
}

/* The handler, if it has not answered yet, hears that nobody waits any more. */
static void destroy_stream(struct http2_stream *stream)
{
    struct http2_session *session = stream->session;

    session->activity.streams--;
    if (!stream->is_complete) {
        session->activity.receiving--;
        session->body_bytes -= stream->base.message.body.len;
    }
    if (stream->body.bytes)
        session->activity.sending--;
    http_exchange_gone(&stream->base);
    slice_queue_clear(&stream->body);
    http_exchange_clear(&stream->base);
    mem_free(stream);
}

static void refuse(struct http2_stream *stream, int status)
{
    if (stream->is_refused)
        return;
    stream->is_refused = true;
    if (!stream->base.message.request.method)
        stream->base.message.request.method = "GET";
    http_exchange_refuse(&stream->base, status);
}

/* --- the head --- */

/* NULL: none that we know. */
static const char *known_method(const uint8_t *name, size_t len)
{
    static const char *const methods[] = { "GET",    "HEAD",    "POST", "PUT",
                                           "DELETE", "OPTIONS", "PATCH" };

    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (strlen(methods[i]) == len && !memcmp(methods[i], name, len))
            return methods[i];
    return NULL;
}

static int add_header(struct http_message *m, const char *name, size_t name_len,
                      const uint8_t *value, size_t value_len)
{
    int err = http_message_begin_name(m);

    if (!err)
        err = http_message_append_name(m, name, name_len);
    if (!err)
        err = http_message_end_string(m);
    if (err)
        return err;
    http_message_begin_value(m);
    err = http_message_append(m, (const char *)value, value_len);
    return err ? err : http_message_end_value(m);
}

static int add_target(struct http_message *m, const uint8_t *value, size_t len)
{
    int err;

    if (len > HTTP_TARGET_MAX)
        return -EMSGSIZE;
    http_message_begin_target(m);
    err = http_message_append(m, (const char *)value, len);
    return err ? err : http_message_end_string(m);
}

static bool is_name(const uint8_t *name, size_t len, const char *expected)
{
    return strlen(expected) == len && !memcmp(name, expected, len);
}

/* RFC 9113 8.3.1. The authority becomes the Host header that handlers, and signatures, know. */
static int add_pseudo_header(struct http2_stream *stream, const uint8_t *name, size_t name_len,
                             const uint8_t *value, size_t len)
{
    struct http_message *m = &stream->base.message;

    if (is_name(name, name_len, ":method")) {
        stream->method = known_method(value, len);
        return 0;
    }
    if (is_name(name, name_len, ":path"))
        return add_target(m, value, len);
    if (!is_name(name, name_len, ":authority"))
        return 0;
    stream->has_authority = true;
    return add_header(m, "host", 4, value, len);
}

static int on_begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *user_data)
{
    struct http2_session *session = user_data;

    session->activity.is_in_head = true;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        int32_t id = frame->hd.stream_id;
        nghttp2_session_set_stream_user_data(nghttp2, id, create_stream(session, id));
    }
    return 0;
}

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t len, uint8_t flags,
                     void *user_data)
{
    struct http2_stream *stream = stream_of(nghttp2, frame->hd.stream_id);
    int err = 0;

    if (!stream || stream->has_head) /* trailers are none of our business */
        return 0;
    if (name_len && name[0] == ':')
        err = add_pseudo_header(stream, name, name_len, value, len);
    else if (!stream->has_authority || !is_name(name, name_len, "host"))
        err = add_header(&stream->base.message, (const char *)name, name_len, value, len);
    if (err)
        stream->refusal = 431;
    return 0;
}

static int say_continue(struct http2_stream *stream)
{
    nghttp2_nv status = { (uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE };

    return nghttp2_submit_headers(stream->session->nghttp2, NGHTTP2_FLAG_NONE, stream->id, NULL,
                                  &status, 1, NULL);
}

/* A body follows. */
static void prepare_body(struct http2_stream *stream)
{
    struct http_message *m = &stream->base.message;
    struct http_server *server = stream->base.conn->server;
    const char *length = http_header(&m->request, "content-length");
    const char *expected = http_header(&m->request, "expect");
    size_t needed;

    m->body.max = http_server_body_max(server, &m->request);
    needed = length ? strtoull(length, NULL, 10) : m->body.max;
    if (needed > m->body.max) {
        refuse(stream, 413);
        return;
    }
    if (!http_server_reserve(server, needed)) {
        refuse(stream, 503);
        return;
    }
    stream->base.reserved = needed;
    if (expected && !strcasecmp(expected, "100-continue"))
        say_continue(stream);
}

static void finish_head(struct http2_stream *stream, bool has_body)
{
    struct http_message *m = &stream->base.message;
    int err = 0;

    stream->has_head = true;
    m->request.peer = stream->session->config.peer;
    m->request.is_tls = stream->session->config.is_tls;
    if (!stream->refusal && !stream->method)
        stream->refusal = 501;
    if (!stream->refusal)
        err = http_message_finish_head(m, stream->method);
    if (err)
        stream->refusal = err == -EMSGSIZE ? 431 : 400;
    if (stream->refusal)
        refuse(stream, stream->refusal);
    else if (has_body)
        prepare_body(stream);
}

/* --- the body --- */

static void complete(struct http2_stream *stream)
{
    struct http2_session *session = stream->session;
    struct http_message *m = &stream->base.message;

    stream->is_complete = true;
    session->activity.receiving--;
    session->activity.received += HTTP_BODY_WINDOW_MIN; /* progress, however small it was */
    session->body_bytes -= m->body.len;
    if (stream->is_refused)
        return;
    http_message_finish_body(m);
    http_server_dispatch(stream->base.conn->server, &stream->base);
}

static int on_frame_recv(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *user_data)
{
    struct http2_session *session = user_data;
    struct http2_stream *stream = stream_of(nghttp2, frame->hd.stream_id);
    bool is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

    if (frame->hd.type == NGHTTP2_HEADERS)
        session->activity.is_in_head = false;
    if (!stream || stream->is_complete ||
        (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    if (!stream->has_head)
        finish_head(stream, !is_end);
    if (is_end)
        complete(stream);
    return 0;
}

/* Told to stop at once, some clients forget the answer over it (curl 7.88 does), so who was refused
 * may go on for a while. */
static int discard(struct http2_stream *stream, size_t len)
{
    struct http2_session *session = stream->session;

    session->activity.received += len;
    stream->discarded += len;
    if (stream->discarded < DISCARD_MAX || stream->is_stopped)
        return 0;
    stream->is_stopped = true;
    return nghttp2_submit_rst_stream(session->nghttp2, NGHTTP2_FLAG_NONE, stream->id,
                                     NGHTTP2_NO_ERROR);
}

static int on_data_chunk(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *data,
                         size_t len, void *user_data)
{
    struct http2_session *session = user_data;
    struct http2_stream *stream = stream_of(nghttp2, id);

    if (!stream || stream->is_complete)
        return 0;
    if (stream->is_refused)
        return discard(stream, len);
    if (session->body_bytes + len > BODIES_MAX)
        return nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, id, NGHTTP2_ENHANCE_YOUR_CALM);
    if (buf_append(&stream->base.message.body, data, len)) {
        refuse(stream, 413);
        return 0;
    }
    session->body_bytes += len;
    session->activity.received += len;
    return 0;
}

/* --- the end of a stream --- */

/* A bucket that streams ending in an error fill, and time empties. */
static void count_reset(struct http2_session *session)
{
    int64_t now_ms = loop_now_ms(http_server_loop(session->config.conn->server));

    session->resets -= (now_ms - session->resets_ms) * RESETS_PER_S;
    if (session->resets < 0)
        session->resets = 0;
    session->resets_ms = now_ms;
    session->resets += 1000;
    if (session->resets > (int64_t)RESETS_BURST * 1000)
        nghttp2_session_terminate_session(session->nghttp2, NGHTTP2_ENHANCE_YOUR_CALM);
}

static int on_stream_close(nghttp2_session *nghttp2, int32_t id, uint32_t error_code,
                           void *user_data)
{
    struct http2_stream *stream = stream_of(nghttp2, id);

    if (error_code != NGHTTP2_NO_ERROR)
        count_reset(user_data);
    if (stream)
        destroy_stream(stream);
    return 0;
}

/* Who was answered before it had sent all need not send the rest: RFC 9113 8.1. */
static int on_frame_send(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *user_data)
{
    struct http2_stream *stream;

    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    stream = stream_of(nghttp2, frame->hd.stream_id);
    if (stream && !stream->is_complete && !stream->is_refused)
        return nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    return 0;
}

/* --- the session --- */

static nghttp2_session_callbacks *make_callbacks(void)
{
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks))
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, http2_send_data);
    return callbacks;
}

static nghttp2_option *make_options(void)
{
    nghttp2_option *option;

    if (nghttp2_option_new(&option))
        return NULL;
    nghttp2_option_set_stream_reset_rate_limit(option, RESETS_BURST, RESETS_PER_S);
    nghttp2_option_set_max_outbound_ack(option, 100);
    nghttp2_option_set_no_closed_streams(option, 1); /* only priorities needed their memory */
    return option;
}

static int submit_settings(nghttp2_session *nghttp2)
{
    static const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD_MAX },
        { NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
    };
    int err = nghttp2_submit_settings(nghttp2, NGHTTP2_FLAG_NONE, settings, ARRAY_LEN(settings));

    if (!err)
        err = nghttp2_session_set_local_window_size(nghttp2, NGHTTP2_FLAG_NONE, 0, WINDOW_SIZE);
    return err ? -ENOMEM : 0;
}

int http2_session_create(struct http2_session **out, const struct http2_session_config *config)
{
    struct http2_session *session = mem_zalloc(sizeof(*session));
    nghttp2_session_callbacks *callbacks = make_callbacks();
    nghttp2_option *option = make_options();
    int err = -ENOMEM;

    session->config = *config;
    list_init(&session->streams);
    if (callbacks && option &&
        !nghttp2_session_server_new2(&session->nghttp2, callbacks, session, option))
        err = submit_settings(session->nghttp2);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (err) {
        http2_session_destroy(session);
        return err;
    }
    *out = session;
    return 0;
}

void http2_session_destroy(struct http2_session *session)
{
    if (!session)
        return;
    while (!list_is_empty(&session->streams)) {
        struct list *first = session->streams.next;
        struct http_exchange *exchange = LIST_ITEM(first, struct http_exchange, node);
        destroy_stream(CONTAINER_OF(exchange, struct http2_stream, base));
    }
    nghttp2_session_del(session->nghttp2);
    mem_free(session);
}

int http2_session_receive(struct http2_session *session, const uint8_t *data, size_t len)
{
    ssize_t used;

    session->is_receiving = true;
    used = nghttp2_session_mem_recv(session->nghttp2, data, len);
    session->is_receiving = false;
    return used == (ssize_t)len ? 0 : -EPROTO;
}

void http2_session_drain(struct http2_session *session)
{
    int32_t last = nghttp2_session_get_last_proc_stream_id(session->nghttp2);

    nghttp2_submit_goaway(session->nghttp2, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0);
}

bool http2_session_is_done(const struct http2_session *session)
{
    return !nghttp2_session_want_read(session->nghttp2) &&
           !nghttp2_session_want_write(session->nghttp2);
}

const struct http2_activity *http2_session_activity(const struct http2_session *session)
{
    return &session->activity;
}
