/* SPDX-License-Identifier: Apache-2.0 */
/* Many encoders in one process: plays an FLV file in real time, again and again, over a connection
 * per stream.
 *
 *     rtmp_load FILE.flv PORT SECONDS < paths
 *
 * A line of standard input is a stream: application, slash, key. Streams start spread over
 * SPREAD_MS, so that their key frames do not come at once. Prints "running" when all are on air,
 * and at the end how many bytes went out and how late a message was at most: a load that is late is
 * none. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/reader.h"
#include "ingest/amf0_write.h"
#include "ingest/rtmp_chunk.h"
#include "ingest/rtmp_handshake.h"

#define STREAMS_MAX 1024
#define FILE_MAX    (64 << 20)
#define TAGS_MAX    65536
#define CHUNK_SIZE  4096 /* as OBS and ffmpeg have it */
#define SPREAD_MS   2000
#define TICK_US     2000

struct tag {
    uint8_t type;
    bool is_config; /* sent once, not in every round */
    uint32_t time_ms;
    const uint8_t *body;
    size_t len;
};

static struct tag tags[TAGS_MAX];
static size_t tag_count;
static uint32_t round_ms; /* length of the file */

struct stream {
    int fd;
    size_t next;      /* tag */
    int64_t begin_ms; /* when time 0 of this round is due */
    uint32_t base_ms; /* timestamp of that */
};

static struct stream streams[STREAMS_MAX];
static size_t stream_count;
static uint64_t bytes_sent;
static int64_t latest_ms;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- the file ---- */

static bool is_config(const struct tag *tag)
{
    bool is_media = tag->type == RTMP_VIDEO || tag->type == RTMP_AUDIO;

    return !is_media || (tag->len > 1 && tag->body[1] == 0);
}

/* FLV 10.1, E.3 and E.4.1 */
static void read_tags(const uint8_t *data, size_t len)
{
    struct reader r;

    reader_init(&r, data, len);
    read_skip(&r, 9 + 4);
    while (reader_left(&r) > 11 && tag_count < TAGS_MAX) {
        struct tag tag = { .type = read_u8(&r) };

        tag.len = read_u24(&r);
        tag.time_ms = read_u24(&r);
        tag.time_ms |= (uint32_t)read_u8(&r) << 24;
        read_skip(&r, 3);
        tag.body = read_bytes(&r, tag.len);
        read_skip(&r, 4);
        tag.is_config = is_config(&tag);
        if (tag.len)
            tags[tag_count++] = tag;
    }
    if (reader_err(&r) || !tag_count)
        die("not a whole FLV file");
    round_ms = tags[tag_count - 1].time_ms + 33;
}

static void load_file(const char *path)
{
    uint8_t *data = mem_alloc(FILE_MAX);
    FILE *file = fopen(path, "rb");

    if (!file)
        die(path);
    read_tags(data, fread(data, 1, FILE_MAX, file));
    fclose(file);
}

/* ---- one encoder ---- */

