/* SPDX-License-Identifier: Apache-2.0 */
#include "http2_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "http_fixture.h"

static struct h2_answer *answer_of(struct h2_client *client, int32_t id)
{
    assert_true(id > 0 && id / 2 < H2_STREAMS_MAX);
    return &client->answers[id / 2];
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t len, uint8_t flags, void *ctx)
{
    struct h2_answer *answer = answer_of(ctx, frame->hd.stream_id);
    size_t at = strlen(answer->headers);

    if (name_len == 7 && !memcmp(name, ":status", 7))
        answer->status = (int)strtol((const char *)value, NULL, 10);
    snprintf(answer->headers + at, sizeof(answer->headers) - at, "%.*s: %.*s\n", (int)name_len,
             (const char *)name, (int)len, (const char *)value);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *ctx)
{
    struct h2_answer *answer = answer_of(ctx, id);

    answer->body = mem_realloc(answer->body, answer->body_len + len + 1);
    memcpy(answer->body + answer->body_len, data, len);
    answer->body_len += len;
    answer->body[answer->body_len] = '\0';
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error_code, void *ctx)
{
    struct h2_answer *answer = answer_of(ctx, id);

    answer->is_closed = true;
    answer->error_code = error_code;
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *ctx)
{
    struct h2_client *client = ctx;

    if (frame->hd.type == NGHTTP2_GOAWAY) {
        client->has_goaway = true;
        client->goaway_error = frame->goaway.error_code;
    }
    return 0;
}

void h2_open(struct h2_client *client, int port, uint32_t window)
{
    nghttp2_settings_entry settings = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                        window ? window : 65535 };
    nghttp2_session_callbacks *callbacks;

    memset(client, 0, sizeof(*client));
    client->fd = client_connect(port);
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    assert_int_equal(nghttp2_session_client_new(&client->session, callbacks, client), 0);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, &settings, 1);
}

void h2_close(struct h2_client *client)
{
    for (size_t i = 0; i < H2_STREAMS_MAX; i++)
        mem_free(client->answers[i].body);
    nghttp2_session_del(client->session);
    client_close(client->fd);
}

static ssize_t read_upload(nghttp2_session *session, int32_t id, uint8_t *out, size_t max,
                           uint32_t *flags, nghttp2_data_source *source, void *ctx)
{
    struct h2_answer *answer = source->ptr;
    size_t len = answer->upload_left < max ? answer->upload_left : max;

    memcpy(out, answer->upload, len);
    answer->upload += len;
    answer->upload_left -= len;
    if (!answer->upload_left)
        *flags = NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)len;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), 0 };
}

static struct h2_answer *submit(struct h2_client *client, nghttp2_nv *headers, size_t count,
                                const char *upload)
{
    nghttp2_data_provider provider = { .read_callback = read_upload };
    int32_t id = (int32_t)nghttp2_session_get_next_stream_id(client->session);
    struct h2_answer *answer = answer_of(client, id);

    provider.source.ptr = answer;
    answer->upload = upload;
    answer->upload_left = upload ? strlen(upload) : 0;
    assert_int_equal(nghttp2_submit_request(client->session, NULL, headers, count,
                                            upload ? &provider : NULL, NULL),
                     id);
    return answer;
}

struct h2_answer *h2_ask(struct h2_client *client, const char *method, const char *path,
                         const char *upload)
{
    nghttp2_nv headers[] = { header(":method", method), header(":scheme", "http"),
                             header(":path", path), header(":authority", "here") };

    return submit(client, headers, 4, upload);
}

struct h2_answer *h2_ask_with(struct h2_client *client, const char *path, const char *name,
                              const char *value)
{
    nghttp2_nv headers[] = { header(":method", "GET"), header(":scheme", "http"),
                             header(":path", path), header(":authority", "here"),
                             header(name, value) };

    return submit(client, headers, 5, NULL);
}

int32_t h2_stream_id(const struct h2_client *client, const struct h2_answer *answer)
{
    return (int32_t)(answer - client->answers) * 2 + 1;
}

void h2_send(struct h2_client *client)
{
    const uint8_t *data;
    ssize_t len;

    while ((len = nghttp2_session_mem_send(client->session, &data)) > 0)
        if (send(client->fd, data, (size_t)len, MSG_NOSIGNAL) != len)
            return; /* the server has closed: recv() tells */
}

static void receive(struct h2_client *client)
{
    uint8_t data[16384];
    ssize_t len = recv(client->fd, data, sizeof(data), 0);

    if (len <= 0) {
        client->is_ended = true;
        return;
    }
    assert_int_equal(nghttp2_session_mem_recv(client->session, data, (size_t)len), len);
}

void h2_wait(struct h2_client *client, const struct h2_answer *answer)
{
    while (!answer->is_closed) {
        h2_send(client);
        receive(client);
        if (client->is_ended)
            fail_msg("the connection ended before the answer");
    }
    h2_send(client);
}

void h2_wait_end(struct h2_client *client)
{
    while (!client->is_ended) {
        h2_send(client);
        receive(client);
    }
}
