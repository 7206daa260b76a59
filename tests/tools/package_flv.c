/* SPDX-License-Identifier: Apache-2.0 */
/* Packages an FLV file as a live stream would be, to look at the result with other people's tools:
 *
 *   package_flv ts|fmp4 INPUT.flv OUTPUT_DIRECTORY
 *
 * Writes segments (s0.ts), parts (s0.p0.ts), the init sections (init0.mp4), all of a stream in one
 * file (all.ts, all.mp4), the audio-only rendition (audio.ts, audio.mp4) and prints a line for each
 * part and segment. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/reader.h"
#include "media/codec.h"
#include "media/h264_nal.h"
#include "tests/package_chain.h"

#define INPUT_MAX (256 << 20)
#define PATH_SIZE 1024
#define FLV_AUDIO 8
#define FLV_VIDEO 9

struct tool {
    struct package_chain chain;
    struct codec_config *video, *audio;
    int length_size;
    const char *directory, *suffix;
    FILE *all, *all_audio;
    int init_written, audio_init_written;
};

static FILE *open_output(const struct tool *tool, const char *name)
{
    char path[PATH_SIZE];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s.%s", tool->directory, name, tool->suffix);
    file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void put(FILE *file, const struct bytes *data)
{
    if (data && fwrite(data->data, 1, data->len, file) != data->len)
        perror("write");
}

static void put_init(struct tool *tool, const struct segment *segment)
{
    char name[64];
    FILE *file;

    if (!segment->init || segment->init_number < tool->init_written)
        return;
    snprintf(name, sizeof(name), "init%d", segment->init_number);
    file = open_output(tool, name);
    put(file, segment->init);
    fclose(file);
    put(tool->all, segment->init);
    tool->init_written = segment->init_number + 1;
}

static void on_part(struct segment *growing, void *ctx)
{
    struct tool *tool = ctx;
    const struct part *part = growing->parts[growing->part_count - 1];
    char name[64];
    FILE *file;

    put_init(tool, growing);
    snprintf(name, sizeof(name), "s%" PRId64 ".p%d", growing->number, growing->part_count - 1);
    file = open_output(tool, name);
    put(file, part->data);
    fclose(file);
    put(tool->all, part->data);
    printf("part segment=%" PRId64 " number=%" PRId64 " start=%" PRId64 " duration=%" PRId64
           " independent=%d gap=%d bytes=%zu\n",
           growing->number, part->number, part->start, part->duration, part->is_independent,
           part->is_gap, part->data ? part->data->len : 0);
}

static void on_segment(struct segment *segment, void *ctx)
{
    struct tool *tool = ctx;
    char name[64];
    FILE *file;

    snprintf(name, sizeof(name), "s%" PRId64, segment->number);
    file = open_output(tool, name);
    for (int i = 0; i < segment->part_count; i++)
        put(file, segment->parts[i]->data);
    fclose(file);
    printf("segment number=%" PRId64 " start=%" PRId64 " duration=%" PRId64
           " independent=%d gap=%d discontinuity=%d init=%d parts=%d wall_ms=%" PRId64 "\n",
           segment->number, segment->start, segment->duration, segment->is_independent,
           segment->is_gap, segment->is_discontinuity, segment->init_number, segment->part_count,
           segment->wall_ms);
}

static void on_audio_part(struct segment *growing, void *ctx)
{
    struct tool *tool = ctx;

    if (growing->init && growing->init_number >= tool->audio_init_written) {
        put(tool->all_audio, growing->init);
        tool->audio_init_written = growing->init_number + 1;
    }
    put(tool->all_audio, growing->parts[growing->part_count - 1]->data);
}

static void on_audio_segment(struct segment *segment, void *ctx)
{
    printf("audio number=%" PRId64 " start=%" PRId64 " duration=%" PRId64 " parts=%d gap=%d\n",
           segment->number, segment->start, segment->duration, segment->part_count,
           segment->is_gap);
}

static void push(struct tool *tool, struct codec_config *config, struct bytes *data, int64_t dts,
                 int64_t pts, bool is_idr)
{
    struct packet *packet = packet_create(config, data);

    packet->is_idr = is_idr;
    packet->dts = dts;
    packet->pts = pts;
    packet->arrival_us = INT64_C(1790000000000000) + dts * 100 / 9;
    chain_push(&tool->chain, packet);
}

static void set_config(struct codec_config **slot, struct codec_config *config)
{
    if (codec_config_is_equal(*slot, config)) {
        codec_config_unref(config);
        return;
    }
    codec_config_unref(*slot);
    *slot = config;
}

/* FLV 10.1, E.4.3: codec id, packet type, composition time, data */
static void read_video(struct tool *tool, const uint8_t *data, size_t len, uint32_t time)
{
    struct codec_config *config;
    struct h264_access_unit unit;
    int32_t composition;

    if (len < 5 || (data[0] & 0x0f) != 7)
        return;
    composition = (int32_t)((uint32_t)data[2] << 24 | (uint32_t)data[3] << 16 | data[4] << 8) >> 8;
    if (data[1] == 0 && !codec_config_from_avcc(&config, data + 5, len - 5)) {
        tool->length_size = avcc_length_size(data + 5, len - 5);
        set_config(&tool->video, config);
    }
    if (data[1] != 1 || !tool->video ||
        h264_access_unit_read(&unit, data + 5, len - 5, tool->length_size) || !unit.data)
        return;
    codec_config_refresh(&tool->video, &unit);
    push(tool, tool->video, unit.data, (int64_t)time * 90, ((int64_t)time + composition) * 90,
         unit.is_idr);
}