static void send_all(int fd, const uint8_t *data, size_t len)
{
    if (send(fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
        die("send");
    bytes_sent += len;
}

static void add_command(struct buf *out, const char *name, const char *app, const char *key)
{
    struct rtmp_head head = { .type = RTMP_COMMAND_AMF0, .chunk_stream_id = 3, .stream_id = !!key };
    struct buf payload;

    buf_init(&payload, 4096);
    amf0_write_string(&payload, name);
    amf0_write_number(&payload, 1);
    if (app) {
        amf0_write_object(&payload);
        amf0_write_name(&payload, "app");
        amf0_write_string(&payload, app);
        amf0_write_object_end(&payload);
    } else {
        amf0_write_null(&payload);
    }
    if (key) {
        amf0_write_string(&payload, key);
        amf0_write_string(&payload, "live");
    }
    rtmp_chunk_write(out, &head, payload.data, payload.len, CHUNK_SIZE);
    buf_clear(&payload);
}

static void add_chunk_size(struct buf *out)
{
    struct rtmp_head head = { .type = RTMP_SET_CHUNK_SIZE, .chunk_stream_id = 2 };
    uint8_t size[4] = { 0, 0, CHUNK_SIZE >> 8, CHUNK_SIZE & 0xff };

    rtmp_chunk_write(out, &head, size, sizeof(size), CHUNK_SIZE);
}

static void wait_for(int fd, const char *code)
{
    uint8_t answer[8192];
    size_t len = 0;

    while (!memmem(answer, len, code, strlen(code))) {
        ssize_t got = recv(fd, answer + len, sizeof(answer) - len, 0);

        if (got <= 0)
            die("the server did not answer");
        len += (size_t)got;
    }
}

static int connect_to(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    return fd;
}

static int publish(int port, const char *app, const char *key)
{
    uint8_t hello[RTMP_C0C1_SIZE] = { 3 }, answer[RTMP_S0S1S2_SIZE];
    int fd = connect_to(port);
    struct buf out;

    send_all(fd, hello, sizeof(hello));
    if (recv(fd, answer, sizeof(answer), MSG_WAITALL) != sizeof(answer))
        die("handshake");
    buf_init(&out, 16384);
    buf_append(&out, answer + 1, RTMP_C1_SIZE);
    add_chunk_size(&out);
    add_command(&out, "connect", app, NULL);
    add_command(&out, "createStream", NULL, NULL);
    add_command(&out, "publish", NULL, key);
    send_all(fd, out.data, out.len);
    buf_clear(&out);
    wait_for(fd, "NetStream.Publish.Start");
    return fd;
}

static void send_tag(const struct stream *s, const struct tag *tag)
{
    static struct buf out;
    struct rtmp_head head = { .type = tag->type,
                              .chunk_stream_id = tag->type == RTMP_VIDEO ? 6 : 4,
                              .stream_id = 1,
                              .timestamp = s->base_ms + tag->time_ms };

    buf_init(&out, FILE_MAX);
    rtmp_chunk_write(&out, &head, tag->body, tag->len, CHUNK_SIZE);
    send_all(s->fd, out.data, out.len);
    buf_clear(&out);
}

/* ---- all of them ---- */

static void start_streams(int port)
{
    char line[512];

    while (stream_count < STREAMS_MAX && fgets(line, sizeof(line), stdin)) {
        char *slash = strchr(line, '/');

        line[strcspn(line, "\n")] = '\0';
        if (!slash)
            die("a path without slash");
        *slash = '\0';
        streams[stream_count++].fd = publish(port, line, slash + 1);
    }
    for (size_t i = 0; i < stream_count; i++)
        streams[i].begin_ms = clock_mono_ms() + (int64_t)(i * SPREAD_MS / stream_count);
}

static void send_what_is_due(struct stream *s, int64_t now_ms)
{
    const struct tag *tag = &tags[s->next];

    while (s->begin_ms + tag->time_ms <= now_ms) {
        int64_t late_ms = now_ms - s->begin_ms - tag->time_ms;

        if (late_ms > latest_ms)
            latest_ms = late_ms;
        if (!tag->is_config || !s->base_ms)
            send_tag(s, tag);
        if (++s->next == tag_count) {
            s->next = 0;
            s->begin_ms += round_ms;
            s->base_ms += round_ms;
        }
        tag = &tags[s->next];
    }
}

static void forget_answers(void)
{
    uint8_t answers[4096];

    for (size_t i = 0; i < stream_count; i++)
        if (recv(streams[i].fd, answers, sizeof(answers), MSG_DONTWAIT) == 0)
            die("the server closed a stream");
}

static void stop_streams(void)
{
    struct buf out;

    buf_init(&out, 4096);
    add_command(&out, "FCUnpublish", NULL, "");
    for (size_t i = 0; i < stream_count; i++)
        send_all(streams[i].fd, out.data, out.len);
    buf_clear(&out);
}

int main(int argc, char **argv)
{
    int64_t end_ms;

    if (argc != 4) {
        fprintf(stderr, "usage: rtmp_load FILE.flv PORT SECONDS < paths\n");
        return 2;
    }
    load_file(argv[1]);
    start_streams((int)strtol(argv[2], NULL, 10));
    puts("running");
    fflush(stdout);
    end_ms = clock_mono_ms() + strtol(argv[3], NULL, 10) * 1000;
    for (unsigned tick = 1; clock_mono_ms() < end_ms; tick++) {
        for (size_t i = 0; i < stream_count; i++)
            send_what_is_due(&streams[i], clock_mono_ms());
        if (tick % 256 == 0)
            forget_answers();
        usleep(TICK_US);
    }
    stop_streams();
    printf("bytes %llu late_ms %lld\n", (unsigned long long)bytes_sent, (long long)latest_ms);
    return 0;
}