/* E.4.2: format, packet type, data */
static void read_audio(struct tool *tool, const uint8_t *data, size_t len, uint32_t time)
{
    struct codec_config *config;

    if (len < 2 || data[0] >> 4 != 10)
        return;
    if (data[1] == 0 && !codec_config_from_asc(&config, data + 2, len - 2))
        set_config(&tool->audio, config);
    if (data[1] == 1 && tool->audio)
        push(tool, tool->audio, bytes_copy(data + 2, len - 2), (int64_t)time * 90,
             (int64_t)time * 90, false);
}

static void read_flv(struct tool *tool, const uint8_t *input, size_t len)
{
    struct reader r;

    reader_init(&r, input, len);
    read_skip(&r, 9);
    while (reader_left(&r) > 4) {
        uint32_t size, time;
        const uint8_t *data;
        int type;

        read_u32(&r); /* size of the tag before */
        type = read_u8(&r);
        size = read_u24(&r);
        time = read_u24(&r);
        time |= (uint32_t)read_u8(&r) << 24;
        read_u24(&r);
        data = read_bytes(&r, size);
        if (data && type == FLV_VIDEO)
            read_video(tool, data, size, time);
        else if (data && type == FLV_AUDIO)
            read_audio(tool, data, size, time);
    }
}

static uint8_t *read_input(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *input = mem_alloc(INPUT_MAX);

    if (!file) {
        perror(path);
        exit(1);
    }
    *len = fread(input, 1, INPUT_MAX, file);
    fclose(file);
    return input;
}

int main(int argc, char **argv)
{
    static const struct segmenter_events events = { on_part, on_segment };
    struct tool tool = { .length_size = 4 };
    uint8_t *input;
    size_t len;
    bool is_ts;

    if (argc != 4) {
        fprintf(stderr, "usage: package_flv ts|fmp4 INPUT.flv OUTPUT_DIRECTORY\n");
        return 2;
    }
    is_ts = !strcmp(argv[1], "ts");
    tool.directory = argv[3];
    tool.suffix = is_ts ? "ts" : "mp4";
    tool.all = open_output(&tool, "all");
    tool.all_audio = open_output(&tool, "audio");
    chain_init(&tool.chain, is_ts ? &mux_mpegts : &mux_fmp4, &events, &tool);
    tool.chain.audio_events = (struct segmenter_events){ on_audio_part, on_audio_segment };
    input = read_input(argv[2], &len);
    read_flv(&tool, input, len);
    chain_pause(&tool.chain);
    chain_clear(&tool.chain);
    codec_config_unref(tool.video);
    codec_config_unref(tool.audio);
    mem_free(input);
    fclose(tool.all);
    fclose(tool.all_audio);
    return tool.chain.err ? 1 : 0;
}
